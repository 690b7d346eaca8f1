"""A Surge patch body as the state that pedalboard's VST3 host sets (JUCE's wrapper around it).

JUCE writes a VST3 state as ``VC2!`` + size + XML, whose ``IComponent`` text is the component's
bytes in JUCE's own base64: ``<byte count>.<digits>``, six bits a digit, the least significant
bit first.
"""

from __future__ import annotations

import re

import numpy as np

_DIGITS = b".ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+"
_DIGIT_OF = np.frombuffer(_DIGITS, dtype=np.uint8)
_VALUE_OF = np.zeros(256, dtype=np.uint8)
_VALUE_OF[_DIGIT_OF] = np.arange(64, dtype=np.uint8)
_PLACES = (1 << np.arange(6)).astype(np.uint8)


def state_from_body(body: bytes) -> bytes:
    """Wrap a patch body for ``VST3Plugin.raw_state``."""
    bits = np.unpackbits(np.frombuffer(body, dtype=np.uint8), bitorder="little")
    padded = np.zeros(-(-len(bits) // 6) * 6, dtype=np.uint8)
    padded[: len(bits)] = bits
    digits: bytes = _DIGIT_OF[padded.reshape(-1, 6) @ _PLACES].tobytes()  # (digits, 6) -> (digits,)
    xml = (
        b'<?xml version="1.0" encoding="UTF-8"?> <VST3PluginState><IComponent>%d.' % len(body)
        + digits
        + b"</IComponent></VST3PluginState>"
    )
    return b"VC2!" + len(xml).to_bytes(4, "little") + xml + b"\0"


def body_from_state(state: bytes) -> bytes:
    """Take the patch body (with the host's trailing private data) out of ``raw_state``.

    Raises:
        ValueError: the bytes are not such a state.
    """
    found = re.search(rb"<IComponent>(\d+)\.([^<]*)</IComponent>", state)
    if not found:
        raise ValueError(f"not a VST3 state of JUCE's form: it begins {state[:8]!r}")
    size = int(found[1])
    digits = np.frombuffer(found[2], dtype=np.uint8)
    bits = (_VALUE_OF[digits][:, None] >> np.arange(6, dtype=np.uint8)) & 1  # (digits, 6)
    return bytes(np.packbits(bits.reshape(-1)[: size * 8], bitorder="little"))
