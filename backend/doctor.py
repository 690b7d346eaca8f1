"""``synthmatch doctor``: what this computer and this installation can do, a line for each thing."""

from __future__ import annotations

import argparse
import os
import platform
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from backend.cli import installed_version
from backend.errors import RenderError, SurgeNotFoundError, WeightsError
from backend.records import Note
from backend.wishes import SPEC_NAMES

PACKAGES = ("torch", "numpy", "pedalboard", "safetensors", "rich", "matplotlib")
#: Where a running Surge XT takes OSC, and where it answers, unless its user chose otherwise.
OSC_IN, OSC_OUT = ("127.0.0.1", 53280), ("127.0.0.1", 53281)
OSC_WAIT_S = 0.3

#: ``fault``: a match fails because of it. ``note``: a match works, with less or in another way.
State = Literal["ok", "note", "fault"]


@dataclass(frozen=True)
class Finding:
    """One thing looked at, and what was found."""

    state: State
    what: str
    found: str


def doctor(arguments: argparse.Namespace) -> int:
    """Run ``synthmatch doctor``.

    Returns:
        0 if ``synthmatch match`` works with its defaults, else 2.
    """
    faults = 0
    for finding in examine(arguments.surge):
        faults += finding.state == "fault"
        found = " ".join(finding.found.split())  # what a driver says may have several lines
        print(f"{finding.state:<5}  {finding.what:<15}  {found}", flush=True)
    print()
    print("synthmatch match cannot work: see fault above" if faults else "synthmatch match works")
    return 2 if faults else 0


def examine(surge: Path | None) -> Iterator[Finding]:
    """Look at everything, one after the other.

    Args:
        surge: the Surge XT VST3, where it is not in a standard place.
    """
    yield Finding("ok", "synthmatch", installed_version("synthmatch"))
    system = f"{platform.system()} {platform.release()}, {platform.machine()}"
    yield Finding("ok", "Python", f"{platform.python_version()} on {system}")
    versions = ", ".join(f"{name} {installed_version(name)}" for name in PACKAGES)
    yield Finding("ok", "packages", versions)
    yield _devices()
    for word, spec_name in SPEC_NAMES.items():
        yield _weights(word, spec_name, needed=word == "full")
    yield _surge(surge)
    yield _audio_devices()
    yield _osc()


def _devices() -> Finding:
    import torch

    there = [f"cpu ({os.cpu_count()} cores)"]
    there += [
        f"cuda ({torch.cuda.get_device_name(number)})"
        for number in range(torch.cuda.device_count())
    ]
    there += ["mps"] if torch.backends.mps.is_available() else []
    return Finding("ok", "devices", ", ".join(there))


def _weights(word: str, spec_name: str, *, needed: bool) -> Finding:
    from backend.matching import propose
    from models.description import read_description

    what = f"weights {word}"
    try:
        proposer = propose.load_proposer(spec_name, "cpu")
        renders = read_description(propose.weights_stem(spec_name)).renders
    except WeightsError as error:
        return Finding("fault" if needed else "note", what, str(error))
    count = sum(weight.numel() for weight in proposer.model.parameters())
    found = f"{count / 1e6:.1f} M numbers, parameter space {proposer.spec.fingerprint[:12]} fits"
    if renders:
        found += f", trained on {renders:,} renders"
    return Finding("ok", what, found)


def _surge(given: Path | None) -> Finding:
    from backend.synth.finder import find_surge
    from backend.synth.patch_file import patch_body
    from backend.synth.render_pool import RenderPool
    from backend.synth.renderer import RenderJob
    from backend.synth.spec import load_spec

    try:
        path = find_surge(given)
    except SurgeNotFoundError as error:
        state: State = "note" if given is None else "fault"
        return Finding(state, "Surge XT", str(error))
    spec = load_spec("surge_simple")
    middle = spec.decode(np.full(spec.width, 0.5))
    loud_at_once = {**middle.values, "a_amp_eg_attack": 0.0}
    body = patch_body(replace(middle, values=loud_at_once), "doctor")
    start_s = time.monotonic()
    try:
        with RenderPool.of_surge(path, workers=1) as pool:
            [sound] = pool.render([RenderJob(body, Note(60, 0.1, 0.6), "a test note", 1.0)])
    except RenderError as error:
        sound = error
    if isinstance(sound, RenderError):
        return Finding("fault", "Surge XT", f"{path}: {sound}")
    took_s = time.monotonic() - start_s
    if not sound.audio.any():
        return Finding("fault", "Surge XT", f"{path} renders a test note as silence: reinstall it")
    return Finding("ok", "Surge XT", f"{path} loads and renders a note ({took_s:.1f} s)")


def _audio_devices() -> Finding:
    from backend.synth.renderer import quiet

    try:
        with quiet():  # PortAudio's drivers print what they do not find
            import sounddevice

            devices = list(sounddevice.query_devices())
    except OSError as error:  # raised by the import where the library is missing
        found = f"{error}: install PortAudio (Debian: libportaudio2) to hear sounds from here"
        return Finding("note", "audio devices", found)
    except sounddevice.PortAudioError as error:
        return Finding("note", "audio devices", f"PortAudio fails: {error}")
    names = [device["name"] for device in devices if device["max_output_channels"] > 0]
    return Finding(
        "ok" if names else "note", "audio devices", ", ".join(names) or "none for output"
    )


def _osc() -> Finding:
    """Ask the Surge XT that runs beside us, if one does, for the name of its patch."""
    from pythonosc.osc_message import OscMessage, ParseError
    from pythonosc.osc_message_builder import build_msg

    where = "{}:{}".format(*OSC_IN)
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hearing,
    ):
        try:
            hearing.bind(OSC_OUT)
        except OSError:
            return Finding("note", "OSC", f"port {OSC_OUT[1]} is taken by another program")
        hearing.settimeout(OSC_WAIT_S)
        asking.settimeout(OSC_WAIT_S)
        asking.connect(OSC_IN)  # so that a closed port is reported
        try:
            asking.send(build_msg("/q/patch").dgram)
            patch = OscMessage(hearing.recv(65_535))
        except TimeoutError:
            try:
                asking.recv(1)
            except ConnectionError:
                found = f"no Surge XT listens at {where}; only the live link needs that"
            except OSError:
                found = f"a program listens at {where} but does not answer: switch on OSC Out in it"
            return Finding("note", "OSC", found)
        except (OSError, ParseError) as error:
            return Finding("note", "OSC", f"nothing understandable from {where} ({error})")
    return Finding("ok", "OSC", f"Surge XT answers at {where}: {patch.address} {patch.params}")
