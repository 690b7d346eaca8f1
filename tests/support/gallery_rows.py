"""Rows for galleries of tests: short tones, and settings drawn at random."""

from __future__ import annotations

import numpy as np

from backend.gallery.rows import Row, row_of
from backend.records import AudioRegion, Candidate, Match, Score
from backend.synth.spec import load_spec

RATE_HZ = 44_100


def tone(pitch_hz: float, peak: float = 0.3, length_s: float = 0.6) -> AudioRegion:
    """A decaying stereo tone whose highest sample is ``peak``."""
    time_s = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
    wave = np.exp(-4 * time_s / max(1.0, length_s)) * np.sin(2 * np.pi * pitch_hz * time_s)
    wave *= peak / np.abs(wave).max()
    return AudioRegion(np.stack([wave, wave]).astype(np.float32), RATE_HZ, f"tone {pitch_hz:g}")


def match_of(
    rank: int, *, rendered: bool = True, spec_name: str = "surge_full", length_s: float = 0.6
) -> Match:
    """A match whose distance grows with its rank."""
    spec = load_spec(spec_name)
    vector = np.random.default_rng(rank).uniform(-1, 1, spec.width)
    candidate = Candidate(spec.decode(vector), rank)
    words = ("brighter", f"word {rank}")
    if not rendered:
        return Match(rank, candidate, tells=words)
    score = Score(2.0 * rank, 3.0, 0.02, 0.9, 0.1 * rank)
    sound = tone(220.0 * rank, 0.1 * rank, length_s)
    return Match(rank, candidate, sound, score.distance, score, words)


def rows(count: int, candidates: int = 3, length_s: float = 0.6) -> list[Row]:
    """Rows of one group, all rendered."""
    matches = [match_of(1 + rank, length_s=length_s) for rank in range(candidates)]
    targets = [tone(110.0 + place, length_s=length_s) for place in range(count)]
    return [row_of(target, matches, "tones") for target in targets]
