"""The fake Surge XT and the real one, held to the same tests: what the link relies on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from surge_rig import Hosted, Rig, drawn_patch, free_ports, hosted, name_shown

from backend.osc.patch_state import by_address, canonical, patch_state
from backend.osc.readback import differences
from backend.osc.wire import is_shared
from backend.synth.finder import find_surge
from backend.synth.patch_file import parse_fxp, read_fxp

CUTOFF = "/param/a/filter/1/cutoff"
#: Silence that proves something was not sent: a query after it has been answered already.
NOTHING_S = 0.05


@pytest.fixture(scope="module", params=["fake", pytest.param("real", marks=pytest.mark.surge)])
def surge(request: pytest.FixtureRequest) -> Path | None:
    """The real plugin's path, or None for the fake."""
    return find_surge() if request.param == "real" else None


@pytest.fixture(scope="module")
def running(surge: Path | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:
    port, answer_port = free_ports(2)
    started = hosted(surge, tmp_path_factory.mktemp("home"), port, answer_port)
    yield started
    started.close()


@pytest.fixture
def rig(running: Hosted, tmp_path: Path) -> Iterator[Rig]:
    """With a known patch loaded."""
    with Rig(running) as rig:
        rig.load(drawn_patch(tmp_path, 7))
        yield rig


def test_a_loaded_patch_is_said_and_held(rig: Rig, tmp_path: Path) -> None:
    file = drawn_patch(tmp_path, 8)
    rig.load(file)
    rig.send("/q/patch")
    assert rig.hear("/patch") == (str(file.with_suffix("")),)
    assert differences(patch_state(read_fxp(file)), rig.all()) == ()


def test_a_dotted_name_gets_shorter_with_every_query(rig: Rig, tmp_path: Path) -> None:
    rig.load(drawn_patch(tmp_path, 8, "Lead 2.1"))
    for stem in ("Lead 2.1", "Lead 2", "Lead 2"):
        rig.send("/q/patch")
        assert rig.hear("/patch") == (str(tmp_path / stem),)


def test_everything_is_told(rig: Rig) -> None:
    got = rig.all()
    assert got.values.keys() >= by_address().keys()
    assert f"{CUTOFF.removesuffix('cutoff')}type/enable+" in got.options
    assert len(got.depths) == len(got.mutes) == 6
    assert got.missing() == []


def test_a_missing_file_is_an_error(rig: Rig, tmp_path: Path) -> None:
    rig.send("/patch/load", str(tmp_path / "none"))
    said = rig.hear("/error")
    assert said is not None and "File not found" in str(said[0])


def test_a_set_is_not_echoed(rig: Rig) -> None:
    rig.send(CUTOFF, 0.25)
    assert rig.becomes(CUTOFF, 0.25)
    rig.send(CUTOFF, 0.5)
    assert rig.hear(CUTOFF, within_s=NOTHING_S) is None
    assert rig.becomes(CUTOFF, 0.5)


def test_numbers_must_be_floats(rig: Rig) -> None:
    rig.send(CUTOFF, 1)
    said = rig.hear("/error")
    assert said is not None and "float" in str(said[0])


def test_unknown_addresses_are_errors(rig: Rig) -> None:
    rig.send("/param/a/nothing", 0.5)
    assert rig.hear("/error") is not None


def test_whole_numbers_are_their_own_and_clamped(rig: Rig) -> None:
    rig.send("/param/a/osc/1/octave", 2.0)
    assert rig.becomes("/param/a/osc/1/octave", 2.0)
    rig.send("/param/a/osc/1/octave", 99.0)
    assert rig.becomes("/param/a/osc/1/octave", 3.0)


def test_a_bundle_is_taken_in_order(rig: Rig) -> None:
    rig.burst(*((CUTOFF, (i / 500,)) for i in range(500)), ("/param/a/osc/1/octave", (1.0,)))
    assert rig.becomes("/param/a/osc/1/octave", 1.0)
    assert rig.value(CUTOFF) == pytest.approx(499 / 500)


def test_an_option_is_set(rig: Rig) -> None:
    address = "/param/a/filter/1/type/enable+"
    for on in (0.0, 1.0):
        rig.send(address, on)
        assert rig.becomes(address, on)


@pytest.mark.parametrize(
    ("type_address", "kind", "value_address"),
    [
        ("/param/a/osc/1/type", 1.0, "/param/a/osc/1/param2"),
        ("/param/fx/a/1/type", 1.0, "/param/fx/a/1/param3"),
    ],
)
def test_a_type_takes_its_time_and_resets(
    rig: Rig, type_address: str, kind: float, value_address: str
) -> None:
    assert rig.value(type_address) != kind
    rig.burst((type_address, (kind,)), (value_address, (0.987,)))
    assert rig.becomes(type_address, kind)
    first = rig.value(value_address)
    assert first != pytest.approx(0.987)
    rig.send(value_address, 1.0 - round(first))
    assert rig.becomes(value_address, 1.0 - round(first))


def test_a_routing_is_echoed_and_zero_removes_it(rig: Rig) -> None:
    key = ("/mod/a/vlfo_1/0", "/param/a/filter/1/resonance")
    rig.send(key[0], key[1], 0.25)
    assert rig.hear(key[0]) == (key[1], pytest.approx(0.25))
    assert rig.all().depths[key] == pytest.approx(0.25)
    rig.send("/mod/mute/a/vlfo_1/0", key[1], 1.0)
    assert rig.hear("/mod/mute/a/vlfo_1/0") == (key[1], 1.0)
    assert rig.all().mutes[key]
    rig.send(key[0], key[1], 0.0)
    assert rig.hear(key[0]) is not None
    assert key not in rig.all().depths


def test_a_whole_number_cannot_be_modulated(rig: Rig) -> None:
    rig.send("/mod/a/vlfo_1/0", "/param/a/osc/1/octave", 0.5)
    assert rig.hear("/error") is not None


def test_effects_are_switched_off_one_by_one(rig: Rig) -> None:
    rig.send("/param/fx/a/3/deactivate", 1.0)
    assert rig.becomes("/param/hidden/fx_disable", 256.0)
    rig.send("/param/fx/a/3/deactivate", 0.0)
    assert rig.becomes("/param/hidden/fx_disable", 0.0)


def test_what_is_saved_is_what_is_held(rig: Rig, tmp_path: Path) -> None:
    first = parse_fxp(rig.saved(tmp_path / "first.fxp"), "first")
    assert patch_state(first).routings == patch_state(read_fxp(tmp_path / "drawn-7.fxp")).routings
    rig.load(drawn_patch(tmp_path, 9))
    assert canonical(parse_fxp(rig.saved(tmp_path / "other.fxp"), "other")) != canonical(first)
    rig.load(tmp_path / "first.fxp")
    assert canonical(parse_fxp(rig.saved(tmp_path / "again.fxp"), "again")) == canonical(first)


def test_a_file_outside_the_list_shows_its_path(rig: Rig, tmp_path: Path) -> None:
    assert name_shown(rig.surge, tmp_path) == str(tmp_path / "drawn-7.fxp")


def test_a_user_patch_shows_its_name(rig: Rig, tmp_path: Path) -> None:
    rig.send("/patch/save_user", "/Kept here/2.1/Soft Lead 2.1")
    rig.send("/q/patch")
    assert rig.hear("/patch") is not None
    rig.load(drawn_patch(tmp_path, 9))
    rig.send("/patch/load_user", "/Kept here/2.1/Soft Lead 2.1")
    assert rig.hear("/patch/load") is not None
    assert name_shown(rig.surge, tmp_path) == "Soft Lead 2.1"
    assert differences(patch_state(read_fxp(tmp_path / "drawn-7.fxp")), rig.all()) == ()


def test_with_audio_stopped_all_waits(rig: Rig, tmp_path: Path) -> None:
    before = rig.value(CUTOFF)
    rig.surge.stop_audio()
    try:
        rig.send(CUTOFF, 0.111)
        assert rig.value(CUTOFF) == before
        file = drawn_patch(tmp_path, 10)
        rig.send("/patch/load", str(file.with_suffix("")))
        assert rig.hear("/patch/load", within_s=NOTHING_S) is None
        rig.send("/q/patch")
        assert rig.hear("/patch") == (str(tmp_path / "drawn-7"),)
    finally:
        rig.surge.resume_audio()
    assert rig.hear("/patch/load") == (str(file.with_suffix("")),)
    assert differences(patch_state(read_fxp(file)), rig.all()) == ()


def test_a_burst_beyond_the_ring_is_lost(rig: Rig) -> None:
    before = rig.value(CUTOFF)
    rig.surge.stop_audio()
    try:
        rig.send(CUTOFF, 0.111 if before > 0.5 else 0.999)
        for step in range(45):  # the answers pace it, so that no datagram is lost
            rig.burst(*(("/param/a/amp/pan", ((step + i / 100) / 46,)) for i in range(100)))
            rig.value(CUTOFF)
    finally:
        rig.surge.resume_audio()
    assert rig.becomes("/param/a/amp/pan", 44.99 / 46)
    assert rig.value(CUTOFF) == before


@pytest.fixture
def second(running: Hosted, surge: Path | None, tmp_path: Path) -> Iterator[Hosted]:
    """Another one on the same port."""
    started = hosted(surge, tmp_path / "second", running.port, running.answer_port)
    yield started
    started.close()


def test_a_second_one_takes_the_port_silently(rig: Rig, second: Hosted, tmp_path: Path) -> None:
    if not Path("/proc/net/udp").exists():
        pytest.skip("what a shared port does is known of Linux alone")
    assert is_shared(second.port)
    file = drawn_patch(tmp_path, 11)
    rig.load(file)
    assert name_shown(second, tmp_path) == str(file)
    assert name_shown(rig.surge, tmp_path) == str(tmp_path / "drawn-7.fxp")


def test_with_osc_out_off_it_hears_and_is_silent(surge: Path | None, tmp_path: Path) -> None:
    port, answer_port = free_ports(2)
    started = hosted(surge, tmp_path / "silent", port, 0)
    try:
        with Rig(started, answer_port) as rig:
            rig.send("/q/patch")
            assert rig.hear("/patch", within_s=1.0) is None
            saved = tmp_path / "saved.fxp"
            rig.send("/patch/save", str(saved.with_suffix("")))
            assert rig.hear("/never", within_s=1.0) is None
            assert read_fxp(saved).natives
    finally:
        started.close()
