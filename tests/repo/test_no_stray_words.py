"""The sources hold no paths of one machine, no package index, no unfinished work."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

# Joined here, so that this file does not find itself.
FOREIGN = (
    "/wor" + "k/",
    "../sha" + "red",
    "/ro" + "ot/",
    "pypi" + ".org",
    "pythonhost" + "ed.org",
    "download.pytorch" + ".org",
    "--extra-index" + "-url",
)
UNFINISHED = ("TO" + "DO", "FIX" + "ME", "NotImplemented" + "Error", "pragma: no " + "cover")
#: Ends of the files we write by hand; the others are data.
TEXT = {"", ".md", ".py", ".toml", ".yml", ".yaml", ".sh", ".json", ".h", ".cpp", ".txt"}
LONGEST_MODULE_LINES = 300


def _hits(files: tuple[Path, ...], words: tuple[str, ...]) -> list[str]:
    return [
        f"{path}:{number}: {word}"
        for path in files
        if path.suffix in TEXT
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for word in words
        if word in line
    ]


def test_no_path_of_one_machine_and_no_package_index(project_files: tuple[Path, ...]) -> None:
    assert _hits(project_files, FOREIGN) == []


def test_nothing_is_left_unfinished(python_files: tuple[Path, ...]) -> None:
    assert _hits(python_files, UNFINISHED) == []


def test_a_planted_word_is_found(tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text(f"first = 1\nplace = '{FOREIGN[0]}main'\n", encoding="utf-8")
    assert _hits((planted,), FOREIGN) == [f"{planted}:2: {FOREIGN[0]}"]


@pytest.fixture(scope="module")
def sources(python_files: tuple[Path, ...], root: Path) -> dict[str, str]:
    """Text by relative path of every Python source that is not a test."""
    return {
        str(path.relative_to(root)): path.read_text(encoding="utf-8")
        for path in python_files
        if path.relative_to(root).parts[0] != "tests"
    }


def test_no_module_is_too_long(sources: dict[str, str]) -> None:
    lengths = {name: len(text.splitlines()) for name, text in sources.items()}
    assert {name: n for name, n in lengths.items() if n > LONGEST_MODULE_LINES} == {}


def test_every_module_says_what_it_is(sources: dict[str, str]) -> None:
    trees = {name: ast.parse(text) for name, text in sources.items()}
    assert len(trees) > 10
    assert [n for n, tree in trees.items() if tree.body and ast.get_docstring(tree) is None] == []
