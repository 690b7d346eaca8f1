"""What the server itself answers to requests that it does not hand on."""

from __future__ import annotations

from backend.osc.protocol import PROTOCOL_VERSION, Answer, Hello, Refused, Request, Working
from backend.osc.session import Standing

MAX_CLIENTS = 32


def to_standing(standing: Standing) -> Answer:
    """Return the answer to a request that is not new."""
    if standing == "working":
        return Working()
    if standing == "forgotten":
        return Refused("serial", "the request is older than what the backend remembers: ask anew.")
    return Refused("busy", "too many requests of this client wait for answers: ask again later.")


def to_version(protocol: int) -> Refused:
    """Return the answer to a Hello in another version of the protocol."""
    return Refused(
        "version",
        f"the backend speaks version {PROTOCOL_VERSION} of the protocol, and this client version "
        f"{protocol}: install the same Synthmatch for both, and end the old backend.",
    )


def without_session(request: Request) -> Refused:
    """Return the answer to a client that is not known, or to a Hello that is one too many."""
    if isinstance(request, Hello):
        return Refused("busy", f"{MAX_CLIENTS} clients are there already: close one of them.")
    return Refused("session", "the backend does not know this client (any more): say Hello first.")
