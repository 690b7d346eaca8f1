from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from fake_renderers import tone

from backend.matching.embedding import (
    BANDS,
    FEATURES,
    SLOTS,
    Embedding,
    Sketches,
    envelopes,
    mono_power,
    onset_frames,
    sketch,
    transpose,
)
from backend.matching.index_file import read_index
from backend.records import Audio, Note
from models.features import LogMel

HOP_S = FEATURES.hop_samples / FEATURES.sample_rate_hz


def mel(audio: Audio) -> torch.Tensor:
    return LogMel(FEATURES)(torch.from_numpy(audio[None]))


def played(pitch: int = 60, on_s: float = 0.5, length_s: float = 1.5) -> Audio:
    return tone(Note(pitch, on_s, on_s + length_s))


@pytest.fixture(scope="module")
def embedding(index_stem: Path) -> Embedding:
    return read_index(index_stem).embedding


def test_the_onset_is_where_the_sound_begins() -> None:
    for on_s in (0.1, 0.5, 1.73, 3.2):
        found_s = float(onset_frames(mono_power(mel(played(on_s=on_s))))[0]) * HOP_S
        assert abs(found_s - on_s) < 0.02


def test_a_sound_that_is_there_from_the_first_frame_begins_at_once() -> None:
    assert float(onset_frames(mono_power(mel(played(on_s=0.0))))[0]) == pytest.approx(0, abs=1)


def test_level_and_onset_do_not_change_a_sketch() -> None:
    first = sketch(mel(played(on_s=0.5)))
    quiet = sketch(mel(played(on_s=0.5) * np.float32(0.01)))
    later = sketch(mel(played(on_s=1.2)))
    assert torch.allclose(first.decibel, quiet.decibel, atol=0.1)
    heard = int(min(first.heard[0], later.heard[0]))
    gap = (first.decibel - later.decibel)[:, :, 2:heard].abs().mean()
    assert float(gap) < 1.5
    assert float(later.onsets_s[0] - first.onsets_s[0]) == pytest.approx(0.7, abs=0.02)


def test_slots_after_the_end_of_the_render_are_not_heard() -> None:
    early, late = sketch(mel(played(on_s=0.0))), sketch(mel(played(on_s=3.0)))
    assert int(early.heard[0]) >= SLOTS - 1
    assert int(late.heard[0]) < SLOTS - 10
    assert early.decibel.shape == (1, BANDS, SLOTS)


def test_a_transposed_sound_looks_as_if_it_had_been_played_so() -> None:
    low, high = mel(played(52)), mel(played(57))
    before = (low - high).abs().mean()
    after = (transpose(low, 5) - high).abs().mean()
    wrong = (transpose(low, -5) - high).abs().mean()
    assert float(after) < 0.75 * float(before) < 0.75 * float(wrong)
    assert torch.equal(transpose(low, 0), low)
    assert float(transpose(low, -7).max()) == 0.0
    assert float(transpose(low, 12).min()) >= FEATURES.floor_db


def test_the_envelope_has_length_one_and_follows_the_loudness() -> None:
    long, short = sketch(mel(played(length_s=3.0))), sketch(mel(played(length_s=0.1)))
    for sketches in (long, short):
        assert float(envelopes(sketches).norm(dim=1)) == pytest.approx(1.0, abs=1e-4)
    late = slice(30, SLOTS)
    assert envelopes(long)[0, late].norm() > 0.15 > 0.05 > envelopes(short)[0, late].norm()


def test_sounds_alike_lie_near_each_other(embedding: Embedding) -> None:
    def vector(audio: Audio) -> torch.Tensor:
        return embedding(sketch(mel(audio)))[0]

    here = vector(played(60, 0.5, 1.5))
    assert here.shape == (embedding.width,)
    moved = (vector(played(60, 0.8, 1.5)) - here).norm()
    higher = (vector(played(63, 0.5, 1.5)) - here).norm()
    shorter = (vector(played(60, 0.5, 0.3)) - here).norm()
    other = (vector(played(72, 0.5, 0.3)) - here).norm()
    assert moved < 0.5 * higher and moved < 0.5 * shorter
    assert other > higher and other > shorter


def test_what_is_cut_off_is_taken_as_likely_and_not_as_silent(embedding: Embedding) -> None:
    whole = sketch(mel(played(60, 0.0, 4.0)))
    cut = Sketches(whole.decibel.clone(), torch.tensor([SLOTS - 8]), whole.onsets_s)
    cut.decibel[:, :, SLOTS - 8 :] = FEATURES.floor_db
    silent = Sketches(cut.decibel, whole.heard, whole.onsets_s)
    there = embedding.likeliest(whole)
    guessed = (embedding.likeliest(cut) - there).norm()
    assert guessed < 0.6 * (embedding.likeliest(silent) - there).norm()
