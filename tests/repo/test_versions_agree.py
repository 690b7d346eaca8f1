"""One version: the file VERSION, the installed package and the changelog name the same."""

from __future__ import annotations

import importlib.metadata
import re
from pathlib import Path

import pytest


@pytest.fixture
def version(root: Path) -> str:
    return (root / "VERSION").read_text(encoding="utf-8").strip()


def test_version_is_three_numbers(version: str) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", version)


def test_installed_package_has_this_version(version: str) -> None:
    assert importlib.metadata.version("synthmatch") == version


def test_changelog_begins_with_this_version(root: Path, version: str) -> None:
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## \[(\d+\.\d+\.\d+)\] - \S+$", changelog, re.MULTILINE)[0] == version
