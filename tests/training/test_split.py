from __future__ import annotations

from collections import Counter

from training.split import SPLIT_PERIOD, split_of


def test_splits_are_one_in_a_hundred_by_index() -> None:
    splits = [split_of(index) for index in range(10 * SPLIT_PERIOD)]
    assert Counter(splits) == {"train": 980, "validation": 10, "test": 10}
    assert [split_of(i) for i in (0, 1, 2, 99, 100, 101)] == [
        *("validation", "test", "train", "train"),
        *("validation", "test"),
    ]
