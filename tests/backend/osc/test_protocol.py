"""The protocol: every record survives its datagram, and nothing else is taken for one."""

from __future__ import annotations

import math
import struct
from dataclasses import is_dataclass
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from backend import pipeline
from backend.errors import ProtocolError, SurgeNotFoundError
from backend.osc import fields
from backend.osc.codec import MAX_DATAGRAM_BYTES, read_message, write_message
from backend.osc.protocol import (
    PROTOCOL_VERSION,
    TABLE,
    Answer,
    AnswerHead,
    CandidateReady,
    EventHead,
    Hello,
    Instances,
    Queued,
    Refused,
    RequestHead,
    ServiceNews,
    StartMatch,
    Status,
    WriteCandidate,
    Written,
    address_of,
    read_head,
    read_record,
    write,
)
from backend.osc.schema import Within, flatten, layout
from backend.records import Instance, Note, WriteReport
from backend.wishes import MAX_COUNT as CLI_MAX_COUNT

HEAD = RequestHead("token", "client-1", 7)


def strategy(hint: Any, name: str = "") -> st.SearchStrategy[Any]:
    """Return all values that the protocol allows for a type."""
    if is_dataclass(hint):
        hints = get_type_hints(hint, include_extras=True)
        own = {field: strategy(hints[field], field) for field in hints}
        return st.builds(hint, **own)
    if getattr(hint, "__origin__", None) is tuple:
        item = get_args(hint)[0]
        words = str(item).startswith("typing.Literal")  # no two the same
        return st.lists(strategy(item), max_size=4, unique=words).map(tuple)
    if str(hint).startswith("typing.Literal"):
        return st.sampled_from(get_args(hint))
    limit = 2**31 - 1 if hint is int else 2.0**100
    kind, within = hint, Within(-limit, limit)
    if hasattr(hint, "__metadata__"):
        kind, within = hint.__origin__, hint.__metadata__[0]
    if kind is bool:
        return st.booleans()
    if kind is int:
        # Hellos of other versions are read in part only, which has a test of its own.
        return (
            st.just(PROTOCOL_VERSION)
            if name == "protocol"
            else st.integers(int(within.low), int(within.high))
        )
    if kind is float:
        return st.floats(within.low, within.high, width=32)
    assert kind is str
    letters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    sizes = {"min_size": int(within.low), "max_size": int(within.high)}
    return st.text(letters, **(sizes if kind is not hint else {"max_size": 30}))


@pytest.mark.parametrize("address", list(TABLE))
@settings(max_examples=20)
@given(data=st.data())
def test_every_record_survives_its_datagram(address: str, data: st.DataObject) -> None:
    entry = TABLE[address]
    head, record = data.draw(strategy(entry.head)), data.draw(strategy(entry.record))
    message = read_message(write(head, record))
    assert message.address == address
    assert read_head(message, entry.head) == head
    assert read_record(message, entry.head) == record


@pytest.mark.parametrize("address", list(TABLE))
@settings(max_examples=5)
@given(data=st.data())
def test_datagrams_hold_what_any_osc_library_reads(address: str, data: st.DataObject) -> None:
    entry = TABLE[address]
    head, record = data.draw(strategy(entry.head)), data.draw(strategy(entry.record))
    datagram = write(head, record)
    theirs = OscMessage(datagram)
    assert theirs.address == address
    assert tuple(theirs.params) == read_message(datagram).arguments
    tags = datagram[len(address) + 4 - len(address) % 4 :].split(b"\0", 1)[0]
    assert set(tags.decode()) <= set(",ifs")  # all that JUCE has in common with us


@given(st.binary(max_size=200))
def test_noise_is_refused_in_one_line(noise: bytes) -> None:
    with pytest.raises(ProtocolError) as caught:
        read_record(read_message(noise), RequestHead)
    assert "\n" not in str(caught.value)


@settings(max_examples=100)
@given(data=st.data())
def test_a_damaged_datagram_is_refused_or_allowed_but_never_breaks(data: st.DataObject) -> None:
    entry = TABLE[data.draw(st.sampled_from(list(TABLE)))]
    datagram = bytearray(write(data.draw(strategy(entry.head)), data.draw(strategy(entry.record))))
    for _ in range(data.draw(st.integers(1, 4))):
        datagram[data.draw(st.integers(0, len(datagram) - 1))] = data.draw(st.integers(0, 255))
    try:
        message = read_message(bytes(datagram))
        read_head(message, entry.head)
        read_record(message, entry.head)
    except ProtocolError as error:
        assert "\n" not in str(error)


