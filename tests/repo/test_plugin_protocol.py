"""The plugin's codec says what backend/osc/protocol.py does: every address and argument.

The sources are read as text, so that this is held without a compiler. That the compiled codec is
what they say, and agrees with the backend in practice, is in tests/plugin/test_link.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from protocol_rows import Rows, expected_tables

from backend.osc.codec import MAX_DATAGRAM_BYTES, MAX_INT
from backend.osc.exchange import FIRST_REPEAT_S, LONGEST_REPEAT_S
from backend.osc.protocol import PROTOCOL_VERSION
from backend.osc.session import MAX_IN_WORK

RECORD = re.compile(r'address = "([^"]+)";(.*?)^(?=template|//=|\}\s*//)', re.DOTALL | re.MULTILINE)
FIELD = re.compile(r'\b(?:v|item)\.(\w+) \("([^"]+)", [\w.]+(?:, (.*?))?\);')
#: Begins what is called for each record of a list.
EACH = re.compile(r", \[\] \([^)]*\) \{")
TAGS = {"whole": "i", "real": "f", "text": "s", "word": "s", "yes": "i"}


def rows_of(call: str, name: str, limits: str) -> Iterator[tuple[str, str, str]]:
    """Return what a line of a layout says, as the rows of PROTOCOL.md."""
    words = ", ".join(re.findall(r'"([^"]+)"', limits))
    if call in ("words", "texts", "list"):
        most = len(words.split(", ")) if words else ""
        yield name, "i", f"0..{most}"
        if call != "list":
            yield f"{name}[]", "s", words
        return
    low_high = limits.replace("most", str(MAX_INT)).split(", ") if limits and not words else []
    allowed = words or "..".join(low_high)
    if call == "yes":
        allowed = "0, 1"
    elif call == "text" and allowed:
        allowed += " characters"
    yield name, TAGS[call], allowed


def read_layouts(text: str) -> dict[str, Rows]:
    """Return the rows of every record of ProtocolLayout.h."""
    return {
        address: [row for field in FIELD.findall(body) for row in rows_of(*field)]
        for address, body in RECORD.findall(EACH.sub(");", text))
    }


@pytest.fixture(scope="module")
def sources(root: Path) -> dict[str, str]:
    """The plugin's own files by name."""
    paths = (root / "plugin_bridge" / "source").glob("*.*")
    return {path.name: path.read_text(encoding="utf-8") for path in paths}


@pytest.fixture(scope="module")
def layouts(sources: dict[str, str]) -> str:
    return sources["ProtocolLayout.h"]


def test_every_address_and_argument_is_there_and_no_other(layouts: str) -> None:
    assert read_layouts(layouts) == expected_tables()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"/synthmatch/undo"', '"/synthmatch/redo"'),
        ('v.whole ("seed"', 'v.text ("seed"'),
        ('v.whole ("seed"', 'v.whole ("seeds"'),
        ("r.port, 1, 65535", "r.port, 0, 65535"),
        ('"lfos", "effects"', '"lfos"'),
        ('item.yes ("instances[].shared", instance.shared);', ""),
        ('        v.text ("remark", r.remark);\n', ""),
    ],
)
def test_a_planted_difference_is_found(layouts: str, old: str, new: str) -> None:
    assert old in layouts
    assert read_layouts(layouts.replace(old, new, 1)) != expected_tables()


def test_the_numbers_are_those_of_the_backend(sources: dict[str, str]) -> None:
    for name, said in (
        ("Protocol.h", f"constexpr int version = {PROTOCOL_VERSION};"),
        ("Osc.h", f"constexpr size_t maxDatagramBytes = {MAX_DATAGRAM_BYTES};"),
        ("LinkSettings.h", f"double firstRepeatS = {FIRST_REPEAT_S:.1f};"),
        ("LinkSettings.h", f"double longestRepeatS = {LONGEST_REPEAT_S:.1f};"),
    ):
        assert said in sources[name], said
    under_way = re.search(r"constexpr size_t maxUnderWay = (\d+);", sources["Exchange.cpp"])
    assert under_way is not None and int(under_way[1]) <= MAX_IN_WORK
