from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backend.describe import outline, print_matches, settings
from backend.matching.similarity import similarity, similarity_text
from backend.output import Written
from backend.pipeline import MatchResult
from backend.records import Candidate, Match, ParameterSet, Score
from backend.synth.patch_file import Patch
from backend.synth.spec import load_spec
from backend.synth.table import Routing


def result_of(scores: list[Score | None], without_surge: str | None = None) -> MatchResult:
    spec = load_spec("surge_full")
    rng = np.random.default_rng(0)
    matches = [
        Match(
            n + 1,
            Candidate(spec.decode(rng.uniform(-1, 1, spec.width)), n),
            distance=score.distance if score else None,
            score=score,
        )
        for n, score in enumerate(scores)
    ]
    presets = tuple(Path(f"song-{match.rank}.fxp") for match in matches)
    return MatchResult(tuple(matches), Written(presets, Path("song.png")), without_surge)


def table(capsys: pytest.CaptureFixture[str], result: MatchResult) -> list[str]:
    print_matches(result, "surge_full")
    return capsys.readouterr().out.splitlines()


def test_scores_stand_above_the_floor(
    tiny_weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = table(capsys, result_of([Score(12.34, 5.678, 0.0912, 0.876, 0.543), None]))
    head, first = (next(x for x in lines if word in x) for word in ("similarity", "song-1.fxp"))
    floor = next(line for line in lines if "floor" in line)
    assert head.split()[-6:] == ["MSS", "dB", "wMFCC", "SOT", "RMS", "preset"]
    assert first.split()[-5:] == ["12.3", "5.68", "0.091", "0.876", "song-1.fxp"]
    assert similarity_text(similarity(0.543)) in first
    not_rendered = next(line for line in lines if "song-2.fxp" in line)
    assert not_rendered.split()[-6:-1] == ["-"] * 5
    assert floor.split()[-5:] == ["100%", "1.5", "0.75", "0.015", "0.985"]


def test_without_surge_there_are_no_scores(capsys: pytest.CaptureFixture[str]) -> None:
    lines = table(capsys, result_of([None, None], without_surge="none found"))
    assert not any(word in line for line in lines for word in ("similarity", "floor", "MSS"))
    assert sum("song-" in line for line in lines) == 2


def test_a_narrow_terminal_is_not_overrun(
    tiny_weights: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("FORCE_COLOR", "1")  # as on a terminal
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    lines = table(capsys, result_of([Score(12.34, 5.678, 0.0912, 0.876, 0.543)]))
    assert any("similarity" in line for line in lines)
    assert not any("wMFCC" in line for line in lines)


def test_names_are_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    result = result_of([None], without_surge="none found")
    odd = Written((Path("[bold]:smile:-1.fxp"),), result.written.picture)
    lines = table(capsys, MatchResult(result.matches, odd, "none found"))
    assert any("[bold]:smile:-1.fxp" in line for line in lines)


def setting(spec_name: str, **changed: float | str) -> ParameterSet:
    spec = load_spec(spec_name)
    plain = spec.decode(np.full(spec.width, 0.3))
    return ParameterSet(spec_name, {**plain.values, **changed}, plain.note)


def names(lines: list[str]) -> set[str]:
    return {line.split()[0] for line in lines if line.startswith("  ")}


def test_settings_are_grouped_and_have_units() -> None:
    spec = load_spec("surge_simple")
    lines = settings(spec, setting("surge_simple", a_filter_1_cutoff=60 / 130))
    assert lines.index("filters") < lines.index("envelopes") < lines.index("lfos")
    cutoff = next(line for line in lines if "a_filter_1_cutoff" in line)
    assert cutoff.split()[1:] == ["440", "Hz"]


def test_what_stands_as_in_the_base_patch_is_left_out() -> None:
    spec = load_spec("surge_full")
    changed = {"a_osc_1_octave": "0", "a_osc_2_octave": "+1", "a_pan": 0.5}
    told = names(settings(spec, setting("surge_full", **changed)))
    assert "a_osc_2_octave" in told
    assert not told & {"a_osc_1_octave", "a_pan"}


@pytest.mark.parametrize(
    ("spec_name", "changed", "prefix"),
    [
        ("surge_simple", {"a_lfo_2_amplitude": 0.0}, "a_lfo_2_"),
        ("surge_simple", {"a_osc_3_volume": 0.0}, "a_osc_3_"),
        ("surge_full", {"fx_a2_output_mix": 0.0}, "fx_a2_"),
        (
            "surge_full",
            {
                "a_osc_1_mute": "muted",
                "a_fm_routing": "Off",
                "a_ring_modulation_1x2_mute": "muted",
                "a_ring_modulation_2x3_mute": "muted",
            },
            "a_osc_1_",
        ),
    ],
)
def test_what_cannot_be_heard_is_named_together(
    spec_name: str, changed: dict[str, float | str], prefix: str
) -> None:
    spec = load_spec(spec_name)
    heard = settings(spec, setting(spec_name))
    assert any(name.startswith(prefix) for name in names(heard))
    lines = settings(spec, setting(spec_name, **changed))
    assert not any(name.startswith(prefix) for name in names(lines))
    assert lines[-1].startswith("off: ") and prefix.strip("_") in lines[-1]


def test_a_muted_oscillator_that_feeds_another_is_told() -> None:
    spec = load_spec("surge_full")
    changed = {"a_osc_2_mute": "muted", "a_fm_routing": "2 > 1"}
    told = names(settings(spec, setting("surge_full", **changed)))
    assert any(name.startswith("a_osc_2_") for name in told)


def test_the_outline_of_a_foreign_patch() -> None:
    natives = {"a_osc1_type": 8.0, "a_osc2_type": 0.0, "a_osc3_type": 99.0, "volume": -3.0}
    routings = (Routing(17, "a_filter1_cutoff", 12.5), Routing(3, "a_pitch", 1.0))
    text = "\n".join(outline(Patch("Old Lead", b"", natives, routings, 16)))
    for said in (
        *("Old Lead", "revision: 16", "parameters: 4", "8 Modern, 0 Classic, 99", "unknown"),
        *("routings: 2", "source 17 -> a_filter1_cutoff, depth 12.5"),
    ):
        assert said in text
