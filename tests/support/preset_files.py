"""A folder of presets, and a renderer that plays each by its name, without Surge XT."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fake_renderers import FakePool
from small_index import voice

from backend.errors import RenderError
from backend.records import Audio
from backend.synth.draw_parameters import draw_parameters
from backend.synth.patch_file import fxp_bytes, patch_body
from backend.synth.renderer import RenderJob
from backend.synth.spec import load_spec

#: File name -> number of its voice.
PRESETS = {"Bass/Deep.fxp": 101, "Bass/Dark.fxp": 102, "Keys/Bell.fxp": 103, "Pluck.fxp": 104}


def preset_folder(folder: Path, presets: Mapping[str, int] = PRESETS) -> Path:
    """Write presets, each a draw of Simple with the number of its voice; return the folder."""
    for name, number in presets.items():
        write_preset(folder / name, number)
    return folder


def write_preset(path: Path, number: int) -> None:
    """Write a preset whose name in Surge is that of its file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    body = patch_body(draw_parameters(load_spec("surge_simple"), number), path.stem)
    path.write_bytes(fxp_bytes(body, path.stem))


def playing_pool(presets: Mapping[str, int] = PRESETS, *silent: str) -> FakePool:
    """Return renderers that play each preset with its voice; one named ``Broken`` fails."""
    voices = {Path(name).stem: number for name, number in presets.items()}

    def sound(job: RenderJob) -> Audio:
        name = job.name.split(".fxp")[0]
        if name == "Broken":
            raise RenderError(f"Surge XT could not render {job.name}: the renderer died")
        return voice(voices[name], job.note, job.duration_s) * (name not in silent)

    return FakePool(sound)
