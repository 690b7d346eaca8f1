"""The kinds of values that the records of the protocol are made of."""

from __future__ import annotations

from typing import Annotated, Literal

from backend.osc.codec import MAX_INT
from backend.osc.schema import Within

MAX_COUNT = 64

#: A client names itself at random, so that nobody else can answer in the backend's place.
ClientId = Annotated[str, Within(8, 64)]
Port = Annotated[int, Within(1, 65_535)]
Positive = Annotated[int, Within(1, MAX_INT)]
Natural = Annotated[int, Within(0, MAX_INT)]
Count = Annotated[int, Within(1, MAX_COUNT)]
Fraction = Annotated[float, Within(0, 1)]
State = Literal["loading", "ready", "failed"]
Stage = Literal["load", "propose", "render", "refine", "write"]
Spec = Literal["surge_full", "surge_simple"]
Lock = Literal["osc", "filter", "envelopes", "lfos", "effects"]
#: For people, in percent; -1: unknown.
Similarity = Annotated[float, Within(-1, 100)]
