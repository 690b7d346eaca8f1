"""Mutated patch files: the reader names the fault, or returns a patch that is sound."""

from __future__ import annotations

import math
import re
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.errors import PatchError
from backend.records import Note
from backend.synth.draw_parameters import draw_parameters
from backend.synth.patch_file import (
    BODY_HEADER,
    FXP_HEADER,
    MAX_NAME,
    fxp_bytes,
    parse_body,
    parse_fxp,
    patch_body,
    spec_of,
)
from backend.synth.preset_json import parse_preset_json, preset_json
from backend.synth.spec import load_spec

FULL = load_spec("surge_full")
WHOLE = fxp_bytes(patch_body(draw_parameters(FULL, 3), "bell"), "bell")
PRESET = preset_json(draw_parameters(load_spec("surge_simple"), 3), "bell")
SECONDS = 60.0

#: Fragments that a random byte would hardly ever make.
TOKENS = (
    *(b"<", b">", b"/>", b"</patch>", b"<!DOCTYPE a>", b"<!ENTITY a 'b'>", b"<![CDATA[", b"]]>"),
    *(b"<!--", b"-->", b"<?xml encoding='utf-16'?>", b"<?x ?>", b"&lt;", b"&nope;", b"&#0;"),
    *(b"&#x10FFFF;", b"&#xD800;", b"&#99999999;", b'"', b"'", b'value="nan"', b'value="1e999"'),
    *(b'value="', b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"<modrouting/>", b"<parameters>"),
    *(b'<dawExtraState populated="1">', b"populated", b"-9" * 40, b"<a>" * 40, b"\x1b[31m"),
)

VALUES = (
    *(b"nan", b"-inf", b"1e999", b"1e39", b"", b"x", b"1_0", b"0x1", b"9" * 60, b"-0", b"1e-400"),
    *(b"2147483648", b"0", b"1", b"\xd9\xa3", b"a&#27;b", b"x" * 300, b"&lt;&quot;", b"\xff"),
)


def short_patch() -> bytes:
    """The same file with a tenth of its parameters, so that mutations meet its structure."""
    head, rest = WHOLE[60 + BODY_HEADER.size :].split(b"<parameters>")
    rows, tail = rest.split(b"</parameters>")
    kept = re.findall(rb"<a_\w+ [^>]*/>", rows)[::10] + re.findall(
        rb"<\w+ [^>]*><mod.*?</\w+>", rows
    )
    xml = head + b"<parameters>" + b"".join(kept) + b"</parameters>" + tail
    return fxp_bytes(BODY_HEADER.pack(b"sub3", len(xml), 0, 0, 0, 0, 0, 0) + xml, "bell")


def mutate(data: bytes, rng: np.random.Generator) -> bytes:
    """Change a file in one to four places, and half of the time make its sizes right again."""
    changed = bytearray(data)
    for _ in range(rng.integers(1, 5)):
        start = int(rng.integers(len(changed) + 1))
        length = int(2 ** rng.uniform(0, 8))
        match rng.integers(9):
            case 0:
                for place in rng.integers(max(len(changed), 1), size=length % 8 + 1):
                    if place < len(changed):
                        changed[place] ^= 1 << int(rng.integers(8))
            case 1:
                del changed[start : start + length]
            case 2:
                changed[start:start] = changed[start // 2 : start // 2 + length]
            case 3:
                changed[start : start + length] = rng.bytes(length)
            case 4:
                changed[start:start] = TOKENS[int(rng.integers(len(TOKENS)))]
            case 5:
                changed[start % 92 : start % 92 + 4] = rng.bytes(4)
            case 6 | 7:
                texts = list(re.finditer(rb'="([^"]*)"', changed))
                if texts:
                    first, end = texts[int(rng.integers(len(texts)))].span(1)
                    changed[first:end] = VALUES[int(rng.integers(len(VALUES)))]
            case _:
                if rng.random() < 0.2:
                    del changed[start:]
    if rng.random() < 0.5 and len(changed) > 60 + BODY_HEADER.size:
        size = len(changed) - FXP_HEADER.size
        changed[56:60] = size.to_bytes(4, "big")
        changed[60:92] = BODY_HEADER.pack(b"sub3", size - BODY_HEADER.size, 0, 0, 0, 0, 0, 0)
        changed[:28] = data[:28]
    return bytes(changed)


def survives(data: bytes) -> bool:
    """Read a file; True where it was accepted."""
    try:
        patch = parse_fxp(data, "fuzzed")
    except PatchError as error:
        assert str(error).isprintable() and len(str(error)) < 400
        return False
    assert all(math.isfinite(value) for value in patch.natives.values())
    assert patch.name.isprintable() and 0 < len(patch.name) <= MAX_NAME
    assert parse_body(patch.body, "fuzzed") == patch
    if (spec := spec_of(patch)) is not None:
        spec.encode(spec.from_natives(patch.natives, Note(60, 0.0, 1.0)))
    return True


@pytest.mark.slow
def test_ten_thousand_mutated_files() -> None:
    rng = np.random.default_rng(20)
    started_s = time.process_time()
    accepted, files = 0, 0
    for data, count in ((short_patch(), 8000), (WHOLE, 2500)):
        for _ in range(count):
            accepted += survives(mutate(data, rng))
            files += 1
    assert files >= 10_000
    assert files // 50 < accepted < files // 2  # both ways are taken often
    assert time.process_time() - started_s < SECONDS


@settings(max_examples=400, deadline=None)
@given(data=st.binary(max_size=400))
def test_random_bytes(data: bytes) -> None:
    assert not survives(data)
    assert not survives(fxp_bytes(data, "x"))
    assert not survives(
        fxp_bytes(BODY_HEADER.pack(b"sub3", len(data), 0, 0, 0, 0, 0, 0) + data, "x")
    )


@settings(max_examples=400, deadline=None)
@given(
    name=st.text(max_size=20),
    rows=st.lists(
        st.tuples(
            st.sampled_from(["a_env1_attack", "a_pitch", "b", "x:y", "\u00e9"]),
            st.sampled_from(["value", "type", "depth", "source"]),
            st.one_of(st.text(max_size=8), st.floats().map(str), st.integers().map(str)),
        ),
        max_size=6,
    ),
    tail=st.sampled_from(["", '<tempoOnSave v="120"/>', "<dawExtraState populated='1'/>", "&x;"]),
)
def test_made_up_xml(name: str, rows: list[tuple[str, str, str]], tail: str) -> None:
    body = "".join(f'<{tag} value="1" {key}2="{text}"/>' for tag, key, text in rows)
    body += "".join(f'<{tag} {key}="{text}"/>' for tag, key, text in rows[:1])
    xml = f'<patch revision="24"><meta name="{name}"/><parameters>{body}</parameters>{tail}</patch>'
    data = xml.encode("utf-8", "replace")
    survives(fxp_bytes(BODY_HEADER.pack(b"sub3", len(data), 0, 0, 0, 0, 0, 0) + data, "x"))


def test_mutated_presets() -> None:
    rng = np.random.default_rng(21)
    accepted = 0
    for _ in range(1500):
        text = mutate(PRESET.encode(), rng).decode("utf-8", "replace")
        try:
            parameters = parse_preset_json(text)
        except PatchError as error:
            assert str(error).isprintable() and len(str(error)) < 500
        else:
            load_spec(parameters.spec_name).encode(parameters)
            accepted += 1
    assert accepted < 1500