def test_every_cut_is_refused() -> None:
    whole = write(HEAD, StartMatch("sound.wav", 1.5, 8, 3))
    for length in range(len(whole)):
        with pytest.raises(ProtocolError):
            read_record(read_message(whole[:length]), RequestHead)
    with pytest.raises(ProtocolError, match="left over"):
        read_message(whole + b"\0\0\0\0")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("token", "client-1", 7), "ChooseInstance.port is missing"),
        (("token", "client-1", 7, 53280, 1), "1 arguments too many"),
        (("token", "client-1", 7, "53280"), "'53280', and must be an int32"),
        (("token", "client-1", 7, 53280.0), "53280.0, and must be an int32"),
        (("token", "client-1", 7, 0), "0, and must be from 1 to 65535"),
        (("token", "client-1", -7, 1), "-7, and must be from 0"),
        (("token", "short", 7, 1), "'short', and must be from 8 to 64 characters"),
        ((5, "client-1", 7, 1), "RequestHead.token is 5, and must be a string"),
    ],
)
def test_wrong_arguments_are_named(arguments: tuple[Any, ...], named: str) -> None:
    message = read_message(write_message("/synthmatch/choose_instance", arguments))
    with pytest.raises(ProtocolError, match=named):
        read_record(message, RequestHead)


@pytest.mark.parametrize(
    ("tag", "value"),
    [("h", 5), ("d", 1.0), ("T", True), ("b", b"blob"), ("N", None), ("m", (1, 2, 3, 4))],
)
def test_types_that_juce_lacks_are_refused(tag: str, value: Any) -> None:
    builder = OscMessageBuilder("/synthmatch/status")
    builder.add_arg(value, tag)
    with pytest.raises(ProtocolError, match=f"type {tag} came, and i, f and s are allowed"):
        read_message(builder.build().dgram)


def test_floats_that_are_no_numbers_are_refused_both_ways() -> None:
    for value in (math.nan, math.inf, -math.inf):
        with pytest.raises(ProtocolError, match="finite"):
            write_message("/a", [value])
        with pytest.raises(ProtocolError, match="finite"):
            read_message(b"/a\0\0,f\0\0" + struct.pack(">f", value))
    with pytest.raises(ProtocolError, match="too large"):
        write_message("/a", [1e39])


@pytest.mark.parametrize("text", ["with\0nul", "half \udcff a character"])
def test_text_that_osc_cannot_carry_is_refused(text: str) -> None:
    with pytest.raises(ProtocolError, match="service_news cannot carry"):
        write(EventHead("client-1", 1, 0), ServiceNews(text))


def test_datagrams_stay_under_the_limit() -> None:
    head = EventHead("client-1", 1, 0)
    room = MAX_DATAGRAM_BYTES - len(write(head, ServiceNews("")))
    assert len(write(head, ServiceNews("x" * room))) == MAX_DATAGRAM_BYTES
    with pytest.raises(ProtocolError, match="8,004 bytes, and a datagram holds at most 8,000"):
        write(head, ServiceNews("x" * (room + 4)))
    with pytest.raises(ProtocolError, match="8,004 bytes came"):
        read_message(b"/" * 8004)


def test_a_list_cannot_promise_more_than_it_holds() -> None:
    for count in (-1, 2, 2**31 - 1):
        message = write_message("/synthmatch/instances", ["client-1", 1, count, 53280, "", 1, 0])
        with pytest.raises(ProtocolError):
            read_record(read_message(message), AnswerHead)


def test_a_hello_of_any_version_can_be_answered() -> None:
    for extra in ((), ("name",), (3.5, "more", 4)):
        message = write_message("/synthmatch/hello", ["token", "client-1", 1, 99, *extra])
        assert read_record(read_message(message), RequestHead) == Hello(99, "")
    ours = write_message("/synthmatch/hello", ["token", "client-1", 1, PROTOCOL_VERSION, 3.5])
    with pytest.raises(ProtocolError, match="Hello.name is 3.5"):
        read_record(read_message(ours), RequestHead)


