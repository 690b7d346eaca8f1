"""Where the built plugin is."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

#: Names a ``Synthmatch.vst3`` that was built elsewhere than by ``make plugin``.
PLUGIN_VARIABLE = "SYNTHMATCH_PLUGIN"
BUILT = (
    Path(__file__).resolve().parents[2]
    / "build/plugin/SynthmatchPlugin_artefacts/Release/VST3/Synthmatch.vst3"
)


@dataclass(frozen=True)
class PluginFiles:
    """The plugin's formats as CMake builds them: a folder for each, side by side.

    Args:
        vst3: the bundle ``VST3/Synthmatch.vst3``.
    """

    vst3: Path

    @property
    def lv2(self) -> Path:
        """The bundle; it is there on Linux."""
        return self.vst3.parents[1] / "LV2" / "Synthmatch.lv2"

    def binaries(self) -> list[Path]:
        """Return the shared libraries of both."""
        endings = {".so", ".vst3", ".dll", ""}
        inside = [*self.vst3.glob("Contents/*/*"), *self.lv2.glob("*")]
        return [path for path in inside if path.is_file() and path.suffix in endings]


def find_plugin() -> PluginFiles | str:
    """Return the built plugin; a sentence where there is none."""
    named = os.environ.get(PLUGIN_VARIABLE)
    vst3 = Path(named).absolute() if named else BUILT
    if vst3.exists():
        return PluginFiles(vst3)
    return f"no plugin at {vst3}: run make plugin, or name one by {PLUGIN_VARIABLE}"
