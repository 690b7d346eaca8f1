from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fake_surge import FakeSurge
from surge_rig import Rig, drawn_patch, free_ports

from backend.osc.patch_state import PatchState, RoutingState, patch_state
from backend.osc.readback import Range, Readback, differences, fraction
from backend.synth.patch_file import read_fxp

CUTOFF = "/param/a/filter/1/cutoff"
ROUTING = ("/mod/a/vlfo_1/0", CUTOFF)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with FakeSurge(tmp_path, *free_ports(2), drawn_patch(tmp_path, 3)) as surge, Rig(surge) as rig:
        yield rig


@pytest.fixture
def wanted(tmp_path: Path) -> PatchState:
    return patch_state(read_fxp(drawn_patch(tmp_path, 3)))


def test_an_equal_patch_has_no_differences(rig: Rig, wanted: PatchState) -> None:
    assert differences(wanted, rig.all()) == ()


@pytest.mark.parametrize(
    ("address", "arguments", "differing"),
    [
        (CUTOFF, (0.123,), CUTOFF),
        ("/param/a/osc/1/octave", (3.0,), "/param/a/osc/1/octave"),
        ("/param/a/filter/1/type/enable+", (0.0,), "/param/a/filter/1/type/enable+"),
        ("/param/fx/b/1/type", (1.0,), "/param/fx/b/1/type"),
        ("/param/fx/a/3/deactivate", (1.0,), "/param/hidden/fx_disable"),
        ("/mod/a/vlfo_1/0", (CUTOFF, 0.5), " ".join(ROUTING)),
        ("/mod/a/vlfo_1/0", (CUTOFF, 0.0), " ".join(ROUTING)),
        ("/mod/mute/a/vlfo_1/0", (CUTOFF, 1.0), " ".join(ROUTING)),
        ("/mod/a/vlfo_2/0", (CUTOFF, 0.5), f"/mod/a/vlfo_2/0 {CUTOFF}"),
    ],
)
def test_every_difference_is_found(
    rig: Rig,
    wanted: PatchState,
    address: str,
    arguments: tuple[float | str, ...],
    differing: str,
) -> None:
    rig.send(address, *arguments)
    rig.send("/param/a/amp/pan", 0.987)
    assert rig.becomes("/param/a/amp/pan", 0.987)
    if address.endswith("/type"):
        assert rig.becomes(address, 1.0)
    assert set(differences(wanted, rig.all())) == {"/param/a/amp/pan", differing}


def test_a_lost_answer_is_a_difference(wanted: PatchState) -> None:
    assert set(differences(wanted, Readback())) >= {CUTOFF, " ".join(ROUTING)}


def test_note_lengths_may_be_snapped() -> None:
    address = "/param/fx/a/2/param1"
    got = Readback({address: fraction(address, 1.0, Range("float", -8, 5))})
    got.ranges[address] = Range("float", -8, 5)
    asked = PatchState({address: 1.1975}, {}, {})
    assert differences(asked, got) == (address,)
    assert differences(replace(asked, options={f"{address}/tempo_sync+": 1.0}), got) == ()


def test_depths_that_surge_does_not_tell_are_let_be() -> None:
    got = Readback(depths={ROUTING: 0.0}, mutes={ROUTING: False})
    assert differences(PatchState({}, {}, {ROUTING: RoutingState(None, False)}), got) == ()
    assert differences(PatchState({}, {}, {ROUTING: RoutingState(1.0, False)}), got) != ()
