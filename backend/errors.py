"""Everything that can go wrong at the edge, as exceptions a person can act on.

SynthmatchError            what was wrong, what came, what is allowed, what to do next
|-- AudioError             the sound that came in
|-- PatchError             a .fxp or preset file
|-- ParameterError         a value that the parameter space does not have
|-- SurgeNotFoundError     no Surge XT where we looked
|-- RenderError            a render that failed, hung or crashed; names its job
|-- WeightsError           a weights file that is missing, corrupt, foreign or too new
|-- DeviceError            a compute device that this computer does not have
|-- LinkError              a running Surge XT that cannot be reached or written
|-- ServiceError           the resident backend: not there, of another version, or refusing
|   `-- ProtocolError      a datagram that the protocol does not allow
|-- CancelledError         the user has taken the request back
`-- OutputError            a folder or file that cannot be written

The command line prints the message on one line and leaves with status 2. Anything else that
escapes is a bug of ours and keeps its traceback.
"""

from __future__ import annotations


class SynthmatchError(Exception):
    """Base of all faults that are not ours; ``str(error)`` is one full sentence or two."""


class AudioError(SynthmatchError):
    """The sound is missing, unreadable, silent, or not usable."""


class PatchError(SynthmatchError):
    """The preset file is missing, cut off, hostile, or of another plugin."""


class ParameterError(SynthmatchError):
    """A parameter name or value does not belong to the parameter space."""


class SurgeNotFoundError(SynthmatchError):
    """No Surge XT was found in any of the places we look."""


class RenderError(SynthmatchError):
    """Surge XT did not deliver a render."""


class WeightsError(SynthmatchError):
    """The model's weights cannot be used."""


class DeviceError(SynthmatchError):
    """The device asked for is not there."""


class LinkError(SynthmatchError):
    """No running Surge XT hears us, or it does not take what is written."""


class ServiceError(SynthmatchError):
    """The resident backend is not there, of another version, or refuses a request."""


class ProtocolError(ServiceError):
    """A datagram, or what was to become one, does not fit the protocol."""


class CancelledError(SynthmatchError):
    """The request was taken back before it was done."""


class OutputError(SynthmatchError):
    """The result cannot be written."""
