from __future__ import annotations

import numpy as np
import pytest

from backend.errors import PatchError
from backend.records import Note
from backend.synth.draw_parameters import draw_parameters
from backend.synth.patch_file import BODY_HEADER, Patch, parse_body, patch_body
from backend.synth.patch_lock import PatchLock
from backend.synth.patch_setting import held_by, setting_of
from backend.synth.sections import layout
from backend.synth.spec import load_spec

FULL = load_spec("surge_full")


def patch_of(index: int) -> Patch:
    return parse_body(patch_body(draw_parameters(FULL, index), "Mine"), "Mine")


def foreign_filter() -> Patch:
    """A musician's patch with a filter type, and a routing to the filter, that our space lacks."""
    body = patch_of(7).body
    _, size, *_ = BODY_HEADER.unpack_from(body)
    xml = body[BODY_HEADER.size : BODY_HEADER.size + size].decode()
    storage = next(p for p in FULL.parameters if p.name == "a_filter_1_type").surge.storage
    head, tail = xml.split(f'<{storage} type="0" value="')
    xml = f'{head}<{storage} type="0" value="33"{tail.split(chr(34), 1)[1]}'
    data = xml.encode()
    return parse_body(BODY_HEADER.pack(b"sub3", len(data), *[0] * 6) + data, "Mine")


@pytest.mark.parametrize("spec_name", ["surge_full", "surge_simple"])
def test_a_preset_of_ours_is_read_back(spec_name: str) -> None:
    spec = load_spec(spec_name)
    drawn = draw_parameters(spec, 3)
    patch = parse_body(patch_body(drawn, "Mine"), "Mine")
    found = setting_of(patch, spec, drawn.note)
    assert found.note == drawn.note
    np.testing.assert_allclose(spec.encode(found), spec.encode(drawn), atol=2e-5)
    held, _ = held_by(patch, spec)
    assert held[:-3].all() and not held[-3:].any()


def test_a_preset_of_another_space_is_refused() -> None:
    with pytest.raises(PatchError, match="holds what Synthmatch cannot set"):
        setting_of(patch_of(3), load_spec("surge_simple"), Note(60, 0.0, 1.0))


def test_what_is_foreign_does_not_matter_where_it_is_locked() -> None:
    drawn = draw_parameters(FULL, 3)
    mine = foreign_filter()
    written = parse_body(PatchLock(mine, ("filter", "osc")).body(drawn, "x"), "x")
    with pytest.raises(PatchError, match=r"cannot set \(filter\).*lock again what was locked"):
        setting_of(written, FULL, drawn.note, ("osc",))
    found = setting_of(written, FULL, drawn.note, ("filter",))
    free = np.ones(FULL.width, dtype=bool)
    for section in ("filter", "osc"):
        free[layout("surge_full").sections[section]] = False
    np.testing.assert_allclose(FULL.encode(found)[free], FULL.encode(drawn)[free], atol=2e-5)
    osc = layout("surge_full").sections["osc"]
    theirs = FULL.encode(draw_parameters(FULL, 7))
    np.testing.assert_allclose(FULL.encode(found)[osc], theirs[osc], atol=2e-5)


def test_a_routing_of_the_musicians_counts_unless_it_is_locked() -> None:
    mine, drawn = patch_of(7), draw_parameters(FULL, 3)
    routing = next(r for r in mine.routings if "cutoff" in r.target)
    old = f'source="{routing.source}" depth="{routing.depth:g}"'.encode()
    assert old in mine.body
    new = b'source="1" depth="12.5"'
    _, size, *_ = BODY_HEADER.unpack_from(mine.body)
    xml = mine.body[BODY_HEADER.size :].replace(old, new)
    mine = parse_body(BODY_HEADER.pack(b"sub3", len(xml), *[0] * 6) + xml, "Mine")
    written = parse_body(PatchLock(mine, ("filter",)).body(drawn, "x"), "x")
    setting_of(written, FULL, drawn.note, ("filter",))
    with pytest.raises(PatchError, match="cannot set: choose"):
        setting_of(written, FULL, drawn.note, ("lfos",))
