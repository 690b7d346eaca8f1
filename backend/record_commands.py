"""The command ``record``: catches a sound from an input or loopback device."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from backend.audio.devices import DeviceInput, find_device, list_devices
from backend.audio.faults import shown
from backend.audio.files import write_wav
from backend.audio.onset import SILENCE_DB
from backend.audio.recorder import Recorder
from backend.errors import OutputError, SynthmatchError
from backend.free_path import free_path
from backend.records import AudioRegion

DEFAULT_STEM = "recording"


def record(arguments: argparse.Namespace) -> int:
    """Run ``synthmatch record``.

    Raises:
        SynthmatchError: there is no device, it cannot be opened or gives nothing, the file cannot
            be written, or nobody is there to press Enter.
    """
    if arguments.list:
        _print_devices()
        return 0
    output: Path = arguments.output or free_path(Path(), DEFAULT_STEM, ".wav")
    _check(output, arguments.force)
    device = find_device("input", arguments.device)
    length_s: float = arguments.seconds or arguments.look_back
    with Recorder(DeviceInput(device), length_s) as recorder:
        print(f"Listening to {device.name}, {device.sample_rate_hz:,} Hz.", flush=True)
        if arguments.seconds is None:
            print(f"Enter keeps the last {length_s:g} s; q and Enter leaves.", flush=True)
            if not _enter_pressed():
                print("Nothing was kept.")
                return 0
            recorder.wait(0.05)  # where the device gives nothing at all, this says so
        else:
            recorder.wait(length_s)
        region = recorder.keep(length_s, output.stem)
    write_wav(output, region)
    for remark in region.remarks:
        print(remark)
    print(f"{shown(output)}: {region.duration_s:.2f} s, {_level(region)}")
    return 0


def _print_devices() -> None:
    devices = list_devices("input")
    for device in devices:
        channels = "1 channel" if device.channels == 1 else f"{device.channels} channels"
        mark = ", used where none is named" if device.standard else ""
        print(
            f"{device.number:>3}  {device.name} ({device.system}): {channels}, "
            f"{device.sample_rate_hz:,} Hz{mark}"
        )
    if not devices:
        print("There is no audio device for input.")


def _check(output: Path, force: bool) -> None:
    """See that the file can be written, before the sound that is to go into it is gone."""
    from backend.output import check_folder

    if output.suffix.lower() != ".wav":
        raise OutputError(f"{output} must end in .wav; choose another name with -o")
    if output.exists() and not force:
        raise OutputError(f"{output} is there already; replace it with --force, or choose -o")
    check_folder(output.parent)


def _enter_pressed() -> bool:
    line = sys.stdin.readline()
    if not line:
        raise SynthmatchError(
            "nobody can press Enter here, so nothing was kept: record with --seconds S instead"
        )
    return not line.strip()


def _level(region: AudioRegion) -> str:
    peak = float(np.abs(region.audio).max(initial=0.0))
    peak_db = 20 * float(np.log10(peak)) if peak > 0 else -np.inf
    if peak_db < SILENCE_DB:
        return "silent; see that the device is on, or choose another (--list)"
    return f"peak {peak_db:.1f} dB" + (", clipped; turn it down" if peak >= 1.0 else "")
