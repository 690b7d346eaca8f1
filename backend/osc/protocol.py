"""All that clients and the resident backend say to each other: import its records from here.

A client sends requests and gets one answer to each; the backend sends events. ``TABLE`` holds the
address of every record (StartMatch: ``/synthmatch/start_match``); its arguments follow from the
types of its fields, behind a head that is the same for all requests, all answers, or all events.
``plugin_bridge/PROTOCOL.md`` explains it for other languages, and a test compares the two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, TypeVar, get_args

from backend.errors import ProtocolError
from backend.osc.answers import (
    PROTOCOL_VERSION,
    Alive,
    Cancelled,
    Chosen,
    Gone,
    Instances,
    Kept,
    Queued,
    Refused,
    ServiceState,
    Stopping,
    Welcome,
    Working,
    Written,
)
from backend.osc.codec import Message, quote, write_message
from backend.osc.events import (
    CandidateReady,
    JobCancelled,
    JobFailed,
    Matched,
    Progress,
    ServiceNews,
)
from backend.osc.fields import ClientId, Natural
from backend.osc.requests import (
    Ack,
    Bye,
    CancelJob,
    ChooseInstance,
    Heartbeat,
    Hello,
    KeepCandidate,
    LikePreset,
    ListInstances,
    StartMatch,
    Status,
    StopService,
    Undo,
    WriteCandidate,
)
from backend.osc.schema import build, flatten

__all__ = [
    "Ack",
    "Alive",
    "Answer",
    "AnswerHead",
    "Bye",
    "CancelJob",
    "Cancelled",
    "CandidateReady",
    "ChooseInstance",
    "Chosen",
    "Event",
    "EventHead",
    "Gone",
    "Head",
    "Heartbeat",
    "Hello",
    "Instances",
    "JobCancelled",
    "JobFailed",
    "KeepCandidate",
    "Kept",
    "LikePreset",
    "ListInstances",
    "Matched",
    "PROTOCOL_VERSION",
    "Progress",
    "Queued",
    "Record",
    "Refused",
    "Request",
    "RequestHead",
    "ServiceNews",
    "ServiceState",
    "StartMatch",
    "Status",
    "StopService",
    "Stopping",
    "TABLE",
    "Undo",
    "Welcome",
    "Working",
    "WriteCandidate",
    "Written",
    "address_of",
    "read_head",
    "read_record",
    "write",
]

Request = (
    Hello
    | Heartbeat
    | ListInstances
    | ChooseInstance
    | StartMatch
    | CancelJob
    | WriteCandidate
    | Undo
    | KeepCandidate
    | Status
    | StopService
    | Bye
    | Ack
)
Answer = (
    Welcome
    | Alive
    | Instances
    | Chosen
    | Queued
    | Cancelled
    | Written
    | Kept
    | ServiceState
    | Stopping
    | Gone
    | Working
    | Refused
)
Event = Progress | CandidateReady | Matched | JobFailed | JobCancelled | ServiceNews
Record = Request | Answer | Event

PREFIX: Final = "/synthmatch/"


@dataclass(frozen=True)
class RequestHead:
    """Before every request: the backend's token, who asks, and the client's count of requests."""

    token: str
    client: ClientId
    serial: Natural


@dataclass(frozen=True)
class AnswerHead:
    """Before every answer: whom it is for, and the serial of the request."""

    client: ClientId
    serial: Natural


@dataclass(frozen=True)
class EventHead:
    """Before every event.

    Args:
        client: whom it is for.
        number: rises with every event, not always by one.
        previous: number of the acknowledged event before it, for this client.
    """

    client: ClientId
    number: Natural
    previous: Natural


Head = RequestHead | AnswerHead | EventHead
HeadKind = TypeVar("HeadKind", RequestHead, AnswerHead, EventHead)


@dataclass(frozen=True)
class Entry:
    """What stands behind an address: a head, then a record."""

    head: type[Any]
    record: type[Any]


def address_of(record: type[Any]) -> str:
    """Return the OSC address of a record."""
    return PREFIX + re.sub(r"(?<=[a-z])(?=[A-Z])", "_", record.__name__).lower()


TABLE: Final[dict[str, Entry]] = {
    address_of(record): Entry(head, record)
    for head, records in ((RequestHead, Request), (AnswerHead, Answer), (EventHead, Event))
    for record in get_args(records)
}


def write(head: Head, record: Record) -> bytes:
    """Return the datagram of a record.

    Raises:
        ProtocolError: a value is outside its limits, or it is more than a datagram holds.
    """
    address = address_of(type(record))
    assert isinstance(head, TABLE[address].head), f"{address} goes behind {TABLE[address].head}"
    return write_message(address, [*flatten(head), *flatten(record)])


def read_head(message: Message, kind: type[HeadKind]) -> HeadKind:
    """Return the head of a message; what stands behind it, and its address, are not looked at.

    Raises:
        ProtocolError: it does not begin with such a head.
    """
    return build(kind, iter(message.arguments))


def read_record(message: Message, head: type[Head]) -> Any:
    """Return the record of a message, of one of the types that stand behind such a head.

    A Hello of another version of the protocol is read as far as that version; its name is empty.

    Raises:
        ProtocolError: the address is unknown or of another direction, or the arguments are not
            as the record's fields.
    """
    entry = TABLE.get(message.address)
    if entry is None or entry.head is not head:
        raise ProtocolError(
            f"{quote(message.address)} came, and is not in version {PROTOCOL_VERSION} of the "
            "protocol, or not in this direction."
        )
    arguments = iter(message.arguments)
    build(head, arguments)
    if entry.record is Hello and message.arguments[3:4] not in ((), (PROTOCOL_VERSION,)):
        return Hello(build(_Version, arguments).protocol, "")
    record = build(entry.record, arguments)
    left = len(list(arguments))
    if left:
        raise ProtocolError(f"{message.address} came with {left} arguments too many.")
    return record


@dataclass(frozen=True)
class _Version:
    protocol: int
