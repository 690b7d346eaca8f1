"""A match where sounds are known: renders of the index, and the user's own presets."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from fake_renderers import FakePool
from preset_files import playing_pool, preset_folder
from small_index import region, voice

from backend.matching import index
from backend.matching.preset_scan import scan_presets
from backend.matching.preset_store import PresetStore
from backend.pipeline import NEIGHBOURS, SAMPLES, MatchRequest, MatchResult, Workshop
from backend.records import Like, Note
from backend.synth.draw_parameters import draw_parameters
from backend.synth.equivalents import Equivalents
from backend.synth.patch_file import parse_body, patch_body, read_fxp
from backend.synth.patch_lock import PatchLock
from backend.synth.sections import section_of
from backend.synth.spec import load_spec
from backend.synth.table import surge_table

SPEC = load_spec("surge_simple")
DRAW = 17


@pytest.fixture
def known(tiny_weights: Path, index_stem: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The small index of renders beside the tiny weights."""
    monkeypatch.setattr(index, "index_stem", lambda spec_name: index_stem)


@pytest.fixture
def request_of(tmp_path: Path) -> MatchRequest:
    sound = region(voice(DRAW, draw_parameters(SPEC, DRAW).note))
    folder = tmp_path / "out"
    return MatchRequest(sound, folder, count=4, spec_name="surge_simple", picture=False)


def match(request: MatchRequest, presets: Path | None = None) -> MatchResult:
    with Workshop("cpu", presets=presets) as workshop:
        return workshop.match(request)


def kinds_of(pool: FakePool) -> Counter[str]:
    """Count what was rendered, by what proposed it."""
    return Counter(job.name.split()[0] for job in pool.jobs)


def drawn_vector(draw: int) -> np.ndarray:
    """Return a draw's vector without its note, idle parameters at rest."""
    return Equivalents(SPEC).at_rest(SPEC.encode(draw_parameters(SPEC, draw))[None])[0, :-3]


def test_neighbours_and_samples_are_both_rendered(
    known: None, request_of: MatchRequest, fake_pool: FakePool
) -> None:
    result = match(request_of)
    kinds = kinds_of(fake_pool)
    assert (kinds.pop("index"), kinds.pop("model")) == (NEIGHBOURS, SAMPLES)
    assert set(kinds) <= {"tune"}  # what was heard at another pitch, once more
    assert not any("neighbours" in remark for remark in result.remarks)
    assert result.sources == (f"{SAMPLES} samples of the model", f"{NEIGHBOURS} of 60 renders")


def test_without_an_index_the_model_does_alone_and_one_sentence_says_so(
    tiny_weights: Path, request_of: MatchRequest, fake_pool: FakePool
) -> None:
    result = match(request_of)
    assert set(kinds_of(fake_pool)) - {"tune"} == {"model"}
    first, second = result.remarks
    assert first.startswith("Without neighbours among renders:")
    assert second.startswith("Without climbs in the search:")
    assert result.sources == (f"{SAMPLES} samples of the model",)


def test_without_surge_neighbours_and_samples_take_turns(
    known: None, request_of: MatchRequest, no_surge: None
) -> None:
    result = match(request_of)
    assert [m.candidate.origin for m in result.matches] == ["index", "model", "index", "model"]
    first = SPEC.encode(result.matches[0].candidate.parameters)
    assert np.allclose(first[:-3], SPEC.encode(draw_parameters(SPEC, DRAW))[:-3], atol=1e-6)


def test_neighbours_keep_what_is_locked(
    known: None, request_of: MatchRequest, fake_pool: FakePool
) -> None:
    mine = parse_body(patch_body(draw_parameters(SPEC, 99), "mine"), "mine")
    lock = PatchLock(mine, ("filter",))
    match(MatchRequest(**{**vars(request_of), "lock": lock}))
    locked = {p.storage for p in surge_table().parameters if section_of(p) == "filter"}
    rendered = [job for job in fake_pool.jobs if job.name.startswith("index")]
    assert len(rendered) == NEIGHBOURS
    for job in rendered:
        natives = parse_body(job.body, "rendered").natives
        for storage in locked & mine.natives.keys():
            assert natives[storage] == mine.natives[storage]
    free = {parse_body(job.body, "rendered").natives["a_osc1_pitch"] for job in rendered}
    assert len(free) > NEIGHBOURS / 4  # the rest is theirs


def test_more_like_this_asks_no_neighbours(
    known: None, request_of: MatchRequest, fake_pool: FakePool
) -> None:
    like = Like(draw_parameters(SPEC, 5), 0.3)
    result = match(MatchRequest(**{**vars(request_of), "like": like}))
    assert "index" not in kinds_of(fake_pool)
    assert not any("renders" in source for source in result.sources)


def test_the_users_presets_are_proposed_and_named(
    known: None, request_of: MatchRequest, fake_pool: FakePool, tmp_path: Path
) -> None:
    file, folder = tmp_path / "presets.sqlite", preset_folder(tmp_path / "mine")
    fake_pool.sound = playing_pool().sound
    with PresetStore(file) as store:
        scan_presets([folder], store, fake_pool)  # type: ignore[arg-type]
    fake_pool.jobs.clear()
    fake_pool.sound = lambda job: voice(103 if job.name == "Bell" else 7, job.note)
    sound = region(voice(103, Note(60, 0.2, 2.2)))
    result = match(MatchRequest(**{**vars(request_of), "region": sound, "presets": 2}), file)
    kinds = kinds_of(fake_pool)
    assert kinds["preset"] == 4  # all four are settings of Simple
    assert result.sources[-1] == "4 of your 4 presets"
    assert [preset.name for preset in result.presets][0] == "Bell" and len(result.presets) == 2
    assert read_fxp(result.presets[0].path).name == "Bell"
    played = [parse_body(job.body, job.name) for job in fake_pool.jobs if "preset" in job.name]
    wanted = drawn_vector(103)
    found = [
        Equivalents(SPEC).at_rest(
            SPEC.encode(SPEC.from_natives(p.natives, Note(60, 0.0, 1.0)))[None]
        )
        for p in played
    ]
    assert min(np.abs(vector[0, :-3] - wanted).max() for vector in found) < 1e-4


def test_presets_are_not_played_where_none_are_to_be_named(
    known: None, request_of: MatchRequest, fake_pool: FakePool, tmp_path: Path
) -> None:
    file, folder = tmp_path / "presets.sqlite", preset_folder(tmp_path / "mine")
    fake_pool.sound = playing_pool().sound
    with PresetStore(file) as store:
        scan_presets([folder], store, fake_pool)  # type: ignore[arg-type]
    fake_pool.jobs.clear()
    fake_pool.sound = lambda job: voice(7, job.note)
    result = match(request_of, file)
    assert result.presets == ()
    assert set(kinds_of(fake_pool)) - {"tune"} == {"index", "model", "preset"}
