"""plugin_bridge/PROTOCOL.md says what backend/osc/protocol.py does: every address and argument."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from protocol_rows import Rows, expected_tables

from backend import errors
from backend.osc import exchange, outbox, session
from backend.osc.codec import MAX_DATAGRAM_BYTES
from backend.osc.codes import SERVER_CODES, code_of
from backend.osc.protocol import (
    PROTOCOL_VERSION,
    TABLE,
    EventHead,
    Heartbeat,
    Progress,
    RequestHead,
    address_of,
    write,
)
from backend.osc.refusals import MAX_CLIENTS


def read_tables(text: str) -> dict[str, Rows]:
    """Return the rows below each heading that begins with ``###``."""
    tables: dict[str, Rows] = {}
    rows: Rows | None = None
    for line in text.splitlines():
        if line.startswith("#"):
            heading = re.fullmatch(r"### (?:Before all )?`?([^`*]+?)`?\*?", line)
            rows = tables.setdefault(heading[1], []) if heading else None
        elif rows is not None and (cells := re.match(r"\| `(.+?)` \| (.) \|(.*?)\|", line)):
            rows.append((cells[1], cells[2], cells[3].strip()))
    return tables


@pytest.fixture(scope="module")
def text(root: Path) -> str:
    return (root / "plugin_bridge" / "PROTOCOL.md").read_text(encoding="utf-8")


def test_every_address_and_argument_is_there_and_no_other(text: str) -> None:
    assert read_tables(text) == expected_tables()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("### `/synthmatch/undo`", "### `/synthmatch/redo`"),
        ("| `seed` | i |", "| `seed` | s |"),
        ("| `seed` | i |", "| `seeds` | i |"),
        ("| `note.pitch` | i |", "| note.pitch | i |"),
        ("1..65535", "0..65535"),
    ],
)
def test_a_planted_difference_is_found(text: str, old: str, new: str) -> None:
    assert old in text
    assert read_tables(text.replace(old, new, 1)) != expected_tables()


def test_records_stand_in_the_order_of_the_table(text: str) -> None:
    addresses = re.findall(r"^### `(/.+?)`", text, re.MULTILINE)
    assert addresses == list(TABLE)


def test_starred_events_are_those_that_are_acknowledged(text: str) -> None:
    starred = set(re.findall(r"^### `(/.+?)`\*$", text, re.MULTILINE))
    events = {address for address, entry in TABLE.items() if entry.head is EventHead}
    assert starred == events - {address_of(Progress)}


def test_the_example_is_what_it_says(text: str) -> None:
    section = text.split("## An example, byte by byte")[1].split("\n## ")[0]
    lines = re.findall(r"^    ((?:[0-9a-f]{2} )+)", section, re.MULTILINE)
    datagram = bytes.fromhex("".join(lines))
    assert datagram == write(RequestHead("t0k3n", "my-plugin-1", 7), Heartbeat())


def test_all_codes_are_told(text: str) -> None:
    def below(kind: type[Any]) -> list[type[Any]]:
        return [kind, *(each for sub in kind.__subclasses__() for each in below(sub))]

    ours = [kind for kind in below(errors.SynthmatchError) if kind.__module__ == errors.__name__]
    codes = [code_of(kind("")) for kind in ours[1:]]
    section = text.split("## Codes")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)`", section, re.MULTILINE)) == {*codes, *SERVER_CODES}
    for code, meaning in SERVER_CODES.items():
        assert f"| `{code}` | {meaning} |" in section


def test_the_numbers_are_those_of_the_code(text: str) -> None:
    for said in (
        f"This is version {PROTOCOL_VERSION}.",
        f"at most {MAX_DATAGRAM_BYTES:,} bytes",
        f"at most {MAX_CLIENTS} clients",
        f"last {session.REMEMBERED_ANSWERS} answers",
        f"{session.MAX_IN_WORK} requests of a client",
        f"At most {outbox.WINDOW} starred events",
        f"after {outbox.MAX_TRIES} repeats",
        f"after {exchange.FIRST_REPEAT_S:g} s, then twice as long each time up to "
        f"{exchange.LONGEST_REPEAT_S:g} s",
    ):
        assert said in " ".join(text.split()), said
