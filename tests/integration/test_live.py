"""``synthmatch live`` against a real service on its port; only model and Surge XT are fakes."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fake_link import FakeLink
from fake_sound import FakeOutput
from fake_workshop import REMARK, FakeWorkshop
from surge_rig import free_ports, hosted, name_shown

from backend import live_commands
from backend.__main__ import main
from backend.audio.devices import Device
from backend.audio.files import write_wav
from backend.discovery import Presence, is_running
from backend.errors import DeviceError
from backend.osc.surge import SurgeLink
from backend.records import AudioRegion
from backend.service import Service
from backend.service_surge import Link
from backend.synth.finder import find_surge
from backend.synth.patch_file import parse_body, read_fxp
from backend.userdata import DATA_VARIABLE, UserData, open_user_data

LIMIT_S = 60.0


def until(holds: Callable[[], bool]) -> None:
    end_s = time.monotonic() + LIMIT_S
    while not holds():
        assert time.monotonic() < end_s
        time.sleep(0.01)


class House:
    """A service in a thread, found by its discovery file.

    Args:
        data: its folder.
        link: its way to Surge XT.
    """

    def __init__(self, data: UserData, link: Link) -> None:
        self.data = data
        self.workshop = FakeWorkshop()
        presence = Presence(data.folder)
        self.service = Service(data, presence, lambda use_device: self.workshop, link)
        self._thread = threading.Thread(target=self.service.run, daemon=True)
        self._thread.start()
        until(lambda: (data.folder / "backend.json").exists() or not self._thread.is_alive())
        assert is_running(data.folder) and self._thread.is_alive()

    def close(self) -> None:
        self.service._leave.set()
        self._thread.join(LIMIT_S)
        self.service.close()


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> UserData:
    """A folder with an awkward name, and no backend but the one that the test makes."""
    data = open_user_data(tmp_path / "dä ta")
    monkeypatch.setenv(DATA_VARIABLE, str(data.folder))
    monkeypatch.setattr(
        "backend.launcher.own_command", lambda: pytest.fail("another backend was started")
    )
    return data


@pytest.fixture
def link() -> FakeLink:
    return FakeLink(53280)


@pytest.fixture
def house(data: UserData, link: FakeLink) -> Iterator[House]:
    """A service whose link to Surge XT only writes down what it is told."""
    house = House(data, link)
    yield house
    house.close()


@pytest.fixture
def tone(tmp_path: Path, tiny_audio: AudioRegion) -> Path:
    folder = tmp_path / "söunds of mine"
    folder.mkdir()
    write_wav(folder / "tone.wav", tiny_audio)
    return folder / "tone.wav"


@pytest.fixture
def live(
    tone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Run the command with lines as its input; return what it printed."""

    def run(lines: str, *words: str, status: int = 0, sound: Path = tone) -> str:
        monkeypatch.setattr("sys.stdin", io.StringIO(lines))
        found = main(["live", str(sound), "-n", "3", *words])
        said = capsys.readouterr()
        assert found == status, said
        return said.out + said.err

    return run


def test_a_match_is_cycled_undone_and_kept(
    house: House, link: FakeLink, live: Callable[..., str], tone: Path
) -> None:
    said = live("n\nn\nprevious\n3\nu\n2\nk\nq\n")
    assert link.done == [
        "snapshot 53280",
        "write 53280 tone-1.fxp",
        "write 53280 tone-2.fxp",
        "write 53280 tone-1.fxp",
        "write 53280 tone-3.fxp",
        "undo 53280",
        "snapshot 53280",
        "write 53280 tone-2.fxp",
    ]
    assert REMARK in said and "port 53280, Init Saw" in said
    assert said.count("of 3 is in Surge XT: verified, 50 ms") == 5
    assert "your own patch is in Surge XT" in said
    assert read_fxp(tone.parent / "tone-2.fxp").name == "tone 2"
    assert (tone.parent / "tone-2.json").is_file()
    assert list(house.data.audio.iterdir()) == []


def test_the_wish_reaches_the_model(house: House, live: Callable[..., str]) -> None:
    live("", "--seed", "11", "--spec", "simple")
    [request] = house.workshop.requests
    assert (request.count, request.seed, request.spec_name) == (3, 11, "surge_simple")
    assert request.region.name == "tone"


def test_lines_wait_for_the_last_round_and_for_more_like_a_candidate(
    house: House, link: FakeLink, live: Callable[..., str], tmp_path: Path, tiny_audio: AudioRegion
) -> None:
    sound = tmp_path / "better.wav"
    write_wav(sound, tiny_audio)
    live("n\n", "--budget", "quick", sound=sound)
    assert link.done[-1] == "write 53280 better-4.fxp"  # which only the second round has
    said = live("2\n+\nl\n1\n", sound=sound)
    assert "more like 2 is looked for, changing 40%" in said
    assert said.count("1 of 3 is in Surge XT") == 1
    quick, first, more = house.workshop.requests
    assert (quick.budget_s, first.budget_s, more.budget_s) == (3.0, 10.0, 10.0)
    assert first.like is None and more.like is not None
    assert more.like.amount == pytest.approx(0.4)
    assert more.seed == first.seed + 1


