"""The protocol as rows of text: backend/osc/protocol.py, to be held against the other sides."""

from __future__ import annotations

from backend.osc.protocol import TABLE, AnswerHead, EventHead, RequestHead
from backend.osc.schema import Field, layout

Rows = list[tuple[str, str, str]]

HEADS = {"requests": RequestHead, "answers": AnswerHead, "events": EventHead}


def rows_of(fields: tuple[Field, ...], prefix: str = "") -> Rows:
    """Return name, type and limits of every argument; those in a list have ``[]`` in their name."""
    rows: Rows = []
    for field in fields:
        name = prefix + field.name
        rows.append((name, field.tag, field.allowed))
        if [part.name for part in field.parts] == ["item"]:
            rows.append((f"{name}[]", field.parts[0].tag, field.parts[0].allowed))
        else:
            rows += rows_of(field.parts, f"{name}[].")
    return rows


def expected_tables() -> dict[str, Rows]:
    """Return the rows of every head and record, by its word or address."""
    tables = {name: rows_of(layout(head)) for name, head in HEADS.items()}
    return tables | {address: rows_of(layout(entry.record)) for address, entry in TABLE.items()}
