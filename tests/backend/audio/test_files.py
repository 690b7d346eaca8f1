"""Files that are written whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from backend.audio.files import write_wav
from backend.audio.region import load_region
from backend.errors import OutputError
from backend.files import write_whole
from backend.records import Audio, AudioRegion


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_float_wav_comes_back_bit_for_bit(tone: Callable[..., Audio], tmp_path: Path) -> None:
    region = AudioRegion(tone(1.0) * np.float32(1.7), 44_100, "tone")
    write_wav(tmp_path / "tone.wav", region)
    assert names(tmp_path) == ["tone.wav"]
    assert_array_equal(load_region(tmp_path / "tone.wav").audio, region.audio)


def test_a_24_bit_wav_comes_back_to_a_step(tone: Callable[..., Audio], tmp_path: Path) -> None:
    region = AudioRegion(tone(1.0), 44_100, "tone")
    write_wav(tmp_path / "tone.wav", region, bits=24)
    assert_allclose(load_region(tmp_path / "tone.wav").audio, region.audio, atol=2**-22)
    assert (tmp_path / "tone.wav").stat().st_size < 270_000


def test_the_same_region_gives_the_same_bytes(tone: Callable[..., Audio], tmp_path: Path) -> None:
    region = AudioRegion(tone(0.5), 44_100, "tone")
    write_wav(tmp_path / "a.wav", region)
    write_wav(tmp_path / "b.wav", region)
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()


def test_a_file_that_is_there_is_replaced(tmp_path: Path) -> None:
    write_whole(tmp_path / "a.bin", b"old and long")
    write_whole(tmp_path / "a.bin", b"new")
    assert (tmp_path / "a.bin").read_bytes() == b"new"
    assert names(tmp_path) == ["a.bin"]


def test_places_that_cannot_be_written_are_named(tmp_path: Path) -> None:
    (tmp_path / "folder.wav").mkdir()
    (tmp_path / "file").write_bytes(b"x")
    for target in (
        tmp_path / "missing" / "a.wav",
        tmp_path / "file" / "a.wav",
        tmp_path / "folder.wav",
        tmp_path / "nul\0.wav",
    ):
        with pytest.raises(OutputError, match="cannot be written") as caught:
            write_whole(target, b"content")
        assert "\n" not in str(caught.value)
    assert names(tmp_path) == ["file", "folder.wav"]


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="limits on file size are a Unix feature")
    target = tmp_path / "a.bin"
    write_whole(target, b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OutputError, match=r"a.bin \(5,000 bytes\) cannot be written"):
            write_whole(target, bytes(5000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert target.read_bytes() == b"old"
    assert names(tmp_path) == ["a.bin"]
