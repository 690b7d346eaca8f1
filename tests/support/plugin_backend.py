"""``fake_backend`` as the plugin starts it; its workshop waits while a file is there.

``HELD`` in the user's folder holds every match before its first candidate; ``BEGUN`` is made when
one has come so far. ``PLUGIN_BACKEND`` in the environment may hold the word ``old``: it speaks the
protocol before ours.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parent))
sys.path.append(str(Path(__file__).resolve().parents[2]))

import fake_backend
import fake_workshop

from backend.errors import CancelledError
from backend.osc import protocol
from backend.pipeline import MatchRequest, MatchResult, Progress
from backend.userdata import data_folder

HELD = "held"
BEGUN = "begun"
WORD_VARIABLE = "PLUGIN_BACKEND"


class HeldWorkshop(fake_workshop.FakeWorkshop):
    """Waits as long as it is held."""

    def match(
        self,
        request: MatchRequest,
        progress: Progress,
        cancelled: Callable[[], bool],
        *more: Any,
        **named: Any,
    ) -> MatchResult:
        (data_folder() / BEGUN).touch()
        while (data_folder() / HELD).exists():
            progress("render", 0.5)
            if cancelled():
                raise CancelledError("noticed")
            time.sleep(0.01)
        return super().match(request, progress, cancelled, *more, **named)


if __name__ == "__main__":
    fake_workshop.FakeWorkshop = HeldWorkshop  # type: ignore[misc]
    if os.environ.get(WORD_VARIABLE) == "old":
        protocol.PROTOCOL_VERSION -= 1  # type: ignore[misc]
    sys.exit(fake_backend.run())
