"""One word for every fault that crosses the protocol, for programs to tell them apart."""

from __future__ import annotations

import re

from backend.errors import SynthmatchError

#: What the server itself refuses, beside the faults that ``code_of`` names.
SERVER_CODES = {
    "version": "the two sides speak different versions of the protocol",
    "session": "the backend does not know this client: say Hello again",
    "request": "the request cannot be read, or its values are not allowed",
    "serial": "the request is older than what the backend remembers",
    "busy": "too much waits already: of this client, or of all together",
    "fault": "the backend has a fault of its own; its log says more",
}


def code_of(error: SynthmatchError) -> str:
    """Return the word for a fault: ``SurgeNotFoundError`` is ``surge_not_found``."""
    name = type(error).__name__.removesuffix("Error")
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
