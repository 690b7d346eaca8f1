from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from backend.errors import ParameterError
from backend.matching.metrics import TargetMetrics
from backend.records import Note
from backend.synth.draw_parameters import draw_parameters
from backend.synth.patch_file import BODY_HEADER, Patch, parse_body, patch_body
from backend.synth.patch_lock import PatchLock
from backend.synth.render_pool import RenderPool
from backend.synth.renderer import RenderJob
from backend.synth.sections import SECTIONS, layout, section_of, unit_of
from backend.synth.spec import load_spec
from backend.synth.table import surge_table

FULL = load_spec("surge_full")


def patch_of(index: int, spec_name: str = "surge_full") -> Patch:
    parameters = draw_parameters(load_spec(spec_name), index)
    return parse_body(patch_body(parameters, "Mine"), "Mine")


def changed(patch: Patch, old: str, new: str, wavetable: bytes = b"") -> Patch:
    """The patch with a piece of its XML replaced, and a wavetable for oscillator 1."""
    _, size, *_ = BODY_HEADER.unpack_from(patch.body)
    xml = patch.body[BODY_HEADER.size : BODY_HEADER.size + size].decode()
    assert old in xml
    data = xml.replace(old, new).encode()
    sizes = (len(wavetable), 0, 0, 0, 0, 0)
    body = BODY_HEADER.pack(b"sub3", len(data), *sizes) + data + wavetable
    return parse_body(body, "Mine")


def elements(patch: Patch) -> dict[str, bytes]:
    """Each parameter as it stands in the file."""
    _, size, *_ = BODY_HEADER.unpack_from(patch.body)
    root = ElementTree.fromstring(patch.body[BODY_HEADER.size : BODY_HEADER.size + size])
    found = root.find("parameters")
    assert found is not None
    return {element.tag: ElementTree.tostring(element) for element in found}


@pytest.mark.parametrize("spec_name", ["surge_full", "surge_simple"])
@pytest.mark.parametrize("sections", [(section,) for section in SECTIONS] + [SECTIONS, ()])
def test_locked_sections_are_the_musicians_to_the_letter_and_the_rest_is_ours(
    spec_name: str, sections: tuple[str, ...]
) -> None:
    mine, spec = patch_of(7), load_spec(spec_name)
    parameters = draw_parameters(spec, 8)
    ours = elements(parse_body(patch_body(parameters, "x"), "x"))
    theirs = elements(mine)
    written = elements(parse_body(PatchLock(mine, sections).body(parameters, "x"), "x"))
    for row in surge_table().parameters:
        source = theirs if section_of(row) in sections else ours
        assert written.get(row.storage) == source.get(row.storage), row.storage


def test_what_our_spaces_do_not_have_is_kept_all_the_same() -> None:
    mine = changed(
        patch_of(7),
        "<stepsequences />",
        '<stepsequences><sequence scene="0" i="0" s0="1.0" /></stepsequences>',
        wavetable=b"a wavetable",
    )
    body = PatchLock(mine, ("osc", "lfos")).body(draw_parameters(FULL, 8), "x")
    assert b'<sequence scene="0" i="0" s0="1.0" />' in body and body.endswith(b"a wavetable")
    assert BODY_HEADER.unpack_from(body)[2] == len(b"a wavetable")
    other = PatchLock(mine, ("filter",)).body(draw_parameters(FULL, 8), "x")
    assert b"<sequence " not in other and b"a wavetable" not in other


def test_routings_stay_with_what_they_move() -> None:
    routed = next(r for r in surge_table().routings if "cutoff" in r.target)
    old = f'source="{routed.source}" depth="{routed.depth:g}"'
    mine = changed(patch_of(7), old, 'source="1" depth="12.5"')
    assert set(mine.routings) != set(surge_table().routings)
    other = draw_parameters(FULL, 8)
    locked = parse_body(PatchLock(mine, ("filter",)).body(other, "x"), "x")
    assert set(locked.routings) == set(mine.routings)
    free = parse_body(PatchLock(mine, ("lfos",)).body(other, "x"), "x")
    assert set(free.routings) == set(surge_table().routings)


@pytest.mark.parametrize("section", SECTIONS)
def test_what_the_model_is_told_is_what_the_patch_holds(section: str) -> None:
    parameters = draw_parameters(FULL, 7)
    lock = PatchLock(patch_of(7), (section,))
    known, vector = lock.known(FULL)
    columns = layout("surge_full").sections[section]
    assert sorted(np.flatnonzero(known).tolist()) == sorted(columns.tolist())
    np.testing.assert_allclose(vector[known], FULL.encode(parameters)[known], atol=2e-5)
    np.testing.assert_array_equal(lock.free(FULL), ~known)
    [held] = lock.hold(FULL, [FULL.encode(draw_parameters(FULL, 8))])
    np.testing.assert_array_equal(held[known], vector[known])


def test_a_setting_that_the_space_lacks_is_locked_but_not_told() -> None:
    mine = patch_of(7)
    storage = next(p for p in FULL.parameters if p.name == "a_filter_1_type").surge.storage
    value = elements(mine)[storage].split(b'value="')[1].split(b'"')[0].decode()
    mine = changed(mine, f'<{storage} type="0" value="{value}"', f'<{storage} type="0" value="33"')
    lock = PatchLock(mine, ("filter",))
    known, _ = lock.known(FULL)
    place = dict(zip((p.name for p in FULL.parameters), FULL.slices(), strict=True))
    assert not known[place["a_filter_1_type"]].any() and known[place["a_filter_1_cutoff"]].all()
    assert not lock.free(FULL)[place["a_filter_1_type"]].any()
    written = parse_body(lock.body(draw_parameters(FULL, 8), "x"), "x")
    assert written.natives[storage] == 33


def test_a_section_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ParameterError, match="no section 'drums' to lock; choose of osc, filter"):
        PatchLock(patch_of(7), ("drums",))


@pytest.mark.surge
def test_surge_plays_a_patch_of_which_all_is_locked_as_the_musicians_own(surge_path: Path) -> None:
    mine, note = patch_of(7), Note(60, 0.1, 2.0)
    drawn = draw_parameters(FULL, 7)
    outputs = {p.name for p in FULL.parameters if unit_of(p.name) == "output"}
    other = draw_parameters(FULL, 8)
    # What nobody locks, the output's level, pan and width, is set alike.
    values = {n: drawn.values[n] if n in outputs else v for n, v in other.values.items()}
    other = replace(other, values=values)
    bodies = [
        mine.body,
        mine.body,
        PatchLock(mine, SECTIONS).body(other, "x"),
        PatchLock(mine, ("osc",)).body(other, "x"),
    ]
    jobs = [RenderJob(body, note, f"{n}") for n, body in enumerate(bodies)]
    with RenderPool.of_surge(surge_path, 1) as pool:
        renders = [render.audio for render in pool.render(jobs)]  # type: ignore[union-attr]
    metrics = TargetMetrics(renders[0])
    again, locked, apart = (metrics.score(audio).distance for audio in renders[1:])
    assert locked < again + 0.05 and apart > locked + 0.1
