"""The user's own presets that are nearest to a sound, beside a match: as a table, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from backend.matching.similarity import similarity
from backend.matching.tells import note_text
from backend.records import PresetMatch

FORMAT, VERSION = "synthmatch-near-presets", 1
HEADING = "Your nearest presets, as they are"


def print_presets(presets: Sequence[PresetMatch]) -> None:
    """Print a table of presets, nearest first; nothing where there are none."""
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table

    if not presets:
        return
    console = Console(markup=False, emoji=False, highlight=False)
    if not console.is_terminal:
        console.width = 160  # a file or pipe has no edge to fold lines at
    table = Table(box=SIMPLE, pad_edge=False, title=HEADING, title_justify="left")
    table.add_column("alike", justify="right", no_wrap=True)
    table.add_column("note", no_wrap=True)
    table.add_column("name")
    table.add_column("file", overflow="fold")
    for preset in presets:
        alike = f"{similarity(preset.distance):.0f}%"
        table.add_row(alike, note_text(preset.note), preset.name, str(preset.path))
    console.print(table)


def presets_json(presets: Sequence[PresetMatch]) -> str:
    """Write presets as JSON, nearest first: path, name, similarity in %, distance and note."""
    rows = [
        {
            "path": str(preset.path),
            "name": preset.name,
            "similarity": round(similarity(preset.distance), 1),
            "distance": round(preset.distance, 4),
            "note": {
                "pitch": preset.note.pitch,
                "on_s": preset.note.on_s,
                "off_s": preset.note.off_s,
            },
        }
        for preset in presets
    ]
    return json.dumps({"format": FORMAT, "version": VERSION, "presets": rows}, indent=2) + "\n"
