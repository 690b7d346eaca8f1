from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from fake_renderers import tone

from backend.matching.picture import RESOLUTION, draw_matches, spectrogram_db
from backend.records import AudioRegion, Candidate, Match, Note, Score
from backend.synth.spec import load_spec
from models.features import slaney_mel_filters

RATE_HZ = 44_100


def region_of(audio: np.ndarray) -> AudioRegion:
    return AudioRegion(audio.astype(np.float32), RATE_HZ, "sound")


def match_of(rank: int, *, rendered: bool = True) -> Match:
    spec = load_spec("surge_simple")
    candidate = Candidate(spec.decode(np.zeros(spec.width)), rank - 1)
    if not rendered:
        return Match(rank, candidate)
    sound = region_of(tone(Note(48 + 7 * rank, 0.1, 1.0 + rank)))
    return Match(rank, candidate, sound, 0.5 * rank, Score(12.3, 4.56, 0.078, 0.9, 0.5 * rank))


def draw(region: AudioRegion, matches: list[Match], path: Path) -> bytes:
    draw_matches(region, matches, path)
    return path.read_bytes()


def size(png: bytes) -> tuple[int, ...]:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", png[16:24])


@pytest.fixture
def target() -> AudioRegion:
    return region_of(tone(Note(60, 0.05, 2.0))[:, : 2 * RATE_HZ])


def test_a_row_for_each_candidate_below_the_target(target: AudioRegion, tmp_path: Path) -> None:
    heights = []
    for count in (1, 2, 3):
        width, height = size(draw(target, [match_of(n + 1) for n in range(count)], tmp_path / "p"))
        assert width == 1200
        heights.append(height)
    assert heights[2] - heights[1] == heights[1] - heights[0] > 100


def test_without_renders_the_target_stands_alone_and_larger(
    target: AudioRegion, tmp_path: Path
) -> None:
    png = draw(target, [match_of(1, rendered=False), match_of(2, rendered=False)], tmp_path / "p")
    assert png == draw(target, [], tmp_path / "p")
    assert size(png)[1] > 500


def test_a_failed_render_keeps_its_row(target: AudioRegion, tmp_path: Path) -> None:
    all_there = draw(target, [match_of(1), match_of(2)], tmp_path / "p")
    one_failed = draw(target, [match_of(1), match_of(2, rendered=False)], tmp_path / "p")
    assert size(all_there) == size(one_failed)
    assert all_there != one_failed


def test_same_input_same_bytes(target: AudioRegion, tmp_path: Path) -> None:
    matches = [match_of(1)]
    first = draw(target, matches, tmp_path / "p")
    with matplotlib.rc_context({"axes.facecolor": "red", "font.size": 30, "savefig.dpi": 33}):
        assert draw(target, matches, tmp_path / "p") == first
    assert b"matplotlib" not in first.lower()
    assert draw(target, [match_of(2)], tmp_path / "p") != first


@pytest.mark.parametrize(
    "name", ["costs $5 or $x^", "two\nlines", "音 ☂", "", r"\frac{", "a" * 300]
)
def test_any_name_can_be_drawn(
    target: AudioRegion, tmp_path: Path, name: str, recwarn: pytest.WarningsRecorder
) -> None:
    assert size(draw(replace(target, name=name), [], tmp_path / "p"))[0] == 1200
    assert not list(recwarn)


def test_an_unwritable_path(target: AudioRegion, tmp_path: Path) -> None:
    with pytest.raises(OSError):
        draw_matches(target, [], tmp_path / "nowhere" / "p.png")


@pytest.mark.parametrize("pitch_hz", [220.0, 1000.0, 6000.0])
def test_a_sine_is_a_line_at_its_frequency(pitch_hz: float) -> None:
    time_s = np.arange(RATE_HZ) / RATE_HZ
    decibel = spectrogram_db(region_of(np.sin(2 * np.pi * pitch_hz * time_s)[None]))
    rows = decibel[:, 10:-10].argmax(axis=0)
    assert len(set(rows)) == 1
    filters = slaney_mel_filters(RESOLUTION)
    bins_hz = np.linspace(0, RATE_HZ / 2, filters.shape[1])
    reach_hz = bins_hz[filters[rows[0]] > 0]
    assert reach_hz[0] - 22 <= pitch_hz <= reach_hz[-1] + 22  # a bin to each side


def test_level_does_not_matter_but_silence_stays_silent() -> None:
    loud = tone(Note(60, 0.0, 1.0), 1.0)
    decibel = spectrogram_db(region_of(loud))
    assert decibel.max() == pytest.approx(0, abs=1e-4)
    assert decibel.min() >= -80
    np.testing.assert_allclose(spectrogram_db(region_of(0.1 * loud)), decibel, atol=0.01)
    assert (spectrogram_db(region_of(np.zeros_like(loud))) == -80).all()


def test_mono_looks_like_two_equal_channels() -> None:
    sound = tone(Note(60, 0.0, 1.0), 1.0)[:1]
    both = spectrogram_db(region_of(np.repeat(sound, 2, axis=0)))
    np.testing.assert_allclose(spectrogram_db(region_of(sound)), both, atol=1e-3)


def test_opposite_channels_do_not_vanish() -> None:
    sound = tone(Note(60, 0.0, 1.0), 1.0)[:1]
    assert spectrogram_db(region_of(np.concatenate([sound, -sound]))).max() > -1