def test_directions_are_kept_apart() -> None:
    message = read_message(write(AnswerHead("client-1", 1), Queued(1, 0)))
    with pytest.raises(ProtocolError, match="not in this direction"):
        read_record(message, RequestHead)
    with pytest.raises(ProtocolError, match="/synthmatch/queue_all came"):
        read_record(read_message(write_message("/synthmatch/queue_all", [])), RequestHead)


@pytest.mark.parametrize(
    "record",
    [
        WriteCandidate(0, 1),
        WriteCandidate(1, -1),
        StartMatch("a", count=0),
        StartMatch("a", seed=-1),
        StartMatch("a", budget_s=60.5),
        StartMatch("a", budget_s=-1.0),
        CandidateReady(1, 1, 1, Note(60, 0.0, 1.0), -1, 100.5, "a.fxp", "", ()),
    ],
)
def test_values_outside_their_limits_are_not_sent(record: Any) -> None:
    with pytest.raises(ProtocolError, match="must be from"):
        write(EventHead("client-1", 1, 0) if isinstance(record, CandidateReady) else HEAD, record)


def test_a_list_of_words_has_no_doubles_and_no_others() -> None:
    assert ("locks", "0..5") in [(f.name, f.allowed) for f in layout(StartMatch)]
    everything = get_args(fields.Lock)
    message = read_message(write(HEAD, StartMatch("a", locks=everything)))
    assert read_record(message, RequestHead).locks == everything
    with pytest.raises(ProtocolError, match="osc, osc.*at most once"):
        write(HEAD, StartMatch("a", locks=("osc", "osc")))
    like = flatten(StartMatch("a").like)
    start = message.arguments[: -6 - len(like)]
    for locks in (("lfos", "osc", "lfos"), ("pitch",), (*everything, "osc")):
        theirs = write_message(message.address, [*start, len(locks), *locks, *like])
        with pytest.raises(ProtocolError, match="StartMatch.locks"):
            read_record(read_message(theirs), RequestHead)


def test_a_report_of_any_length_can_be_told() -> None:
    differing = tuple(f"/param/a/osc/{n}/some/long/name" for n in range(766))
    report = WriteReport("differs", "patch", 53280, 0.5, 3, differing, "not as asked")
    answer = Written.of(report)
    assert answer.differing_count == 766
    assert read_record(
        read_message(write(AnswerHead("client-1", 1), answer)), AnswerHead
    ).report == (WriteReport("differs", "patch", 53280, 0.5, 3, differing[:20], "not as asked"))


def test_layout_says_what_is_written() -> None:
    assert [(f.name, f.tag, f.allowed) for f in layout(CandidateReady)][:6] == [
        ("job", "i", "1..2147483647"),
        ("candidate", "i", "1..2147483647"),
        ("rank", "i", "1..64"),
        ("note.pitch", "i", ""),
        ("note.on_s", "f", ""),
        ("note.off_s", "f", ""),
    ]
    (instances,) = layout(Instances)
    assert [f.name for f in instances.parts] == ["port", "patch", "answers", "shared"]
    written = write(AnswerHead("client-1", 1), Instances((Instance(53280, "pad", True),) * 2))
    assert read_message(written).arguments[2:] == (2, *(53280, "pad", 1, 0) * 2)


def test_addresses_are_as_the_names() -> None:
    assert address_of(WriteCandidate) == "/synthmatch/write_candidate"
    assert address_of(Status) == "/synthmatch/status"
    assert len(TABLE) == 13 + len(get_args(Answer)) + 6
    assert all(set(a) <= set("abcdefghijklmnopqrstuvwxyz_/") for a in TABLE)  # JUCE's too


def test_limits_are_those_of_the_rest() -> None:
    assert set(get_args(fields.Stage)) == set(get_args(pipeline.Stage))
    assert fields.MAX_COUNT == CLI_MAX_COUNT


def test_a_fault_keeps_its_kind_and_sentence() -> None:
    assert Refused.of(SurgeNotFoundError("no Surge XT")) == Refused(
        "surge_not_found", "no Surge XT"
    )
    note = Note(60, 0.0, 1.0)
    assert CandidateReady(1, 1, 1, note, -1, -1, "a.fxp", "", ()).distance == -1
