"""The two pages of a gallery, each one file of HTML that asks no other computer for anything.

Style and script stand in the page itself, and a Content-Security-Policy allows these by their
hashes, sounds and pictures from beside the page, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from html import escape
from importlib import resources

from backend.gallery.content import Content, Data
from backend.gallery.folder import FRONT, MARK

BLIND = "blind.html"

#: Page -> its scripts, in the order in which they run.
_SCRIPTS = {FRONT: ("player.js", "gallery.js"), BLIND: ("player.js", "blind.js")}
#: What the blind page is not told, so that nobody reads it there by chance.
_OPEN = ("words", "closeness", "note", "figures", "picture", "outline", "level")


def page_files(content: Content) -> dict[str, bytes]:
    """Return all files of a gallery: both pages, the sounds and the pictures."""
    return {
        FRONT: _page(FRONT, content.data),
        BLIND: _page(BLIND, _blind(content.data)),
        **content.files,
    }


def _page(name: str, data: Data) -> bytes:
    style = _part("style.css")
    script = "\n".join(_part(part) for part in _SCRIPTS[name])
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {_hash(script)}",
            f"style-src {_hash(style)}",
            "img-src 'self' file: data:",
            "media-src 'self' file:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    fillings = {
        "policy": escape(policy),
        "generator": MARK.decode(),
        "title": escape(str(data["title"])),
        "style": style,
        "data": json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"),
        "script": script,
    }
    pieces = _part(name).split("{{")
    page = pieces[0]
    for piece in pieces[1:]:
        key, rest = piece.split("}}", 1)
        page += fillings[key] + rest
    return page.encode()


def _blind(data: Data) -> Data:
    """Return what the blind page needs: the sounds of rows that have at least two to compare."""

    def plain(sound: Data) -> Data:
        return {key: value for key, value in sound.items() if key not in _OPEN}

    rows = []
    for place, row in enumerate(data["rows"], start=1):
        candidates = [plain(one) for one in row["candidates"] if "sound" in one]
        if len(candidates) > 1:
            kept = {key: row[key] for key in ("title", "group", "length_s")}
            target = plain(row["target"])
            rows.append({**kept, "row": place, "target": target, "candidates": candidates})
    return {**data, "rows": rows}


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _part(name: str) -> str:
    return resources.files("backend.gallery").joinpath("page", name).read_text("utf-8")
