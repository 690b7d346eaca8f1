"""What is compiled does what it says, and is kept where there is a place for it."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

from models.compiled import compiled, inlined

SOURCE = """
def add(sums, numbers):
    for at in range(len(numbers)):
        sums[at] += numbers[at]
"""


def added(names: dict[str, object]) -> list[float]:
    sums = np.ones(3)
    compiled(names["add"])(sums, np.arange(3.0))  # type: ignore[type-var]
    return sums.tolist()


def test_what_was_compiled_is_kept(tmp_path: Path) -> None:
    (tmp_path / "loops.py").write_text(SOURCE)
    assert added(runpy.run_path(str(tmp_path / "loops.py"))) == [1.0, 2.0, 3.0]
    assert list(tmp_path.rglob("*.nbi"))


def test_what_cannot_be_kept_is_compiled_all_the_same() -> None:
    names: dict[str, object] = {}
    exec(SOURCE, names)  # noqa: S102
    assert added(names) == [1.0, 2.0, 3.0]


def test_a_fault_in_a_loop_is_not_taken_for_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> object:
        def refuse_it(_: object) -> object:
            raise RuntimeError("no compiler")

        return refuse_it

    monkeypatch.setattr("models.compiled.njit", refuse)
    with pytest.raises(RuntimeError, match="no compiler"):
        compiled(added)


def test_a_part_is_compiled_into_what_calls_it() -> None:
    @inlined
    def half(number: float) -> float:
        return 0.5 * number

    @compiled
    def halve(numbers: np.ndarray) -> None:
        for at in range(len(numbers)):
            numbers[at] = half(numbers[at])

    numbers = np.arange(4.0)
    halve(numbers)
    assert numbers.tolist() == [0.0, 0.5, 1.0, 1.5]
