from __future__ import annotations

from pathlib import Path

import pytest
from fake_link import FakeLink

from backend.errors import LinkError, ServiceError
from backend.service_surge import SurgeDesk


@pytest.fixture
def link() -> FakeLink:
    return FakeLink(53280)


def preset(number: int, candidate: int) -> Path:
    if number > 900:
        raise ServiceError("no such match")
    return Path(f"{number}-{candidate}.fxp")


@pytest.fixture
def desk(link: FakeLink) -> SurgeDesk:
    return SurgeDesk(link, preset)


def test_the_first_write_of_a_match_keeps_the_users_patch_before(
    desk: SurgeDesk, link: FakeLink
) -> None:
    desk.write("mia", 1, 1)
    desk.write("mia", 1, 2)
    desk.write("mia", 2, 1)
    assert link.done == [
        "snapshot 53280",
        "write 53280 1-1.fxp",
        "write 53280 1-2.fxp",
        "snapshot 53280",
        "write 53280 2-1.fxp",
    ]


def test_a_patch_that_the_user_loads_between_two_writes_is_kept(
    desk: SurgeDesk, link: FakeLink
) -> None:
    desk.write("mia", 1, 1)
    link.user_has_loaded = True
    desk.write("mia", 1, 2)
    desk.write("mia", 1, 3)
    assert [each.split()[0] for each in link.done] == [
        *("snapshot", "write", "snapshot", "write", "write")
    ]


def test_a_patch_is_kept_for_each_surge(desk: SurgeDesk, link: FakeLink) -> None:
    link.ports = [53280, 53290]
    for port in (53280, 53290, 53280):
        desk.choose("mia", port)
        desk.write("mia", 1, 1)
    assert link.done.count("snapshot 53280") == link.done.count("snapshot 53290") == 1


def test_nothing_is_written_where_the_patch_cannot_be_kept(desk: SurgeDesk, link: FakeLink) -> None:
    link.keeps = False
    with pytest.raises(LinkError, match="could not be kept"):
        desk.write("mia", 1, 1)
    assert link.done == ["snapshot 53280"]
    link.keeps = True
    desk.write("mia", 1, 1)
    assert link.done[1:] == ["snapshot 53280", "write 53280 1-1.fxp"]


def test_undo_goes_to_the_same_surge_and_the_next_write_keeps_the_patch_again(
    desk: SurgeDesk, link: FakeLink
) -> None:
    desk.write("mia", 1, 1)
    desk.undo("mia")
    desk.write("mia", 1, 2)
    assert link.done == [
        "snapshot 53280",
        "write 53280 1-1.fxp",
        "undo 53280",
        "snapshot 53280",
        "write 53280 1-2.fxp",
    ]


def test_an_undo_that_failed_leaves_the_kept_patch_the_newest(
    desk: SurgeDesk, link: FakeLink
) -> None:
    link.restores = False
    desk.write("mia", 1, 1)
    assert desk.undo("mia").state == "differs"
    desk.write("mia", 1, 2)
    assert link.done.count("snapshot 53280") == 1


def test_each_client_has_its_own_choice(desk: SurgeDesk, link: FakeLink) -> None:
    link.ports = [53280, 53290]
    desk.choose("mia", 53290)
    desk.choose("tom", 53280)
    desk.write("mia", 1, 1)
    desk.write("tom", 2, 1)
    assert [words for words in link.done if words.startswith("write")] == [
        *("write 53290 1-1.fxp", "write 53280 2-1.fxp")
    ]


def test_the_only_surge_needs_no_choice_but_one_of_two_does(
    desk: SurgeDesk, link: FakeLink
) -> None:
    link.ports = [53280, 53290]
    with pytest.raises(LinkError, match="2 Surge XT listen, on ports 53280, 53290: choose"):
        desk.write("mia", 1, 1)
    assert link.done == []


def test_a_choice_stays_when_another_surge_comes(desk: SurgeDesk, link: FakeLink) -> None:
    desk.write("mia", 1, 1)
    link.ports = [53280, 53290]
    desk.write("mia", 1, 2)
    assert link.done[-1] == "write 53280 1-2.fxp"
    desk.forget("mia")
    with pytest.raises(LinkError, match="choose one"):
        desk.write("mia", 1, 2)


def test_no_surge_is_told_with_the_next_step(desk: SurgeDesk, link: FakeLink) -> None:
    link.ports = []
    for act in (lambda: desk.write("mia", 1, 1), lambda: desk.undo("mia")):
        with pytest.raises(LinkError, match="switch on OSC In"):
            act()
    with pytest.raises(LinkError, match="switch on OSC In"):
        desk.choose("mia", 53280)


def test_a_port_without_surge_cannot_be_chosen(desk: SurgeDesk, link: FakeLink) -> None:
    with pytest.raises(LinkError, match="53281; choose one of: 53280"):
        desk.choose("mia", 53281)


def test_a_candidate_that_is_not_there_touches_nothing(desk: SurgeDesk, link: FakeLink) -> None:
    with pytest.raises(ServiceError, match="no such match"):
        desk.write("mia", 901, 1)
    assert link.done == []


def test_memory_of_kept_patches_stays_small(desk: SurgeDesk) -> None:
    for number in range(1, 800):
        desk.write("mia", number, 1)
    assert len(desk._kept) <= 101
