"""Loops that numba compiles, on the machine that runs them and for its processor.

What is compiled is kept beside the module, or in the user's cache folder, so it takes its seconds
once. Other Python threads run meanwhile; sums may be taken in any order. Whether what is kept still
holds is told by the module's file alone: after a change to what it takes from another, touch it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numpy as np
import numpy.typing as npt
from numba import njit

#: Arrays of numbers that loops read and write: of single precision, but in tests.
Numbers = npt.NDArray[np.floating]
Loop = TypeVar("Loop", bound=Callable[..., object])


def compiled(loop: Loop) -> Loop:
    """Compile a function that is called from Python."""

    def compile_it(*, kept: bool) -> object:
        return njit(cache=kept, nogil=True, fastmath=True, error_model="numpy")(loop)

    try:
        return cast(Loop, compile_it(kept=True))
    except RuntimeError:  # there is nowhere to keep it: each process compiles it again
        return cast(Loop, compile_it(kept=False))


def inlined(part: Loop) -> Loop:
    """Compile a function into those that call it, so that their loops can be vectorized."""
    return cast(Loop, njit(inline="always")(part))
