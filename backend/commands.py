"""The commands ``match``, ``render`` and ``show``: from parsed arguments to files and text.

What only one command needs, and takes long to import, is imported within it.
"""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from backend.audio.faults import shown
from backend.describe import outline, print_matches, settings
from backend.errors import OutputError, PatchError, RenderError
from backend.files import write_whole
from backend.matching.tells import note_text, tells
from backend.near_presets import presets_json, print_presets
from backend.preset_note import note_beside, read_setting
from backend.records import Like, Note
from backend.synth.patch_file import read_fxp, spec_of
from backend.userdata import UserData, data_folder
from backend.wishes import SPEC_NAMES

if TYPE_CHECKING:
    from backend.pipeline import Progress

DEFAULT_NOTE = Note(60, 0.0, 2.0)
#: What is rendered after a note of chosen length, for its release and echoes.
TAIL_S = 2.0

#: Where each stage of a match begins and ends on the progress bar.
STAGES = {
    "load": ("loading the model", 0.0, 0.2),
    "propose": ("proposing presets", 0.2, 0.3),
    "render": ("rendering and scoring", 0.3, 0.5),
    "refine": ("improving", 0.5, 0.95),
    "write": ("writing", 0.95, 1.0),
}
WITHOUT_SURGE = (
    "No Surge XT found, so nothing was rendered: install it (or name it with --surge), and "
    "the presets are also rendered to WAV, scored, and ordered by distance."
)


def match(arguments: argparse.Namespace) -> int:
    """Run ``synthmatch match``.

    Raises:
        SynthmatchError: the sound, the folder, the weights, the device or Surge XT cannot be used;
            then nothing has been written.
    """
    from backend.audio.region import load_region

    region = load_region(arguments.sound, start_s=arguments.start)
    for remark in region.remarks:
        print(remark, flush=True)
    spec_name, like = SPEC_NAMES[arguments.spec], None
    if arguments.like is not None:
        like = Like(read_setting(arguments.like), arguments.amount)
        spec_name = like.setting.spec_name
    with _progress_bar() as progress:
        progress("load", 0.0)
        from backend import pipeline
        from backend.output import file_stem

        kind = f"like-{file_stem(arguments.like.stem)}" if like else "presets"
        folder = arguments.output or Path(f"{file_stem(region.name)}-{kind}")
        request = pipeline.MatchRequest(
            region,
            folder,
            count=arguments.count,
            seed=arguments.seed,
            spec_name=spec_name,
            budget_s=arguments.budget,
            presets=arguments.presets,
            like=like,
            scored=True,
        )
        known = UserData(data_folder()).presets
        workshop = pipeline.Workshop(arguments.device, arguments.surge, known)
        with _no_empty_folders_left(folder), workshop:
            result = workshop.match(request, progress)
        if result.presets:
            beside = folder / f"{file_stem(region.name)}-near-presets.json"
            write_whole(beside, presets_json(result.presets).encode())
    for remark in result.remarks:
        print(remark)
    print(f"Proposed: {', '.join(result.sources)}")
    print_matches(result, spec_name)
    print_presets(result.presets)
    kinds = ".fxp, .json" if result.without_surge else ".fxp, .json, .wav"
    first, last = (result.written.presets[place].stem for place in (0, -1))
    names = first if first == last else f"{first} to {last}"
    picture = f" and {result.written.picture.name}" if result.written.picture else ""
    print(f"{names} ({kinds}){picture} are in {shown(folder)}")
    if result.without_surge:
        print(WITHOUT_SURGE)
    return 0


def render(arguments: argparse.Namespace) -> int:
    """Run ``synthmatch render``.

    Raises:
        SynthmatchError: the preset, the output file or Surge XT cannot be used.
    """
    from backend.audio.files import write_wav
    from backend.synth.finder import find_surge
    from backend.synth.render_pool import RenderPool
    from backend.synth.renderer import DURATION_S, RenderJob

    patch = read_fxp(arguments.preset)
    output: Path = arguments.output or arguments.preset.with_suffix(".wav")
    if output.suffix.lower() != ".wav":
        raise OutputError(f"{output} must end in .wav; choose another name with -o")
    if output.exists() and not arguments.force:
        raise OutputError(f"{output} is there already; replace it with --force, or choose -o")
    note, duration_s = DEFAULT_NOTE, DURATION_S
    if arguments.pitch is None or arguments.length is None:
        note = _note_beside(arguments.preset) or DEFAULT_NOTE
    if arguments.pitch is not None:
        note = replace(note, pitch=arguments.pitch)
    if arguments.length is not None:
        note = replace(note, off_s=note.on_s + arguments.length)
        duration_s = max(DURATION_S, note.off_s + TAIL_S)
    with RenderPool.of_surge(find_surge(arguments.surge), workers=1) as pool:
        [sound] = pool.render([RenderJob(patch.body, note, arguments.preset.name, duration_s)])
    if isinstance(sound, RenderError):
        raise sound
    write_wav(output, sound)
    peak = float(abs(sound.audio).max())
    remark = "" if peak > 0 else "; it is silent"
    print(f"{patch.name}, {note_text(note)}: {sound.duration_s:.2f} s in {shown(output)}{remark}")
    return 0


def show(arguments: argparse.Namespace) -> int:
    """Run ``synthmatch show``.

    Raises:
        PatchError: the file is no readable preset of Surge XT.
    """
    patch = read_fxp(arguments.preset)
    spec = spec_of(patch)
    if spec is None:
        print("\n".join(outline(patch)))
        return 0
    print(f"{patch.name}: a setting of {spec.name}")
    try:
        note = _note_beside(arguments.preset)
    except PatchError as error:
        print(f"note: {error}")
        note = None
    parameters = spec.from_natives(patch.natives, note or DEFAULT_NOTE)
    if note:
        print(f"note: {note_text(note)}, from {note.on_s:.2f} s on")
    print(f"in short: {'; '.join(tells(parameters))}")
    print("\n".join(settings(spec, parameters)))
    return 0


@contextlib.contextmanager
def _progress_bar() -> Iterator[Progress]:
    """Show a bar on a terminal's stderr, and nothing elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description:<21}"), BarColumn(), TimeElapsedColumn())
    off = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=off) as bar:
        task = bar.add_task("", total=1.0)

        def advance(stage: str, fraction: float) -> None:
            words, start, end = STAGES[stage]
            bar.update(task, description=words, completed=start + fraction * (end - start))

        yield advance


@contextlib.contextmanager
def _no_empty_folders_left(folder: Path) -> Iterator[None]:
    """Take away folders that are new when a fault comes before anything was put in them."""
    new = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            for path in new:
                path.rmdir()
        raise


def _note_beside(preset: Path) -> Note | None:
    """Return the note from the JSON that ``match`` writes beside a preset, None without one."""
    try:
        return note_beside(preset)
    except PatchError as error:
        raise PatchError(
            f"cannot take the note from {preset.with_suffix('.json')}: {error}; or give --pitch "
            "and --length"
        ) from error
