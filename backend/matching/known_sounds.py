"""What is known of sounds before a match: renders of drawn patches, and the user's own presets.

All of it is optional. Where the index of renders is missing, one sentence says so, and nothing is
near; without the spectral proxy no setting climbs.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path

from backend.errors import OutputError, WeightsError
from backend.matching import index
from backend.matching.climber import Climber
from backend.matching.control_layout import control_layout
from backend.matching.neighbours import listen
from backend.matching.preset_shelf import NearPreset, PresetShelf, vector_of
from backend.matching.preset_store import PresetStore, Stamp
from backend.records import Audio, AudioRegion, Vector
from backend.synth.spec import ParameterSpec
from models.description import CheckpointError
from models.proxy_file import load_spectral_proxy
from models.spectral_proxy import SpectralProxy

log = logging.getLogger(__name__)

#: Of the user's presets, so many are looked at for some that are settings of the space.
LOOKED_AT = 32


@dataclass(frozen=True)
class Nearby:
    """What sounds near a sound by its embedding, nearest first.

    Args:
        renders: parameters of renders, vectors of the space.
        own: the same of the user's presets that are settings of the space.
        presets: the user's presets, of whatever make.
    """

    renders: list[Vector] = field(default_factory=list)
    own: list[Vector] = field(default_factory=list)
    presets: list[NearPreset] = field(default_factory=list)


class KnownSounds:
    """The index of a parameter space and the user's presets, kept in memory.

    Args:
        spec: the space.
        presets: the user's ``PresetStore``, which may be missing or come later; None: not used.
    """

    def __init__(self, spec: ParameterSpec, presets: Path | None = None) -> None:
        self._spec = spec
        self._file = presets
        self._stamp: Stamp | None = None
        self._shelf: PresetShelf | None = None
        self._index: index.RenderIndex | None = None
        self._spectral_proxy: SpectralProxy | None = None
        remarks = []
        stem = index.index_stem(spec.name)
        try:
            self._index = index.load_index(spec.name)
        except WeightsError as error:
            remarks.append(f"Without neighbours among renders: {error}")
        try:
            self._spectral_proxy = load_spectral_proxy(
                stem.with_name(f"{spec.name}_spectral_proxy.safetensors"),
                control_layout(spec),
                spec_fingerprint=spec.fingerprint,
            )
            self._spectral_proxy.rehearse()  # seconds the first time, which a match does not have
        except CheckpointError as error:
            remarks.append(f"Without climbs in the search: {error}")
        #: What the user should know, a sentence each.
        self.remarks = tuple(remarks)
        self._current_shelf()  # now rather than in a match

    @property
    def renders(self) -> int:
        """How many renders are known."""
        return len(self._index) if self._index else 0

    @property
    def presets(self) -> int:
        """How many of the user's presets were known when last asked for what is near."""
        return len(self._shelf) if self._shelf else 0

    def near(self, region: AudioRegion, renders: int, own: int, presets: int) -> Nearby:
        """Find what is near a sound.

        Args:
            region: the sound; its first 4 s are heard.
            renders: how many renders, at most.
            own: how many of the user's presets that are settings of the space, at most.
            presets: how many of the user's presets, at most.
        """
        if self._index is None:
            return Nearby()
        query = listen(self._index.embedding, region)
        neighbours = self._index.nearest(query, renders) if renders else []
        shelf = self._current_shelf()
        near = shelf.nearest(query, max(presets, LOOKED_AT)) if shelf else []
        vectors = (vector_of(preset, self._spec) for preset in near if preset.spec_name)
        return Nearby(
            [neighbour.vector for neighbour in neighbours],
            [vector for vector in vectors if vector is not None][:own],
            near[:presets],
        )

    def climber(self, target: Audio) -> Climber | None:
        """Return what climbs towards a sound; None where there is no spectral proxy.

        Args:
            target: float32 ``(channels, samples)`` at 44.1 kHz, 4 s.
        """
        if self._spectral_proxy is None:
            return None
        return Climber(self._spectral_proxy, self._spec, target)

    def sources(self, nearby: Nearby) -> tuple[str, ...]:
        """Say what was found among what, a phrase for each kind of which something was."""
        renders, own = len(nearby.renders), len(nearby.own)
        said = (f"{renders} of {self.renders:,} renders", f"{own} of your {self.presets:,} presets")
        return tuple(phrase for phrase, count in zip(said, (renders, own), strict=True) if count)

    def _current_shelf(self) -> PresetShelf | None:
        """Return the user's presets as the file has them now."""
        if self._file is None or self._index is None:
            return None
        try:
            stamp = Stamp.of(self._file)
            if stamp != self._stamp:
                with PresetStore(self._file) as store:
                    self._shelf = PresetShelf(store.presets(), self._index.embedding)
                self._stamp = stamp
        except FileNotFoundError:
            self._shelf = self._stamp = None
        except (OSError, OutputError) as error:
            log.warning("the user's presets are not used: %s", error)
            self._shelf = self._stamp = None
        return self._shelf
