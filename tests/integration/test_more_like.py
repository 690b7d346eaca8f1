"""More like a candidate, with the shipped model and a real Surge XT: how near it is to the ear."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from backend.audio.region import load_region
from backend.matching.metrics import TargetMetrics
from backend.pipeline import MatchRequest, Workshop
from backend.records import Like, Match

pytestmark = pytest.mark.surge


def test_variations_sound_the_nearer_to_the_chosen_the_less_may_change(
    surge_path: Path, examples_folder: Path, tmp_path: Path
) -> None:
    region = load_region(examples_folder / "plucked_string.flac")
    request = MatchRequest(region, tmp_path, picture=False)
    with Workshop("cpu", surge_path) as workshop:
        chosen = workshop.match(request).matches[2]
        assert chosen.render is not None
        ear = TargetMetrics(chosen.render.audio)

        def apart(found: tuple[Match, ...]) -> float:
            """Mean distance from the chosen one's sound of all that are not itself."""
            sounds = [m.render for m in found if m.candidate.origin != "chosen"]
            return float(np.mean([ear.score(sound.audio).distance for sound in sounds if sound]))

        anew = apart(workshop.match(replace(request, seed=1)).matches)
        like = [Like(chosen.candidate.parameters, amount) for amount in (0.0, 0.2, 0.6)]
        found = [workshop.match(replace(request, seed=1, like=each)).matches for each in like]
    for matches in found:
        assert len(matches) == request.count
        [itself] = [m for m in matches if m.candidate.origin == "chosen"]
        assert itself.render is not None
        assert ear.score(itself.render.audio).distance < 0.3  # but for what Surge XT leaves open
        distances = [m.distance for m in matches if m.distance is not None]
        assert distances == sorted(distances)
    details, little, much = map(apart, found)
    assert details < little < much
    assert details < 0.75 * anew  # though all of those are near the sound that it was found for
