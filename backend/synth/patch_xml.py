"""The XML of a patch file, read without trust: a patch may come from anywhere.

What is let through is what Surge XT itself and its shipped patches write. Entities, deep nesting
(Surge's own reader is recursive) and numbers that no parameter can hold are refused; the two
harmless faults of old patches, Latin-1 text and references to control characters, are mended.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from backend.errors import PatchError

#: Surge nests six deep; its reader recurses, so a hundred thousand levels would crash it.
MAX_DEPTH = 32

#: Largest magnitude that Surge's single-precision parameters hold.
MAX_NATIVE = 3.4028234663852886e38

#: Longer than any number that Surge writes; keeps the patterns' backtracking short.
_NUMBER_LENGTH = 64

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_WHOLE = re.compile(r"[+-]?\d{1,9}", re.ASCII)
_REFERENCE = re.compile(r"&#(?:x([0-9a-f]{1,6})|([0-9]{1,7}));", re.ASCII | re.IGNORECASE)


class _Builder(ElementTree.TreeBuilder):
    """Builds the tree while it is shallow enough."""

    def __init__(self, what: str) -> None:
        super().__init__()
        self._what = what
        self._depth = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> ElementTree.Element:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise PatchError(
                f"{self._what} nests XML more than {MAX_DEPTH} deep, which Surge never does: "
                "do not use it"
            )
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> ElementTree.Element:
        self._depth -= 1
        return super().end(tag)


def parse_xml(text: bytes, what: str) -> ElementTree.Element:
    """Read XML bytes into a tree.

    Args:
        text: UTF-8, or Latin-1 as some old patches have it, whatever the XML declaration says.
        what: names the patch in errors.

    Raises:
        PatchError: the XML is damaged or hostile.
    """
    try:
        decoded = text.decode("utf-8")
    except UnicodeDecodeError:
        decoded = text.decode("latin-1")
    # Decoded here, so a document type can no longer hide behind another encoding.
    if "<!DOCTYPE" in decoded or "<!ENTITY" in decoded:
        raise PatchError(f"{what} declares XML entities, which Surge never writes: do not use it")
    parser = ElementTree.XMLParser(target=_Builder(what))
    try:
        parser.feed(_REFERENCE.sub(_legal_reference, decoded))
        root: ElementTree.Element = parser.close()
    except (ElementTree.ParseError, ValueError) as error:
        raise PatchError(
            f"{what} holds damaged XML ({printable(str(error), 80)}): save it again from Surge XT"
        ) from error
    return root


def number(element: ElementTree.Element, attribute: str, what: str) -> float:
    """Return an attribute as a finite number that single precision can hold.

    Raises:
        PatchError: the attribute is missing or no such number.
    """
    text = _number_text(element, attribute)
    if not _NUMBER.fullmatch(text) or abs(value := float(text)) > MAX_NATIVE:
        raise _unreadable(element, attribute, what)
    return value


def whole_number(element: ElementTree.Element, attribute: str, what: str) -> int:
    """Return an attribute as a whole number of at most nine digits.

    Raises:
        PatchError: the attribute is missing or no such number.
    """
    text = _number_text(element, attribute)
    if not _WHOLE.fullmatch(text):
        raise _unreadable(element, attribute, what)
    return int(text)


def printable(text: str, length: int) -> str:
    """Return text without what cannot be shown on one line or written as UTF-8, cut to a length."""
    return "".join(c if c.isprintable() else " " for c in text[: 4 * length]).strip()[:length]


def _number_text(element: ElementTree.Element, attribute: str) -> str:
    text = element.attrib.get(attribute, "").strip()
    return text if len(text) <= _NUMBER_LENGTH else ""


def _unreadable(element: ElementTree.Element, attribute: str, what: str) -> PatchError:
    got = printable(repr(element.attrib.get(attribute, "nothing")), 40)
    return PatchError(
        f"{what} has {attribute}={got} in <{printable(element.tag, 40)}>, which must be a finite "
        "number: save it again from Surge XT"
    )


def _legal_reference(found: re.Match[str]) -> str:
    code = int(found[1], 16) if found[1] else int(found[2])
    legal = code in (0x9, 0xA, 0xD) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD
    return found[0] if legal or 0x10000 <= code <= 0x10FFFF else ""
