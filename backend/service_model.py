"""The model of the live backend: loaded behind its back, and kept warm."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Protocol

from backend.errors import SynthmatchError
from backend.osc.fields import State
from backend.service_matches import Matcher

log = logging.getLogger(__name__)

#: Share of the loading that is the import of torch, before the model's file is read.
IMPORT_SHARE = 0.5


class Workshop(Matcher, Protocol):
    """``backend.pipeline.Workshop``."""

    def warm_up(self, progress: Callable[[str, float], None]) -> None:
        """Load what the first match needs."""
        ...

    def close(self) -> None:
        """End its processes."""
        ...


class WarmModel:
    """A workshop and how far it is; loaded by one thread, asked by others.

    Args:
        make_workshop: imports torch, and is given how to tell which device is used.
    """

    def __init__(self, make_workshop: Callable[[Callable[[str], None]], Workshop]) -> None:
        self.state: State = "loading"
        self.fraction = 0.0
        self.device = "not known yet"
        self._make_workshop = make_workshop
        self._workshop: Workshop | None = None
        self._fault: Exception | None = None

    def load(self) -> str:
        """Load torch, the model and the renderers.

        Returns:
            What the user should know; empty if all went well.
        """
        began_s = time.monotonic()
        try:
            self._workshop = self._make_workshop(self._use_device)
            self.fraction = IMPORT_SHARE
            self._workshop.warm_up(self._advance)
        except SynthmatchError as error:
            log.error("the model cannot be loaded: %s", error)
            self.state, self._fault = "failed", error
            return str(error)
        except Exception as error:
            log.exception("the model cannot be loaded")
            self.state, self._fault = "failed", error
            return f"the model cannot be loaded ({type(error).__name__}); see the log."
        self.has_worked()
        log.info("ready after %.1f s", time.monotonic() - began_s)
        return ""

    def workshop(self) -> Workshop:
        """Return what makes matches, also where only its warming up has failed.

        Raises:
            Exception: what kept it from being made.
        """
        if self._workshop is None:
            assert self._fault is not None, "load comes first"
            raise self._fault
        return self._workshop

    def has_worked(self) -> None:
        """Take note that the model is there."""
        self.state, self.fraction = "ready", 1.0

    def close(self) -> None:
        """End its processes."""
        if self._workshop is not None:
            self._workshop.close()

    def _use_device(self, device: str) -> None:
        self.device = device

    def _advance(self, stage: str, fraction: float) -> None:
        self.fraction = IMPORT_SHARE + (1 - IMPORT_SHARE) * min(1.0, max(0.0, fraction))
