"""The commands ``serve``, ``status``, ``stop`` and ``report``.

What only one command needs, and takes long to import, is imported within it.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from backend.discovery import Presence, is_running, read_discovery
from backend.errors import OutputError, ServiceError
from backend.logs import pack_report, start_log, stop_log
from backend.service_presets import QuietScan, preset_scan
from backend.userdata import UserData, data_folder, open_user_data

if TYPE_CHECKING:
    from backend.service_model import Workshop
    from backend.service_surge import Link

NONE_RUNS = "no backend is running"
HOW_TO_END = "synthmatch stop or ctrl-C ends it"
CLIENT_NAME = "synthmatch command"
STOP_WAIT_S = 60.0
POLL_S = 0.05
REPORT_NAME = "synthmatch-report.zip"
log = logging.getLogger(__name__)


def serve(arguments: argparse.Namespace) -> int:
    """Run ``synthmatch serve`` until a client, a signal or idleness ends it.

    Raises:
        ServiceError: one is running already.
        OutputError: the user's folder cannot be written.
    """
    data = open_user_data()
    with Presence(data.folder) as presence:
        try:
            handler = start_log(data.logs)
        except OSError as error:
            raise OutputError(
                f"no log can be written into {data.logs} ({error.strerror or error}): make room "
                "and check its permissions."
            ) from error
        try:
            all_ended = _serve(data, presence, arguments)
        except BaseException:
            log.exception("the backend ends by a fault")
            raise
        finally:
            stop_log(handler)
    if not all_ended:  # a thread hangs in somebody else's code, and would keep the process
        sys.stdout.flush()
        os._exit(0)
    return 0


def _serve(data: UserData, presence: Presence, arguments: argparse.Namespace) -> bool:
    """Serve; return whether all threads have ended."""
    from backend.service import Service

    service = Service(
        data,
        presence,
        lambda use_device: make_workshop(arguments.device, arguments.surge, use_device),
        make_link(data),
        quiet_scan=make_quiet_scan(data, arguments.surge) if arguments.presets else None,
        idle_s=arguments.idle_minutes * 60,
    )
    try:
        with contextlib.suppress(KeyboardInterrupt):  # SIGINT, or SIGTERM: see __main__
            service.run(
                lambda: print(
                    f"the backend (process {os.getpid()}) is there; {HOW_TO_END}", flush=True
                )
            )
    finally:
        with _undisturbed():
            ended = service.close()
    return ended


def make_workshop(device: str, surge: Path | None, use_device: Callable[[str], None]) -> Workshop:
    """Return what makes matches, on a device that is there; imports torch.

    Args:
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        surge: the Surge XT VST3, where it is not in a standard place.
        use_device: told which device it is.

    Raises:
        DeviceError: the device is not there.
    """
    from backend.matching.propose import choose_device
    from backend.pipeline import Workshop

    use_device(str(choose_device(device)))
    return Workshop(device, surge, UserData(data_folder()).presets)


def make_quiet_scan(data: UserData, surge: Path | None) -> QuietScan:
    """Return what plays the user's presets while there is nothing to do.

    Args:
        data: the user's folder.
        surge: the Surge XT VST3, where it is not in a standard place.
    """
    return QuietScan(preset_scan(data.presets, surge))


def make_link(data: UserData) -> Link:
    """Return the way to the running Surge XT."""
    from backend.osc.surge import SurgeLink

    return SurgeLink(data.folder)


def status(arguments: argparse.Namespace) -> int:
    """Run ``synthmatch status``.

    Raises:
        ServiceError: none is running, or it does not answer.
    """
    from backend.osc.client import Client
    from backend.osc.protocol import Alive, Heartbeat, ServiceState, Status

    with Client.connect(data_folder(), CLIENT_NAME) as client:
        state = client.ask(Status(), ServiceState)
        alive = client.ask(Heartbeat(), Alive)
    model = f"loading, {alive.fraction:.0%} done" if alive.state == "loading" else alive.state
    lines = {
        "process": f"{state.pid}, version {state.version}",
        "model": f"{model}, device {state.device}",
        "clients": f"{max(0, state.clients - 1)}",  # without this command
        "waiting": f"{state.jobs_waiting} matches",
        "up": f"{state.uptime_s / 60:.1f} min",
    }
    if state.memory_mb >= 0:
        lines["memory"] = f"{state.memory_mb:.0f} MB"
    for what, words in lines.items():
        print(f"{what:<8}  {words}")
    return 0


def stop(arguments: argparse.Namespace) -> int:
    """Run ``synthmatch stop``.

    Raises:
        ServiceError: the backend does not end.
    """
    from backend.osc.client import Client
    from backend.osc.protocol import Stopping, StopService

    folder = data_folder()
    found = read_discovery(folder)
    if found is None:
        print(NONE_RUNS)
        return 0
    try:
        with Client.connect(folder, CLIENT_NAME) as client:
            client.ask(StopService(), Stopping)
    except ServiceError:
        if is_running(folder):  # it holds the lock, so the process is the one in the file
            with contextlib.suppress(OSError):
                os.kill(found.pid, signal.SIGTERM)
    until_s = time.monotonic() + STOP_WAIT_S
    while is_running(folder):
        if time.monotonic() > until_s:
            raise ServiceError(
                f"the backend (process {found.pid}) has not ended within {STOP_WAIT_S:.0f} s; end "
                "that process yourself."
            )
        time.sleep(POLL_S)
    print(f"the backend (process {found.pid}) has ended")
    return 0


def report(arguments: argparse.Namespace) -> int:
    """Run ``synthmatch report``.

    Raises:
        OutputError: the bundle cannot be written.
    """
    print("asking synthmatch doctor ...", flush=True)
    folder = data_folder()
    texts = {"doctor.txt": _doctor_text(arguments.surge), "service.txt": _service_text(folder)}
    output = arguments.output or Path(REPORT_NAME)
    packed = pack_report(UserData(folder).logs, texts, output)
    print(f"{packed} holds logs, versions and what doctor found; no sounds, no presets")
    return 0


COMMANDS = {"serve": serve, "status": status, "stop": stop, "report": report}


def _doctor_text(surge: Path | None) -> str:
    """Return what the doctor finds, a line for each; a fault of its own is one of them."""
    from backend.doctor import examine

    lines: list[str] = []
    try:
        for finding in examine(surge):
            lines.append(
                f"{finding.state:<5}  {finding.what:<15}  {' '.join(finding.found.split())}"
            )
    except Exception as error:  # what breaks the doctor is what the report is for
        lines.append(f"fault  doctor           {type(error).__name__}: {error}")
    return "\n".join(lines) + "\n"


def _service_text(folder: Path) -> str:
    found = read_discovery(folder)
    if found is None:
        return "a backend starts or hangs\n" if is_running(folder) else "no backend is running\n"
    return f"process {found.pid}, version {found.version}, protocol {found.protocol}\n"


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Let no signal interrupt the tidying up."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, signal.SIG_IGN) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
