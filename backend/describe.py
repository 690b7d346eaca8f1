"""Matches as a table, presets as text: all settings of ours, an outline of another's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from backend.matching.similarity import similarity, similarity_text
from backend.matching.tells import note_text, tells
from backend.records import ParameterSet
from backend.synth.patch_file import Patch
from backend.synth.patch_xml import printable
from backend.synth.spec import ParameterSpec
from backend.synth.table import SECTIONS

if TYPE_CHECKING:
    from rich.table import Table

    from backend.pipeline import MatchResult

#: By Surge's number for them.
OSCILLATOR_TYPES = (
    *("Classic", "Sine", "Wavetable", "S&H Noise", "Audio In", "FM3", "FM2", "Window"),
    *("Modern", "String", "Twist", "Alias"),
)

#: From this width on, a terminal has room for all metrics and the file names.
WIDE = 120


@dataclass(frozen=True)
class Column:
    """A column of figures: which metric of a score, its heading, and digits after the point."""

    metric: str
    heading: str
    decimals: int


COLUMNS = (
    Column("mss_db", "MSS dB", 1),
    Column("wmfcc", "wMFCC", 2),
    Column("sot", "SOT", 3),
    Column("rms", "RMS", 3),
)


def print_matches(result: MatchResult, spec_name: str) -> None:
    """Print a table of the matches, with the metrics' floor below them where Surge rendered.

    Args:
        result: what came of a match.
        spec_name: its parameter space, whose weights know the floor.
    """
    from rich.console import Console

    console = Console(markup=False, emoji=False, highlight=False)
    if not console.is_terminal:
        console.width = 160  # a file or pipe has no edge to fold lines at
    floor = None if result.without_surge else _rerender_floor(spec_name)
    console.print(_table(result, floor, wide=console.width >= WIDE))


def _table(result: MatchResult, floor: Mapping[str, object] | None, *, wide: bool) -> Table:
    from rich.box import SIMPLE
    from rich.table import Table

    scored = any(match.distance is not None for match in result.matches)
    columns = (COLUMNS if wide else COLUMNS[:1]) if scored else ()
    table = Table(box=SIMPLE, pad_edge=False)
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("note", no_wrap=True)
    table.add_column("beside the others" if len(result.matches) > 1 else "sound")
    if scored:
        table.add_column("similarity", no_wrap=True)
    for column in columns:
        table.add_column(column.heading, justify="right", no_wrap=True)
    if wide:
        table.add_column("preset", overflow="fold")

    def figures(score: Mapping[str, object]) -> list[str]:
        found = [(score.get(column.metric), column.decimals) for column in columns]
        return [f"{x:.{digits}f}" if isinstance(x, int | float) else "-" for x, digits in found]

    for match, preset in zip(result.matches, result.written.presets, strict=True):
        parameters = match.candidate.parameters
        said = "; ".join(match.tells or tells(parameters))
        near = -1.0 if match.distance is None else similarity(match.distance)
        score = [similarity_text(near), *figures(asdict(match.score) if match.score else {})]
        name = [preset.name] if wide else []
        table.add_row(
            str(match.rank), note_text(parameters.note), said, *(score if scored else ()), *name
        )
    if scored and floor:
        table.add_section()
        table.add_row("", "floor", "the same preset, rendered twice", "100%", *figures(floor))
    return table


def _rerender_floor(spec_name: str) -> Mapping[str, object] | None:
    """Return what training measured between two renders of one preset, if the weights tell."""
    from backend.matching import propose
    from models.description import read_description

    floor = read_description(propose.weights_stem(spec_name)).provenance.get("rerender_floor")
    return floor if isinstance(floor, dict) else None


def outline(patch: Patch) -> list[str]:
    """Return name, revision, oscillators and routings of a patch of any origin."""
    lines = [
        f"{patch.name}: not a setting of Synthmatch's parameter spaces",
        f"patch revision: {patch.revision}",
        f"parameters: {len(patch.natives)}",
    ]
    for scene in "ab":
        types = [_oscillator(patch, f"{scene}_osc{number}_type") for number in (1, 2, 3)]
        lines.append(f"oscillators, scene {scene.upper()}: {', '.join(types)}")
    lines.append(f"routings: {len(patch.routings)}")
    lines += [
        f"  source {routing.source} -> {printable(routing.target, 60)}, depth {routing.depth:g}"
        for routing in patch.routings
    ]
    return lines


def settings(spec: ParameterSpec, parameters: ParameterSet) -> list[str]:
    """Return a line for each parameter that differs from the resting synth, under its section.

    Parameters of what cannot be heard are left out, and named together at the end.

    Args:
        spec: the parameter space.
        parameters: a setting of it.

    Raises:
        ParameterError: the set is not of the space.
    """
    natives = spec.natives(parameters)
    resting = at_rest(parameters)
    lines: list[str] = []
    for section in SECTIONS:
        rows = [
            (parameter, natives[parameter.surge.storage])
            for parameter in spec.parameters
            if parameter.surge.section == section and not parameter.name.startswith(resting)
        ]
        rows = [row for row in rows if row[1] != row[0].surge.base_value(spec.base)]
        if rows:
            lines += ["", section]
        for parameter, native in rows:
            value = parameters.values[parameter.name]
            reads = value if isinstance(value, str) else parameter.surge.display.text(native)
            lines.append(f"  {parameter.name:<32} {reads}")
    if resting:
        lines += ["", "off: " + ", ".join(prefix.strip("_") for prefix in resting)]
    return lines


def at_rest(parameters: ParameterSet) -> tuple[str, ...]:
    """Return the name prefixes of what cannot be heard: silent oscillators, LFOs, dry effects.

    Args:
        parameters: a complete setting of either parameter space.
    """
    values = parameters.values
    lfos = [f"a_lfo_{n}_" for n in range(1, 7) if values[f"a_lfo_{n}_amplitude"] == 0]
    effects = [f"fx_a{n}_" for n in range(1, 4) if values.get(f"fx_a{n}_output_mix") == 0]
    rings = ("a_ring_modulation_1x2_mute", "a_ring_modulation_2x3_mute")
    silent: list[str] = []
    if values.get("a_fm_routing", "Off") == "Off" and all(
        values.get(ring, "muted") == "muted" for ring in rings
    ):  # else a muted oscillator still feeds another
        silent = [
            f"a_osc_{n}_"
            for n in range(1, 4)
            if values.get(f"a_osc_{n}_mute") == "muted" or values[f"a_osc_{n}_volume"] == 0
        ]
    return (*silent, *lfos, *effects)


def _oscillator(patch: Patch, storage: str) -> str:
    number = patch.natives.get(storage)
    names = [name for place, name in enumerate(OSCILLATOR_TYPES) if place == number]
    return "unknown" if number is None else " ".join([f"{number:g}", *names])
