from __future__ import annotations

import numpy as np
import pytest

from backend.synth.plugin_state import body_from_state, state_from_body
from backend.synth.renderer import SurgeRenderer


def test_digits_of_juce() -> None:
    """Six bits a digit from the least significant: 0x01 is A then '.', 0xFF is + then C."""
    assert b"<IComponent>1.A.</IComponent>" in state_from_body(b"\x01")
    assert b"<IComponent>1.+C</IComponent>" in state_from_body(b"\xff")
    assert b"<IComponent>3.....</IComponent>" in state_from_body(bytes(3))


def test_wrapper_says_its_size() -> None:
    state = state_from_body(b"sub3 and so on")
    assert state[:4] == b"VC2!" and state[-1:] == b"\0"
    assert int.from_bytes(state[4:8], "little") == len(state) - 9


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5, 6, 7, 100, 4096])
def test_bytes_survive(size: int) -> None:
    body = np.random.default_rng(size).bytes(size)
    assert body_from_state(state_from_body(body)) == body


def test_other_states_are_refused() -> None:
    with pytest.raises(ValueError, match="not a VST3 state"):
        body_from_state(b"CcnK and so on")


@pytest.mark.surge
def test_states_of_surge_itself_survive(surge: SurgeRenderer) -> None:
    body = surge.saved_body()
    assert body[:4] == b"sub3"
    assert body_from_state(state_from_body(body)) == body
