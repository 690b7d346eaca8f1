"""What a workshop keeps warm from one match to the next: models, known sounds, renderers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal, Self

from backend.errors import SurgeNotFoundError
from backend.freed_memory import keep_freed_memory
from backend.matching.distance import rehearse
from backend.matching.known_sounds import KnownSounds
from backend.matching.propose import Proposer, load_proposer
from backend.synth.finder import find_surge
from backend.synth.render_pool import RenderPool, worker_count
from backend.synth.spec import load_spec

Stage = Literal["load", "propose", "render", "refine", "write"]
Progress = Callable[[Stage, float], None]

#: The parameter space that is loaded ahead of the first match.
FIRST_SPEC = "surge_full"


class Workbench:
    """The model and the renderers, loaded when first needed and kept warm; a context manager.

    Args:
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        surge: the Surge XT VST3, where it is not in a standard place.
        presets: what is known of the user's own presets (``userdata``); None: they are not used.
    """

    def __init__(
        self, device: str = "auto", surge: Path | None = None, presets: Path | None = None
    ) -> None:
        keep_freed_memory()
        self._device = device
        self._surge = surge
        self._presets = presets
        self._proposers: dict[str, Proposer] = {}
        self._known: dict[str, KnownSounds] = {}
        self._pool: RenderPool | None = None

    def warm_up(self, progress: Progress = lambda stage, fraction: None) -> None:
        """Load the Full model and the renderers ahead of the first match.

        Raises:
            SynthmatchError: as ``match``.
        """
        progress("load", 0.0)
        pool, _ = self._renderers()
        self._proposer(FIRST_SPEC)
        self._known_sounds(FIRST_SPEC)
        progress("load", 0.5)
        if pool is not None:
            pool.warm_up()
        progress("load", 1.0)

    def close(self) -> None:
        """End the renderers."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def __enter__(self) -> Self:
        """Return the workshop."""
        return self

    def __exit__(self, *fault: object) -> None:
        """End the renderers."""
        self.close()

    def _proposer(self, spec_name: str) -> Proposer:
        if spec_name not in self._proposers:
            self._proposers[spec_name] = load_proposer(spec_name, self._device)
        return self._proposers[spec_name]

    def _known_sounds(self, spec_name: str) -> KnownSounds:
        if spec_name not in self._known:
            self._known[spec_name] = KnownSounds(load_spec(spec_name), self._presets)
        return self._known[spec_name]

    def _renderers(self) -> tuple[RenderPool | None, str | None]:
        if self._pool is None:
            try:
                path = find_surge(self._surge)
            except SurgeNotFoundError as error:
                if self._surge is not None:
                    raise
                return None, str(error)
            self._pool = RenderPool.of_surge(path, worker_count())
            rehearse()  # seconds the first time, which a match does not have; Surge loads meanwhile
        return self._pool, None
