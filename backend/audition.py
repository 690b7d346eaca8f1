"""Listening to a target and to what was found for it, on this computer's own loudspeakers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from backend.audio.player import Player
from backend.audio.region import load_region
from backend.errors import ServiceError
from backend.records import AudioRegion


class Audition:
    """Plays one target and one of its candidates at a time.

    Args:
        target: the sound that is matched.
        open_player: opens a device; called when something is first to be heard, and again after
            it failed.
    """

    def __init__(self, target: AudioRegion, open_player: Callable[[], Player]) -> None:
        self._target = target
        self._open_player = open_player
        self._player: Player | None = None
        self._loaded: tuple[int, str] | None = None

    def target(self) -> str:
        """Play the target from its beginning; return what is heard, in words.

        Raises:
            DeviceError: there is nothing to play on.
        """
        player = self._opened()
        if self._loaded is None:
            player.load(self._target)
        player.play("target")
        return "the target"

    def candidate(self, rank: int, render_path: str) -> str:
        """Play a candidate from its beginning; return what is heard, in words.

        Args:
            rank: of the candidate.
            render_path: its sound; empty where it was not rendered.

        Raises:
            DeviceError: there is nothing to play on.
            ServiceError: it was not rendered.
            AudioError: its sound is gone, or silent.
        """
        player, _ = self._load(rank, render_path)
        player.play("candidate")
        return f"{rank}"

    def switch(self, rank: int, render_path: str) -> str:
        """Go from the target to a candidate or back, in mid-sound; return what is heard, in words.

        From an earlier candidate it goes to this one.

        Raises:
            DeviceError: there is nothing to play on.
            ServiceError: it was not rendered.
            AudioError: its sound is gone, or silent.
        """
        player, is_new = self._load(rank, render_path)
        heard = player.switch("candidate" if is_new else None)
        return "the target" if heard == "target" else f"{rank}"

    def stop(self) -> str:
        """Fade to silence."""
        if self._player is not None:
            self._player.stop()
        return "nothing"

    def close(self) -> None:
        """Close the device."""
        if self._player is not None:
            self._player.close()
            self._player = None

    def _opened(self) -> Player:
        if self._player is None:
            self._player = self._open_player()
        return self._player

    def _load(self, rank: int, render_path: str) -> tuple[Player, bool]:
        if not render_path:
            raise ServiceError(
                f"there is no sound of {rank} to listen to, because no Surge XT VST3 was found to "
                "render it: play it in your DAW"
            )
        player = self._opened()
        is_new = self._loaded != (rank, render_path)
        if is_new:
            player.load(self._target, load_region(Path(render_path), start_s=0.0))
            self._loaded = (rank, render_path)
        return player, is_new