def test_presets_are_kept_where_told_and_replace_nothing(
    house: House, live: Callable[..., str], tmp_path: Path
) -> None:
    folder = tmp_path / "my presets"
    live("k\nk\n", "-o", str(folder))
    assert {path.name for path in folder.iterdir()} == {
        *("tone-1.fxp", "tone-1.json"),
        *("tone-1-2.fxp", "tone-1-2.json"),
    }


def test_of_two_surges_one_is_picked(
    house: House, link: FakeLink, live: Callable[..., str]
) -> None:
    link.ports = [53280, 53282]
    said = live("5\n2\nn\n")
    assert "1: port 53280, Init Saw; 2: port 53282, Init Saw" in said and "5 is none" in said
    assert link.done[-1] == "write 53282 tone-1.fxp"
    live("n\n", "--port", "53280")
    assert link.done[-1] == "write 53280 tone-1.fxp"
    assert "no Surge XT was chosen" in live("", status=2)


def test_a_port_where_none_listens_is_one_line(house: House, live: Callable[..., str]) -> None:
    said = live("", "--port", "53290", status=2)
    assert "no Surge XT listens on port 53290" in said.splitlines()[-1]


def test_without_a_surge_the_match_goes_on_and_one_opened_later_is_found(
    house: House,
    link: FakeLink,
    live: Callable[..., str],
    tone: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    link.ports = []
    said = live("n\nk\n", status=2)
    assert said.count("OSC In") == 2
    assert (tone.parent / "tone-1.fxp").is_file()

    class Opening(io.StringIO):
        def readline(self, *_: int) -> str:  # type: ignore[override]
            link.ports = [53281]
            return super().readline()

    monkeypatch.setattr("io.StringIO", Opening)
    live("n\n")
    assert link.done[-1] == "write 53281 tone-1.fxp"


def test_listening_needs_a_device_and_nothing_else_does(
    house: House, live: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(kind: str, wanted: str | None) -> Device:
        raise DeviceError(f"there is no audio device for {kind}")

    monkeypatch.setattr(live_commands, "find_device", none)
    said = live("t\nn\n", status=2)
    assert "no audio device for output" in said and "verified" in said


def test_target_and_candidate_are_heard(
    house: House, live: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    output = FakeOutput()
    asked: list[str | None] = []
    monkeypatch.setattr(live_commands, "find_device", lambda kind, wanted: asked.append(wanted))
    monkeypatch.setattr(live_commands, "DeviceOutput", lambda device: output)
    said = live("t\na\na\nspace\n2\na\n", "--device", "Speakers", status=2)
    heard = [line.split()[-1] for line in said.splitlines() if line.startswith("you hear")]
    assert heard == ["target", "1", "target", "1"]
    assert "no sound of 2" in said  # the fake rendered only the first
    assert asked == ["Speakers"] and output.closed


@pytest.mark.parametrize(("name", "said"), [("fail", "no candidate could"), ("bug", "fault of")])
def test_a_match_that_fails_is_one_line(
    house: House, live: Callable[..., str], tone: Path, name: str, said: str
) -> None:
    sound = tone.rename(tone.with_name(f"{name}.wav"))
    assert said in live("n\n", status=2, sound=sound).splitlines()[-1]
    assert list(house.data.audio.iterdir()) == []


def test_an_interruption_ends_the_match(
    house: House, live: Callable[..., str], tone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = tone.rename(tone.with_name("long.wav"))

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("backend.live_screen.PlainScreen.progress", interrupt)
    assert "interrupted" in live("", status=130, sound=sound)
    until(house.service._jobs.idle)
    assert house.service._server.clients() == ()
    assert list(house.data.matches.iterdir()) == []


def test_a_backend_that_goes_away_ends_it_with_one_line(
    house: House, live: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Leaving(io.StringIO):
        def readline(self, *_: int) -> str:  # type: ignore[override]
            house.close()
            return super().readline()

    monkeypatch.setattr("io.StringIO", Leaving)
    said = live("n\n", status=2)
    assert "the backend is gone" in said


def test_a_sound_that_cannot_be_used_starts_nothing(
    house: House, live: Callable[..., str], tmp_path: Path
) -> None:
    assert "missing.wav" in live("", status=2, sound=tmp_path / "missing.wav")
    assert house.workshop.requests == []


@pytest.mark.parametrize("kind", ["fake", pytest.param("real", marks=pytest.mark.surge)])
def test_a_running_surge_plays_what_is_chosen_and_gets_its_patch_back(
    kind: str, data: UserData, live: Callable[..., str], tmp_path: Path
) -> None:
    port, answer_port = free_ports(2)
    surge = hosted(find_surge() if kind == "real" else None, tmp_path / "home", port, answer_port)
    house = House(data, SurgeLink(data.folder, probe_ports=(port,), answer_ports=(answer_port,)))
    try:
        before = parse_body(surge.state(tmp_path / "state"), "before")
        said = live("n\n3\n")
        assert said.count("is in Surge XT: verified") == 2
        assert Path(name_shown(surge, tmp_path)).stem == "tone-3"
        said = live("2\nn\nu\n")  # a new session: its undo goes back to what it found
        assert "your own patch is in Surge XT: verified" in said
        assert Path(name_shown(surge, tmp_path)).stem == "tone-3"
        said = live("u\n")
        after = parse_body(surge.state(tmp_path / "state"), "after")
        assert "your own patch is in Surge XT: verified" in said
        assert before.natives.items() <= after.natives.items()
    finally:
        house.close()
        surge.close()
