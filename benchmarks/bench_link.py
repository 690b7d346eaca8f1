"""Measures the link to a running Surge XT: whole patches, the stream, undo.

It hosts the real Surge XT with OSC on and audio running at 44.1 kHz in blocks of 512, in a process
of its own (``tests/support/surge_host.py``), and writes random Full presets into it. Figures are
times from the request to the verified read-back of all parameters, options and routings.

    python -m benchmarks.bench_link --writes 1000 --streams 100 --undos 100
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from backend.osc.codec import write_message
from backend.osc.patch_state import canonical
from backend.osc.surge import SurgeLink
from backend.osc.wire import SurgeSocket
from backend.records import WriteReport
from backend.synth.draw_parameters import draw_parameters
from backend.synth.finder import find_surge
from backend.synth.patch_file import Patch, parse_body, write_fxp
from backend.synth.spec import load_spec

HOST = Path(__file__).resolve().parents[1] / "tests" / "support" / "surge_host.py"
FIRST_INDEX = 5_000_000  # no dataset reaches it


def main() -> None:
    """Run, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--writes", type=int, default=1000)
    parser.add_argument("--streams", type=int, default=100)
    parser.add_argument("--undos", type=int, default=100)
    parser.add_argument("--surge", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        port, answer_port = free_port(), free_port()
        link = SurgeLink(folder / "data", probe_ports=(port,), answer_ports=(answer_port,))
        (folder / "home").mkdir()
        host = host_module().SurgeHost(find_surge(given.surge), folder / "home", port, answer_port)
        try:
            load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
            print(f"{os.cpu_count()} cores, load {load:.1f} before", flush=True)
            for label, count, write in (
                ("whole patch", given.writes, link.write),
                ("stream", given.streams, link.stream),
            ):
                reports = [write(port, _preset(folder, i)) for i in range(count)]
                _print(label, reports)
            _undos(link, host, port, folder, given.undos)
        finally:
            link.close()
            host.close()


def _undos(link: SurgeLink, host: Any, port: int, folder: Path, count: int) -> None:
    """Undo after a write, every other time with a patch that was edited and never saved."""
    reports, equal, named = [], 0, 0
    for index in range(count):
        link.write(port, _preset(folder, index))
        before = _held(host, folder)
        if index % 2:
            unedited = canonical(before)
            with SurgeSocket(port) as surge:
                surge.send(write_message("/param/a/amp/pan", (index / count,)))
            while canonical(before) == unedited:  # it takes the next audio block
                before = _held(host, folder)
        link.snapshot(port)
        link.write(port, _preset(folder, count + index))
        reports.append(link.undo(port))
        after = _held(host, folder)
        equal += canonical(after) == canonical(before)
        named += Path(after.name).stem == Path(before.name).stem
    _print("undo", reports)
    print(f"undo: {equal} of {count} equal to the letter, {named} of {count} with the same name")


def _held(host: Any, folder: Path) -> Patch:
    return parse_body(host.state(folder / "state"), "held")


def _preset(folder: Path, index: int) -> Path:
    file = folder / f"preset-{index}.fxp"
    if not file.exists():
        parameters = draw_parameters(load_spec("surge_full"), FIRST_INDEX + index)
        write_fxp(file, parameters, file.stem)
    return file


def _print(label: str, reports: list[WriteReport]) -> None:
    if not reports:
        return
    verified = sum(report.state == "verified" for report in reports)
    again = sum(report.attempts > 1 for report in reports)
    p50, p95, p100 = np.percentile([1000 * report.seconds for report in reports], (50, 95, 100))
    print(
        f"{label}: {verified} of {len(reports)} verified, {again} sent again; "
        f"ms p50 {p50:.0f}, p95 {p95:.0f}, max {p100:.0f}",
        flush=True,
    )


def host_module() -> Any:
    """Return the module of the tests that hosts a real Surge XT in a process of its own."""
    found = importlib.util.spec_from_file_location("surge_host", HOST)
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules["surge_host"] = module
    found.loader.exec_module(module)
    return module


def free_port() -> int:
    """Return a UDP port of 127.0.0.1 that nobody has opened."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind(("127.0.0.1", 0))
        port: int = opened.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
