"""Which renders are trained on, and which are kept for validation and testing."""

from __future__ import annotations

from typing import Literal

Split = Literal["train", "validation", "test"]

#: Of every hundred indices, one is kept for validation and one for testing.
SPLIT_PERIOD = 100


def split_of(index: int) -> Split:
    """Return which split an index belongs to."""
    return {0: "validation", 1: "test"}.get(index % SPLIT_PERIOD, "train")  # type: ignore[return-value]
