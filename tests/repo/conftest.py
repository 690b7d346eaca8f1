"""The files of this project, as the tests about the project itself see them."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (
    ".ci",
    ".github",
    "backend",
    "benchmarks",
    "examples",
    "installers",
    "models",
    "plugin_bridge",
    "tests",
    "training",
)


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository root."""
    return ROOT


@pytest.fixture(scope="session")
def project_files() -> tuple[Path, ...]:
    """Every file of the project, without caches, environments, or what the commands wrote."""
    top = [path for path in ROOT.iterdir() if path.is_file()]
    below = [path for name in FOLDERS for path in (ROOT / name).rglob("*") if path.is_file()]
    return tuple(sorted(path for path in top + below if "__pycache__" not in path.parts))


@pytest.fixture(scope="session")
def python_files(project_files: tuple[Path, ...]) -> tuple[Path, ...]:
    """The Python sources among them."""
    return tuple(path for path in project_files if path.suffix == ".py")
