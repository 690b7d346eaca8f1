"""What is heard and when; as commands it is in ``test_live``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fake_sound import FakeOutput

from backend.audio.files import write_wav
from backend.audio.player import Player
from backend.audition import Audition
from backend.errors import AudioError, DeviceError, ServiceError
from backend.records import AudioRegion


@pytest.fixture
def renders(tmp_path: Path, tiny_audio: AudioRegion) -> list[str]:
    """Two sounds unlike the target: it turned over, and at half its level."""
    paths = []
    for name, factor in (("turned", -1.0), ("quiet", 0.5)):
        audio = tiny_audio.audio * np.float32(factor)
        write_wav(tmp_path / f"{name}.wav", AudioRegion(audio, 44_100, name))
        paths.append(str(tmp_path / f"{name}.wav"))
    return paths


def test_each_sound_is_heard_at_its_own_place(tiny_audio: AudioRegion, renders: list[str]) -> None:
    output = FakeOutput()
    audition = Audition(tiny_audio, lambda: Player(output))
    assert audition.target() == "the target"
    np.testing.assert_allclose(output.take(2000), tiny_audio.audio[:, :2000], atol=1e-5)
    assert audition.switch(1, renders[0]) == "1"
    turned = output.take(2000)[:, 300:]
    np.testing.assert_allclose(turned, -tiny_audio.audio[:, 2300:4000], atol=1e-3)
    assert audition.switch(2, renders[1]) == "2"  # to the new one, not back to the target
    level = output.take(2000)[:, 300:] / tiny_audio.audio[:, 4300:6000]
    assert np.median(level) == pytest.approx(1.0, abs=0.01)  # as loud as the target
    assert audition.switch(2, renders[1]) == "the target"
    assert audition.candidate(1, renders[0]) == "1"
    output.take(300)
    np.testing.assert_allclose(output.take(500), -tiny_audio.audio[:, 300:800], atol=1e-3)
    assert audition.stop() == "nothing"
    output.take(300)
    assert not output.take(300).any()


def test_what_cannot_be_heard_says_why_and_leaves_the_rest(
    tiny_audio: AudioRegion, renders: list[str], tmp_path: Path
) -> None:
    output = FakeOutput()
    audition = Audition(tiny_audio, lambda: Player(output))
    assert audition.stop() == "nothing"
    with pytest.raises(ServiceError, match="no sound of 3"):
        audition.switch(3, "")
    with pytest.raises(AudioError):
        audition.candidate(3, str(tmp_path / "gone.wav"))
    assert output.starts == 0
    assert audition.switch(1, renders[0]) == "1"


def test_a_device_that_comes_later_is_used(tiny_audio: AudioRegion) -> None:
    there: list[Player] = []

    def open_player() -> Player:
        if not there:
            raise DeviceError("there is no audio device for output")
        return there[0]

    audition = Audition(tiny_audio, open_player)
    with pytest.raises(DeviceError):
        audition.target()
    output = FakeOutput()
    there.append(Player(output))
    assert audition.target() == "the target"
    audition.close()
    assert output.closed
