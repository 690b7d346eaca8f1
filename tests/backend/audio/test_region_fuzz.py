"""Ten thousand damaged files: each is read or refused, none crashes or hangs the process."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from backend.audio.region import fit_window, load_region
from backend.errors import AudioError
from backend.records import Audio

FILES_OF_EACH_KIND = 1_700
HEADER_BYTES = 200

#: WAV is taken twice: as 16 bit integers, and as floats, where a damaged value can be anything.
KINDS = {"wav": 16, "float wav": 32, "flac": 16, "aiff": 24, "ogg": 0, "mp3": 0}


def mutated(content: bytes, generator: np.random.Generator) -> bytes:
    damaged = bytearray(content)
    header_bytes = min(len(damaged), HEADER_BYTES)
    match generator.integers(5):
        case 0:  # single bits, anywhere
            for _ in range(generator.integers(1, 9)):
                damaged[generator.integers(len(damaged))] ^= 1 << generator.integers(8)
        case 1:  # cut off
            del damaged[generator.integers(len(damaged)) :]
        case 2:  # bytes of the header
            for _ in range(generator.integers(1, 5)):
                damaged[generator.integers(header_bytes)] = generator.integers(256)
        case 3:  # a whole field of the header, with the values that break arithmetic
            width = int(generator.choice([1, 2, 4, 8]))
            top = 1 << (8 * width - 1)
            values = [0, 1, top - 1, top, 2 * top - 1, int(generator.integers(1 << 31)) % (2 * top)]
            value = values[generator.integers(len(values))]
            place = int(generator.integers(header_bytes - width))
            order = "little" if generator.integers(2) else "big"
            damaged[place : place + width] = value.to_bytes(width, order)
        case _:  # a stretch left out or doubled
            first, last = sorted(generator.integers(len(damaged), size=2))
            if generator.integers(2):
                del damaged[first:last]
            else:
                damaged[first:first] = damaged[first:last]
    return bytes(damaged)


@pytest.mark.slow
def test_damaged_files_are_read_or_refused(
    tone: Callable[..., Audio], encoded: Callable[..., bytes], tmp_path: Path
) -> None:
    generator = np.random.default_rng(20_260_701)
    noise = generator.normal(0, 0.1, (2, 4_410)).astype(np.float32)
    path = tmp_path / "damaged"
    slowest_s = 0.0
    for name, bits in KINDS.items():
        content = encoded(tone(0.1) + noise, name.split()[-1], bits=bits)
        outcomes = {"read": 0, "refused": 0}
        for _ in range(FILES_OF_EACH_KIND):
            path.write_bytes(mutated(content, generator))
            started_s = time.perf_counter()
            try:
                window = fit_window(load_region(path))
            except AudioError as error:
                assert str(error).isprintable()
                outcomes["refused"] += 1
            else:
                assert np.isfinite(window).all()
                assert window.any()
                outcomes["read"] += 1
            slowest_s = max(slowest_s, time.perf_counter() - started_s)
        # Otherwise the damage is too much or too little to be a test.
        assert min(outcomes.values()) > 20, (name, outcomes)
    assert slowest_s < 30.0
