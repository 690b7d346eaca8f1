"""What the link does with a Surge XT that does not do as it is told; the rest is in test_surge."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_surge import FakeSurge
from surge_rig import Rig, drawn_patch, free_ports

from backend.errors import LinkError
from backend.osc.patch_state import PatchState, by_address, patch_state
from backend.osc.surge_write import MAX_ATTEMPTS, load_patch, silent_remark, stream_patch
from backend.synth.patch_file import read_fxp

CUTOFF = "/param/a/filter/1/cutoff"


class Stubborn(FakeSurge):
    """Keeps one value, whatever is loaded."""

    def _take(self, file: Path) -> None:
        super()._take(file)
        self._set(by_address()[CUTOFF], -17.0)

    def _apply(self, address: str, arguments: tuple[object, ...]) -> None:
        if address != CUTOFF:
            super()._apply(address, arguments)


class Slow(FakeSurge):
    """Its effects settle only when they have been asked about once."""

    settled = True

    def _take(self, file: Path) -> None:
        super()._take(file)
        self.settled = False

    def _query(self, address: str, arguments: tuple[object, ...]) -> None:
        parameter = by_address()[CUTOFF]
        native = self._get(parameter)
        if not self.settled and address == "/all_params":
            self._set(parameter, native + 1)
        super()._query(address, arguments)
        if address == "/all_params":
            self._set(parameter, native)
            self.settled = True


class Deaf(FakeSurge):
    """Does not hear the first load, as if the datagram were lost."""

    deaf = True

    def _patch(self, address: str, text: str) -> None:
        if self.deaf and address == "/patch/load":
            self.deaf = False
        else:
            super()._patch(address, text)


class Talkative(FakeSurge):
    """Says other things before it has loaded."""

    def _patch(self, address: str, text: str) -> None:
        if address == "/patch/load":
            self._answer("/error", "Not a valid modulation.")
            self._answer("/patch/load", "/another/patch")
        super()._patch(address, text)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return drawn_patch(tmp_path, 21)


@pytest.fixture
def wanted(file: Path) -> PatchState:
    return patch_state(read_fxp(file))


def test_what_does_not_take_is_named(tmp_path: Path, file: Path) -> None:
    with Stubborn(tmp_path, *free_ports(2)) as surge, Rig(surge) as rig:
        report = load_patch(rig.talk, file, read_fxp(file), "silent")
        assert (report.state, report.attempts) == ("differs", MAX_ATTEMPTS)
        assert report.differing == (CUTOFF,) and CUTOFF in report.remark
        assert len(surge.loads) == MAX_ATTEMPTS


def test_a_stream_that_does_not_take_is_named(tmp_path: Path, wanted: PatchState) -> None:
    with Stubborn(tmp_path, *free_ports(2)) as surge, Rig(surge) as rig:
        report = stream_patch(rig.talk, wanted, "silent")
        assert (report.state, report.differing) == ("differs", (CUTOFF,))


def test_what_settles_later_is_not_sent_again(tmp_path: Path, file: Path) -> None:
    with Slow(tmp_path, *free_ports(2)) as surge, Rig(surge) as rig:
        report = load_patch(rig.talk, file, read_fxp(file), "silent")
        assert (report.state, report.attempts) == ("verified", 1)
        assert len(surge.loads) == 1


def test_a_lost_load_is_sent_again(tmp_path: Path, file: Path) -> None:
    with Deaf(tmp_path, *free_ports(2)) as surge, Rig(surge) as rig:
        report = load_patch(rig.talk, file, read_fxp(file), "silent")
        assert (report.state, report.attempts) == ("verified", 2)


def test_other_news_is_no_answer(tmp_path: Path, file: Path) -> None:
    with Talkative(tmp_path, *free_ports(2)) as surge, Rig(surge) as rig:
        report = load_patch(rig.talk, file, read_fxp(file), "silent")
        assert (report.state, report.attempts) == ("verified", 1)


def test_lost_answers_do_not_harm(tmp_path: Path, file: Path) -> None:
    with FakeSurge(tmp_path, *free_ports(2), drop=41) as surge, Rig(surge) as rig:
        assert load_patch(rig.talk, file, read_fxp(file), "silent").state == "verified"


def test_a_file_that_vanished_is_said(tmp_path: Path, file: Path) -> None:
    patch = read_fxp(file)
    file.unlink()
    with FakeSurge(tmp_path, *free_ports(2)) as surge, Rig(surge) as rig:
        with pytest.raises(LinkError, match="not found"):
            load_patch(rig.talk, file, patch, "silent")


def test_a_stream_takes_away_routings_and_sets_bypasses(tmp_path: Path) -> None:
    file = drawn_patch(tmp_path, 22)
    state = patch_state(read_fxp(file))
    disable = "/param/hidden/fx_disable"
    wanted = PatchState({**state.natives, disable: 5.0}, state.options, {})
    with FakeSurge(tmp_path, *free_ports(2)) as surge, Rig(surge) as rig:
        assert stream_patch(rig.talk, wanted, "silent").state == "verified"
        got = rig.all()
        assert got.values[disable] == 5.0 and got.depths == {}


def test_a_stream_without_answers_sends_all(tmp_path: Path) -> None:
    state = patch_state(read_fxp(drawn_patch(tmp_path, 23)))
    port, answer_port = free_ports(2)
    with FakeSurge(tmp_path, port, 0) as surge, Rig(surge, answer_port) as rig:
        assert stream_patch(rig.talk, state, "silent").state == "unverified"
        surge.answer_port = answer_port  # now it may be asked
        assert rig.becomes("/param/a/filter/1/cutoff", _part(state, CUTOFF))
        report = stream_patch(rig.talk, state, "silent")
        assert (report.state, report.attempts) == ("verified", 1)


def _part(state: PatchState, address: str) -> float:
    return by_address()[address].native_to_host(state.natives[address])


def test_the_remark_says_what_to_do() -> None:
    assert "OSC Out" in silent_remark((53281,), ()) and "53281" in silent_remark((53281,), ())
    assert "53281 and 53270" in silent_remark((), (53281, 53270))
