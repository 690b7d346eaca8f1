"""Small things done one after the other on a thread of their own, such as writing to Surge XT."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

from backend.errors import ServiceError

LIMIT = 64
CLOSE_WAIT_S = 10.0
log = logging.getLogger(__name__)


class Errands:
    """A thread and what it still has to do.

    Args:
        name: of the thread.
        limit: how much may wait.
    """

    def __init__(self, name: str, limit: int = LIMIT) -> None:
        self._waiting: queue.Queue[Callable[[], None] | None] = queue.Queue(limit)
        self._closed = threading.Event()
        self._worker = threading.Thread(target=self._work, name=name, daemon=True)
        self._worker.start()

    def submit(self, errand: Callable[[], None]) -> None:
        """Have something done; what it raises is logged.

        Raises:
            ServiceError: too much waits, or it is closed.
        """
        if self._closed.is_set():
            raise ServiceError("the backend is ending; ask again when it has started anew.")
        try:
            self._waiting.put_nowait(errand)
        except queue.Full:
            raise ServiceError(
                f"{self._waiting.maxsize} requests wait already; try again in a moment."
            ) from None

    def close(self, wait_s: float = CLOSE_WAIT_S) -> bool:
        """End the thread after what it is doing; what waits is not done.

        Returns:
            Whether it has ended in time.
        """
        self._closed.set()
        while True:
            try:
                self._waiting.put_nowait(None)
                break
            except queue.Full:
                try:
                    self._waiting.get_nowait()
                except queue.Empty:
                    pass
        self._worker.join(wait_s)
        return not self._worker.is_alive()

    def _work(self) -> None:
        while True:
            errand = self._waiting.get()
            if errand is None or self._closed.is_set():
                return
            try:
                errand()
            except Exception:
                log.exception("a fault of ours in an errand")
