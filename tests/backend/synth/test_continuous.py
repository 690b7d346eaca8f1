"""All continuous parameters at once are what each is by itself."""

from __future__ import annotations

import numpy as np
import pytest

from backend.errors import ParameterError
from backend.synth.continuous import Continuous
from backend.synth.draw_parameters import draw_parameters
from backend.synth.spec import load_spec

SPEC = load_spec("surge_full")
VALUES = draw_parameters(SPEC, 3).values
CONTINUOUS = Continuous(SPEC.parameters, SPEC.slices())
NAMES = [parameter.name for parameter in SPEC.parameters if not parameter.categories]


def test_they_are_in_order_and_come_back_as_they_were() -> None:
    assert CONTINUOUS.hosts(VALUES).tolist() == [VALUES[name] for name in NAMES]
    fractions = CONTINUOUS.fractions(VALUES)
    assert fractions.min() >= 0.0 and fractions.max() <= 1.0
    np.testing.assert_allclose(CONTINUOUS.at(fractions), CONTINUOUS.hosts(VALUES), atol=1e-15)
    encoded = SPEC.encode(draw_parameters(SPEC, 3))[CONTINUOUS.columns]
    np.testing.assert_allclose(encoded, 2 * fractions - 1, atol=1e-6)


@pytest.mark.parametrize("wrong", ["loud", float("nan"), 0.7701, -1e-5])
def test_a_wrong_value_is_named_with_what_is_allowed(wrong: float | str) -> None:
    with pytest.raises(ParameterError, match=r"a_amp_eg_decay is .*a number from 0 to 0\.77"):
        CONTINUOUS.hosts({**VALUES, "a_amp_eg_decay": wrong})


def test_what_single_precision_loses_is_forgiven() -> None:
    edge = {**VALUES, "a_amp_eg_decay": 0.77 + 1e-8}
    assert CONTINUOUS.fractions(edge).max() <= 1.0
