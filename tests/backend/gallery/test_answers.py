from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from backend.errors import SynthmatchError
from backend.gallery.answers import interval, read_answers, summary


def side(candidate: int) -> dict[str, Any]:
    return {
        "candidate": candidate,
        "distance": 0.1 * candidate,
        "similarity": 100.0 - 8 * candidate,
    }


def answer(left: int, right: int, chosen: str, kind: str = "pair") -> dict[str, Any]:
    return {"row": 1, "kind": kind, "left": side(left), "right": side(right), "chosen": chosen}


def write(path: Path, answers: list[dict[str, Any]], **changed: Any) -> Path:
    file = {"format": "synthmatch-answers", "version": 1, "session": path.stem, "answers": answers}
    path.write_text(json.dumps(file | changed))
    return path


@pytest.mark.parametrize(
    ("chosen", "count", "low", "high"),
    [
        (8, 10, 0.4902, 0.9433),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (50, 100, 0.4038, 0.5962),
    ],
)
def test_the_interval_is_wilsons(chosen: int, count: int, low: float, high: float) -> None:
    assert interval(chosen, count) == pytest.approx((low, high), abs=1e-4)


def test_it_is_counted_how_often_which_was_chosen(tmp_path: Path) -> None:
    first = [answer(1, 2, "left"), answer(2, 1, "right"), answer(1, 5, "right")]
    second = [answer(3, 1, "right"), answer(0, 4, "left", kind="check")]
    files = [write(tmp_path / "a.json", first), write(tmp_path / "b.json", second)]
    lines = summary(read_answers(files))
    assert lines[0] == "5 answers from 2 listenings, of which 1 are checks"
    found = {line.strip().split("  ")[0]: line.split() for line in lines if " of " in line}
    assert found["all pairs"][2:5] == ["3", "of", "4"]
    assert any(line.split() == "less than 5 % apart none".split() for line in lines)
    assert found["5 to 15 %"][4:7] == ["2", "of", "2"]
    assert found["15 % or more"][4:7] == ["1", "of", "2"]
    assert found["rank 1"][2:5] == ["3", "of", "4"]
    assert found["rank 5"][2:5] == ["1", "of", "1"]
    assert found["all checks"][2:5] == ["1", "of", "1"]
    assert "rank 0" not in found


def test_a_session_that_was_saved_twice_counts_once(tmp_path: Path) -> None:
    early = write(tmp_path / "early.json", [answer(1, 2, "left")], session="s")
    late = write(tmp_path / "late.json", [answer(1, 2, "left"), answer(1, 3, "left")], session="s")
    for files in ([early, late], [late, early], [late, late]):
        assert len(read_answers(files)) == 2


def test_no_answers_are_no_fault(tmp_path: Path) -> None:
    assert summary(read_answers([write(tmp_path / "a.json", [])])) == [
        "0 answers from 0 listenings, of which 0 are checks"
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "cannot be read as answers"),
        ("[]", "format"),
        ('{"format": "synthmatch-preset"}', "format"),
        ('{"format": "synthmatch-answers", "version": 2}', "version"),
        ('{"format": "synthmatch-answers", "version": 1}', "session"),
        ("[" * 100_000, "cannot be read as answers"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "odd.json"
    path.write_text(content)
    with pytest.raises(SynthmatchError, match=said) as caught:
        read_answers([path])
    assert "odd.json" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "changed",
    [
        {"chosen": "both"},
        {"kind": "guess"},
        {"left": {"candidate": -1, "distance": 0.1, "similarity": 1}},
        {"left": {"candidate": 1, "distance": float("nan"), "similarity": 1}},
        {"left": {"candidate": 1, "distance": "0.1", "similarity": 1}},
        {"right": None},
    ],
)
def test_an_answer_that_nobody_can_have_given_is_refused(
    tmp_path: Path, changed: dict[str, Any]
) -> None:
    path = write(tmp_path / "a.json", [answer(1, 2, "left") | changed])
    with pytest.raises(SynthmatchError, match="cannot be read as answers"):
        read_answers([path])


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SynthmatchError, match="No such file"):
        read_answers([tmp_path / "none.json"])
