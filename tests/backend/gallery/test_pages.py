from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from typing import Any

import pytest
from gallery_rows import match_of, rows, tone

from backend.gallery.content import content_of
from backend.gallery.folder import FRONT, MARK
from backend.gallery.pages import BLIND, page_files
from backend.gallery.rows import row_of

ODD = '</script><script>alert("x")</script> & <b>'


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return page_files(content_of(rows(2), ODD))


def data_of(page: bytes) -> dict[str, Any]:
    found = re.search(rb'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


@pytest.mark.parametrize("name", [FRONT, BLIND])
def test_the_policy_allows_what_stands_in_the_page_alone(
    files: dict[str, bytes], name: str
) -> None:
    page = files[name].decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    rules = dict(rule.split(" ", 1) for rule in html.unescape(policy[1]).split("; "))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    for kind, found in (
        ("style-src", re.findall(r"<style>(.*?)</style>", page, re.S)),
        ("script-src", re.findall(r'<script type="module">(.*?)</script>', page, re.S)),
    ):
        [text] = found
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules[kind] == f"'sha256-{digest}'"
    assert not {"http:", "https:", "*", "'unsafe-inline'"} & set(" ".join(rules.values()).split())


@pytest.mark.parametrize("name", [FRONT, BLIND])
def test_a_page_names_no_other_place(files: dict[str, bytes], name: str) -> None:
    page = files[name].decode()
    assert "://" not in page and not re.search(r"\{\{\w+\}\}", page)
    assert MARK in files[name]


@pytest.mark.parametrize("name", [FRONT, BLIND])
def test_a_name_cannot_break_out(files: dict[str, bytes], name: str) -> None:
    page = files[name].decode()
    assert "alert(" in page and '<script>alert("x")' not in page
    assert data_of(files[name])["title"] == ODD


def test_the_blind_page_is_not_told_what_it_must_not_show(files: dict[str, bytes]) -> None:
    for row in data_of(files[BLIND])["rows"]:
        for sound in (row["target"], *row["candidates"]):
            assert not {"words", "picture", "outline", "note"} & set(sound)
            assert sound["sound"] in files
        assert "parameters" not in row


def test_what_cannot_be_compared_is_left_out_of_the_blind_page() -> None:
    alone = row_of(tone(220), [match_of(1), match_of(2, rendered=False)])
    blind = data_of(page_files(content_of([alone, *rows(1)], "title"))[BLIND])
    assert [row["row"] for row in blind["rows"]] == [2]
