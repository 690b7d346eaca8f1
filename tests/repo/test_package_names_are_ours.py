"""``backend``, ``models`` and ``training`` are plain words: no other package may bring them too."""

from __future__ import annotations

import importlib
import importlib.metadata
from pathlib import Path

import pytest

NAMES = ("backend", "models", "training")


@pytest.mark.parametrize("name", NAMES)
def test_only_our_distribution_brings_it(name: str) -> None:
    assert set(importlib.metadata.packages_distributions()[name]) == {"synthmatch"}


@pytest.mark.parametrize("name", NAMES)
def test_import_takes_it_from_this_repository(name: str, root: Path) -> None:
    file = importlib.import_module(name).__file__
    assert file is not None
    assert Path(file).resolve().parent == root / name
