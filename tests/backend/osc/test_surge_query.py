from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_surge import FakeSurge
from surge_rig import Rig, drawn_patch, free_ports

from backend.osc.codec import write_message
from backend.osc.surge_query import Conversation
from backend.osc.wire import SurgeSocket

CUTOFF = "/param/a/filter/1/cutoff"
ROUTING = ("/mod/a/vlfo_1/0", CUTOFF)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with FakeSurge(tmp_path, *free_ports(2), drawn_patch(tmp_path, 3)) as surge, Rig(surge) as rig:
        yield rig


def test_lost_answers_are_asked_for_again(tmp_path: Path) -> None:
    file = drawn_patch(tmp_path, 3)
    with FakeSurge(tmp_path, *free_ports(2), file, drop=23) as surge, Rig(surge) as rig:
        got = rig.all()
        assert got.missing() == []


def test_silence_is_no_answer(tmp_path: Path) -> None:
    port, answer_port = free_ports(2)
    with FakeSurge(tmp_path, port, 0) as surge, Rig(surge, answer_port) as rig:
        assert rig.talk.greet(0.2) is None
        assert rig.talk.read_all() is None


def test_another_ones_answers_are_not_taken(rig: Rig, tmp_path: Path) -> None:
    assert rig.talk.greet() == ""
    (port,) = free_ports(1)
    file = drawn_patch(tmp_path, 4)
    with FakeSurge(tmp_path, port, rig.surge.answer_port), SurgeSocket(port) as voice:
        voice.send(write_message("/patch/load", (str(file.with_suffix("")),)))
        assert rig.hear("/patch/load", within_s=1.0) is None
        assert Conversation(voice, rig.ears).greet() == str(file.with_suffix(""))
