"""The factory patch nearest to a sound: what a matcher of any sound has to be nearer than.

A peer that knows every patch that came with Surge XT, each played once as ``synthmatch presets
scan`` plays it; of those that are near by embedding, so many are played with the note that fits,
and the nearest by our distance is the peer's answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from backend.matching.distance import TargetDistance
from backend.matching.embedding import Embedding
from backend.matching.neighbours import listen
from backend.matching.preset_scan import scan_presets
from backend.matching.preset_shelf import PresetShelf, hear_presets
from backend.matching.preset_store import PresetStore
from backend.records import Audio, AudioRegion, PresetMatch
from backend.synth.render_pool import RenderPool
from backend.synth.renderer import SAMPLE_RATE_HZ

#: Patches that are played for each sound.
HEARD = 16


class PatchPeer:
    """Finds the nearest patch of some folders.

    Args:
        folders: of patches; all below them counts.
        file: where it is kept how they sound, so that they are played once.
        embedding: what turns a sound into a vector.
        pool: the renderers; 600 patches take some minutes the first time.

    Raises:
        RenderError: no renderer starts.
        OutputError: the file cannot be written.
    """

    def __init__(
        self, folders: Sequence[Path], file: Path, embedding: Embedding, pool: RenderPool
    ) -> None:
        self._embedding = embedding
        self._pool = pool
        with PresetStore(file) as store:
            scan_presets(folders, store, pool)
            self._shelf = PresetShelf(store.presets(), embedding)

    def __len__(self) -> int:
        """Return how many patches it knows."""
        return len(self._shelf)

    def nearest(self, target: Audio, heard: int = HEARD) -> PresetMatch | None:
        """Return the patch nearest to a sound by our distance; None where none can be played.

        Args:
            target: float32 ``(channels, samples)`` at 44.1 kHz; its first 4 s count.
            heard: how many patches to play for it.
        """
        query = listen(self._embedding, AudioRegion(target, SAMPLE_RATE_HZ, "target"))
        found = hear_presets(
            self._shelf.nearest(query, heard),
            self._pool,
            target,
            TargetDistance(target).measure,
        )
        return found[0] if found else None
