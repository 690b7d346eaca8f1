"""The command ``presets``: the user's own presets are played once, and then offered with a match.

What takes long to import is imported within it.
"""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from backend.audio.faults import shown
from backend.errors import OutputError, PatchError
from backend.logs import start_log, stop_log
from backend.userdata import open_user_data

if TYPE_CHECKING:
    from backend.synth.render_pool import RenderPool
    from backend.synth.renderer import Renderer

#: Lines of the log that say which presets are left out.
LOG_NAME = "presets.log"
MOST_WORKERS = 4
#: Times the usual wait for a renderer that comes last on a busy computer.
PATIENCE = 3.0


def presets(arguments: argparse.Namespace) -> int:
    """Run ``synthmatch presets scan``.

    Raises:
        SynthmatchError: no presets or no Surge XT are found, or the user's folder cannot be
            written; what was played before stays known.
    """
    from backend.matching.preset_scan import scan_presets
    from backend.matching.preset_store import PresetStore
    from backend.synth.finder import find_surge

    surge = find_surge(arguments.surge)
    folders = _folders(arguments.folder, surge)
    data = open_user_data()
    workers = max(1, min(MOST_WORKERS, (os.cpu_count() or 2) // 2))
    with (
        _log_in(data.logs),
        PresetStore(data.presets) as store,
        polite_pool(surge, workers) as pool,
        _progress_bar() as progress,
    ):
        report = scan_presets(folders, store, pool, progress)
        offered = len(set(store.presets().paths))
    print(f"{report.found:,} presets in {', '.join(map(shown, folders))}")
    left_out = f", {report.left_out:,} of all are left out" if report.left_out else ""
    print(f"{report.heard:,} were new or had changed{left_out}; {offered:,} are now matched")
    if report.left_out:
        print(f"{shown(data.logs / LOG_NAME)} says why")
    return 0


def polite_pool(surge: Path, workers: int) -> RenderPool:
    """Return renderers that let everything else on the computer go first."""
    from backend.synth.render_pool import RenderPool

    return RenderPool(partial(polite_renderer, surge), workers, patience=PATIENCE)


def polite_renderer(surge: Path) -> Renderer:
    """Return a renderer in a process that lets everything else go first.

    Raises:
        RenderError: the plugin cannot be loaded.
    """
    from backend.priority import step_back
    from backend.synth.renderer import SurgeRenderer

    renderer = SurgeRenderer(surge)
    step_back()
    return renderer


def _folders(named: list[Path] | None, surge: Path) -> tuple[Path, ...]:
    from backend.synth.patch_folders import patch_folders

    for folder in named or ():
        if not folder.is_dir():
            raise PatchError(f"{shown(folder)} is no folder; name one that holds .fxp presets")
    folders = tuple(folder.resolve() for folder in named) if named else patch_folders(surge)
    if not folders:
        raise PatchError(
            "no presets of Surge XT were found in the places where it keeps them; name their "
            "folder with --folder"
        )
    return folders


@contextlib.contextmanager
def _log_in(folder: Path) -> Iterator[None]:
    try:
        handler = start_log(folder, LOG_NAME)
    except OSError as error:
        raise OutputError(
            f"no log can be written into {folder} ({error.strerror or error}): make room and "
            "check its permissions."
        ) from error
    try:
        yield
    finally:
        stop_log(handler)


@contextlib.contextmanager
def _progress_bar() -> Iterator[Callable[[int, int], None]]:
    """Show a bar on a terminal's stderr, and nothing elsewhere."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    columns = (TextColumn("playing presets"), BarColumn(), MofNCompleteColumn())
    off = not console.is_terminal
    left = TimeRemainingColumn()
    with Progress(*columns, left, console=console, transient=True, disable=off) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
