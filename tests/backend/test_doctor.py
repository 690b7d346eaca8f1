from __future__ import annotations

import shutil
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_renderers import FakePool, tone
from pythonosc.osc_message_builder import build_msg

from backend import doctor
from backend.__main__ import main
from backend.doctor import Finding, examine
from backend.errors import RenderError
from backend.matching import propose
from backend.records import Audio
from backend.synth.renderer import RenderJob


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Free ports instead of Surge's own, which a Surge XT of this machine may use."""
    ports = []
    for _ in range(2):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
            found.bind(("127.0.0.1", 0))
            ports.append(found.getsockname())
    monkeypatch.setattr(doctor, "OSC_IN", ports[0])
    monkeypatch.setattr(doctor, "OSC_OUT", ports[1])


def found(what: str, surge: Path | None = None) -> Finding:
    [finding] = [finding for finding in examine(surge) if finding.what == what]
    return finding


def test_all_is_well(
    tiny_weights: Path, fake_pool: FakePool, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor"]) == 0
    printed = capsys.readouterr().out
    for said in ("Python", "torch", "pedalboard", "numpy", "cpu", "1,234 renders", "a note"):
        assert said in printed
    assert "fault" not in printed and printed.endswith("synthmatch match works\n")
    assert len(fake_pool.jobs) == 1


def test_surge_is_no_must(
    tiny_weights: Path, no_surge: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor"]) == 0
    assert "no Surge XT found" in capsys.readouterr().out


def test_a_surge_that_was_named_is_a_must(tiny_weights: Path, tmp_path: Path) -> None:
    assert found("Surge XT", tmp_path / "nowhere").state == "fault"
    assert main(["doctor", "--surge", str(tmp_path / "nowhere")]) == 2


def crash(job: RenderJob) -> Audio:
    raise RenderError("the renderer died")


@pytest.mark.parametrize(
    ("sound", "said"), [(crash, "died"), (lambda job: 0 * tone(job.note), "silence")]
)
def test_a_surge_that_does_not_play(
    tiny_weights: Path, fake_pool: FakePool, sound: object, said: str
) -> None:
    fake_pool.sound = sound
    finding = found("Surge XT")
    assert finding.state == "fault" and said in finding.found
    assert main(["doctor"]) == 2


def test_a_surge_that_does_not_start(
    tiny_weights: Path, fake_pool: FakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> list[object]:
        raise RenderError("Surge XT does not start")

    monkeypatch.setattr(fake_pool, "render", refuse)
    assert found("Surge XT").state == "fault"


@pytest.mark.parametrize(("missing", "status"), [("surge_full", 2), ("surge_simple", 0)])
def test_only_the_default_space_is_a_must(
    weights_folder: Path,
    tmp_path: Path,
    no_surge: None,
    monkeypatch: pytest.MonkeyPatch,
    missing: str,
    status: int,
) -> None:
    folder = tmp_path / "weights"
    shutil.copytree(weights_folder, folder)
    (folder / f"{missing}.safetensors").write_bytes(b"damaged")
    monkeypatch.setattr(propose, "weights_stem", lambda spec_name: folder / spec_name)
    assert "SHA-256" in found(f"weights {missing.removeprefix('surge_')}").found
    assert main(["doctor"]) == status


def test_portaudio_is_missing(
    tiny_weights: Path, no_surge: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    finding = found("audio devices")
    assert finding.state == "note"
    assert "PortAudio library not found" in finding.found and "libportaudio2" in finding.found


def test_audio_devices_are_listed(
    tiny_weights: Path, no_surge: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sounddevice.py").write_text(
        "class PortAudioError(Exception): pass\n"
        "def query_devices():\n"
        "    return [{'name': 'Speakers', 'max_output_channels': 2},\n"
        "            {'name': 'Microphone', 'max_output_channels': 0}]\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    assert found("audio devices") == Finding("ok", "audio devices", "Speakers")
    monkeypatch.delitem(sys.modules, "sounddevice")


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """What listens where Surge XT takes OSC."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(doctor.OSC_IN)
        listening.settimeout(5)
        yield listening


def answer(listener: socket.socket, reply: bytes) -> threading.Thread:
    def serve() -> None:
        asked, _ = listener.recvfrom(1000)
        if asked == build_msg("/q/patch").dgram:
            listener.sendto(reply, doctor.OSC_OUT)

    thread = threading.Thread(target=serve)
    thread.start()
    return thread


def test_a_running_surge_answers(listener: socket.socket) -> None:
    thread = answer(listener, build_msg("/patch", ["/patches/Lead"]).dgram)
    finding = doctor._osc()
    thread.join()
    assert finding.state == "ok" and "/patches/Lead" in finding.found


def test_something_else_answers(listener: socket.socket) -> None:
    thread = answer(listener, b"hello")
    assert doctor._osc().state == "note"
    thread.join()


def test_a_surge_with_osc_out_switched_off(listener: socket.socket) -> None:
    finding = doctor._osc()
    assert finding.state == "note" and "OSC Out" in finding.found


def test_no_surge_is_running() -> None:
    finding = doctor._osc()
    assert finding.state == "note" and "no Surge XT listens" in finding.found


def test_another_program_hears_surges_answers() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(doctor.OSC_OUT)
        finding = doctor._osc()
    assert finding.state == "note" and str(doctor.OSC_OUT[1]) in finding.found
