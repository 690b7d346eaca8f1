from __future__ import annotations

import pytest

from backend.osc.patch_state import (
    RoutingState,
    by_address,
    canonical,
    patch_state,
    routing_address,
)
from backend.synth.draw_parameters import draw_parameters
from backend.synth.patch_file import BODY_HEADER, Patch, parse_body, patch_body
from backend.synth.spec import load_spec


def _drawn(index: int, name: str = "one") -> Patch:
    return parse_body(patch_body(draw_parameters(load_spec("surge_full"), index), name), name)


def _changed(patch: Patch, *changes: tuple[bytes, bytes]) -> Patch:
    xml = patch.body[BODY_HEADER.size :]
    for old, new in changes:
        assert old in xml
        xml = xml.replace(old, new, 1)
    return parse_body(BODY_HEADER.pack(b"sub3", len(xml), 0, 0, 0, 0, 0, 0) + xml, "changed")


def test_a_patch_speaks_of_all_parameters_but_those_of_empty_slots() -> None:
    state = patch_state(_drawn(1))
    silent = set(by_address()) - set(state.natives) - {"/param/fx/chain_bypass"}
    assert len(silent) == 13 * 12
    slots = {address.rpartition("/")[0] for address in silent}
    assert {state.natives[f"{slot}/type"] for slot in slots} == {0.0}


def test_values_are_native_and_options_as_answered() -> None:
    patch = _changed(
        _drawn(1), (b'<a_filter1_type type="0" value="', b'<a_filter1_type type="0" x="1" value="')
    )
    state = patch_state(patch)
    assert state.natives["/param/a/osc/1/type"] == 8.0
    assert state.natives["/param/a/filter/1/type"] == patch.natives["a_filter1_type"]
    assert state.options["/param/a/filter/1/type/enable+"] == 1.0
    assert state.options["/param/fx/a/2/param1/tempo_sync+"] == 1.0
    assert state.options["/param/fx/a/1/param1/tempo_sync+"] == 0.0


def test_routings_are_those_of_the_space() -> None:
    routings = patch_state(_drawn(1)).routings
    assert len(routings) == 6
    key = ("/mod/a/vlfo_1/0", "/param/a/filter/1/cutoff")
    assert routings[key] == RoutingState(130.0, False)


def test_a_global_target_of_scene_b_has_no_depth_to_compare() -> None:
    routing = (
        b'><modrouting source="23" depth="0.5" muted="1" source_index="1" source_scene="1" />'
        b"</volume>"
    )
    patch = _drawn(1)
    start = patch.body.index(b"<volume ")
    whole = patch.body[start : patch.body.index(b"/>", start) + 2]
    state = patch_state(_changed(patch, (whole, whole[:-2] + routing)))
    key = ("/mod/a/slfo_1/1", "/param/global/volume")
    assert state.routings[key] == RoutingState(None, True)


@pytest.mark.parametrize(
    ("source", "storage", "index", "address"),
    [
        (17, "a_pitch", 0, "/mod/a/vlfo_1/0"),
        (28, "b_pitch", 2, "/mod/b/slfo_6/2"),
        (7, "a_pitch", 0, "/mod/macro_1"),
        (15, "b_pitch", 0, "/mod/b/aeg"),
        (31, "a_pitch", 1, "/mod/rand_bi/1"),
        (40, "a_pitch", 0, "/mod/a/latest_key"),
    ],
)
def test_routing_addresses(source: int, storage: str, index: int, address: str) -> None:
    assert routing_address(source, storage, index) == address


def test_equal_sounds_are_equal_whatever_their_name() -> None:
    assert canonical(_drawn(1, "another")) == canonical(_drawn(1, "one"))


@pytest.mark.parametrize(
    "change",
    [
        (
            b'<customcontroller><entry i="0" bipolar="0"',
            b'<customcontroller><entry i="0" bipolar="1"',
        ),
        (b'depth="130"', b'depth="129"'),
        (b'correctlyTunedCombFilter v="1"', b'correctlyTunedCombFilter v="0"'),
        (b'deactivated="0"', b'deactivated="1"'),
    ],
)
def test_another_sound_is_another(change: tuple[bytes, bytes]) -> None:
    assert canonical(_changed(_drawn(1), change)) != canonical(_drawn(1))


@pytest.mark.parametrize(
    "change",
    [
        (b'tempoOnSave v="120', b'tempoOnSave v="99'),
        (b'<modwheel s0="0"', b'<modwheel s0="1"'),
        (b'category="Synthmatch"', b'category="Leads"'),
        (b'<fx_bypass type="0" value="0"', b'<fx_bypass type="0" value="2"'),
    ],
)
def test_what_no_preset_brings_back_counts_for_nothing(change: tuple[bytes, bytes]) -> None:
    assert canonical(_changed(_drawn(1), change)) == canonical(_drawn(1))


def test_wavetables_count() -> None:
    patch = _drawn(1)
    size = len(patch.body) - BODY_HEADER.size
    head = BODY_HEADER.pack(b"sub3", size, 4, 0, 0, 0, 0, 0)
    tables = [
        parse_body(head + patch.body[BODY_HEADER.size :] + table, "t")
        for table in (b"aaaa", b"bbbb")
    ]
    assert canonical(tables[0]) != canonical(tables[1])
    assert canonical(tables[0]) == canonical(tables[0])
