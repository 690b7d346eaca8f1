"""How long a host takes to load the plugin, and how big it is, beside Surge XT where it is found.

    python -m benchmarks.bench_load Synthmatch.vst3

Each load is the first of a fresh process, by pedalboard, without a window; the files are in the
system's cache, as after one scan.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import subprocess
import sys
from pathlib import Path

from backend.errors import SurgeNotFoundError
from backend.synth.finder import find_surge

LOADS = 20
LOAD = """\
import sys, time
import pedalboard
began = time.perf_counter()
plugin = pedalboard.load_plugin(sys.argv[1])
print(time.perf_counter() - began)
"""


def load_ms(plugin: Path) -> float:
    """Return the milliseconds of one load in a fresh process."""
    seconds = subprocess.run(
        [sys.executable, "-c", LOAD, str(plugin)],
        capture_output=True,
        check=True,
        text=True,
        timeout=60.0,
    ).stdout
    return 1000.0 * float(seconds.splitlines()[-1])


def bundle_mb(plugin: Path) -> float:
    """Return the size of the largest binary of the bundle, in megabytes."""
    return max(path.stat().st_size for path in plugin.glob("Contents/*/*")) / 1e6


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("plugin", type=Path, help="Synthmatch.vst3")
    parser.add_argument("--surge", type=Path, help="the Surge XT VST3")
    a = parser.parse_args()
    plugins = {"Synthmatch": a.plugin.resolve()}
    try:
        plugins["Surge XT"] = find_surge(a.surge)
    except SurgeNotFoundError as error:
        print(f"alone: {error}")
    print(f"{platform.machine()}, {LOADS} loads each")
    medians = {}
    for name, path in plugins.items():
        load_ms(path)
        loads = [load_ms(path) for _ in range(LOADS)]
        medians[name] = statistics.median(loads)
        print(
            f"{name:10}  median {medians[name]:6.1f} ms, longest {max(loads):6.1f} ms, "
            f"binary {bundle_mb(path):5.1f} MB"
        )
    if len(medians) == 2:
        print(f"ratio {medians['Synthmatch'] / medians['Surge XT']:.2f}")


if __name__ == "__main__":
    main()
