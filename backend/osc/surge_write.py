"""Two ways to put a patch into a running Surge XT, both verified by reading everything back.

The whole patch: Surge loads a file and says when it is done. The stream: what differs goes over as
parameters, oscillator and effect types first, because a type change resets what belongs to it some
blocks later. The whole patch is the way to use: it is faster, and the stream carries neither
wavetables, step sequences, envelopes drawn by hand, formulas, nor the name.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from backend.errors import LinkError
from backend.osc.codec import write_message
from backend.osc.patch_state import OPTIONS, PatchState, by_address, patch_state
from backend.osc.readback import Range, Readback, differences, fraction
from backend.osc.surge_paths import spoken_path
from backend.osc.surge_query import Conversation
from backend.records import WriteReport
from backend.synth.patch_file import Patch

MAX_ATTEMPTS = 3

#: Longest wait for Surge to say that a patch is loaded (it needs 10 to 60 ms).
LOADED_S = 1.5
#: The same when it has been sent again, only in case the first got lost.
LOADED_AGAIN_S = 0.5
#: Without an answer: the time a type change takes, several times over.
BLIND_PAUSE_S = 0.4
TYPES_S = 1.0
#: After an echo: time for effects to settle, before a difference counts.
SETTLE_S = 0.03
SETTLES = 3
#: Between bundles of 8 kB, so that no audio block finds more than Surge's 4,096 messages.
BUNDLE_PAUSE_S = 0.005

#: Bit n stands for the nth effect slot; over OSC each slot has an address of its own.
_FX_DISABLE = "/param/hidden/fx_disable"

HOW_TO_ANSWER = (
    "tick OSC Out in Surge XT (Menu > OSC Settings > Show OSC Settings...), with port {port} and "
    "address 127.0.0.1, and it can be verified."
)
QUEUED = (
    "Surge XT has the patch waiting: it takes it when its host runs audio again; start the host's "
    "audio, or play."
)


def silent_remark(ports: tuple[int, ...], taken: tuple[int, ...]) -> str:
    """Return what to tell the user of a Surge XT that does not answer."""
    if not ports:
        return (
            f"Surge XT's answers cannot be heard: another program has UDP port "
            f"{' and '.join(map(str, taken))}; close it, and the write can be verified."
        )
    return "Surge XT does not answer: " + HOW_TO_ANSWER.format(port=ports[0])


def load_patch(
    talk: Conversation, file: Path, patch: Patch, silent: str, loader: str = "/patch/load"
) -> WriteReport:
    """Have Surge XT load a patch file, and verify it.

    Args:
        talk: to the Surge XT.
        file: an ``.fxp``; for another loader a path that it takes, with the ending.
        patch: what the file says.
        silent: the remark where nothing answers.
        loader: ``/patch/load``, or ``/patch/load_user`` with a path below the user's patches.

    Raises:
        LinkError: nobody listens, or Surge XT does not find the file.
    """
    started = time.perf_counter()

    def report(
        state: Literal["verified", "unverified", "queued", "differs"],
        attempts: int,
        differing: tuple[str, ...] = (),
        remark: str = "",
    ) -> WriteReport:
        seconds = time.perf_counter() - started
        return WriteReport(state, "patch", talk.port, seconds, attempts, differing, remark)

    path = spoken_path(file) if loader == "/patch/load" else file.with_suffix("").as_posix()
    answering = talk.greet() is not None
    differing: tuple[str, ...] = ()
    wanted: PatchState | None = None
    for attempt in range(1, MAX_ATTEMPTS + 1):
        talk.send(loader, path)
        wanted = wanted or patch_state(patch)  # while Surge loads
        if not answering:
            return report("unverified", attempt, remark=silent)
        patience_s = LOADED_S if attempt == 1 else LOADED_AGAIN_S
        loaded = _wait_until_loaded(talk, path, patience_s)
        for _ in range(SETTLES):
            got = talk.read_all()
            if got is None:
                return report("unverified", attempt, remark=silent)
            differing = differences(wanted, got)
            if not differing:
                return report("verified", attempt)
            if not loaded:
                break
            time.sleep(SETTLE_S)
        if not loaded and attempt > 1:
            return report("queued", attempt, remark=QUEUED)
    return report("differs", MAX_ATTEMPTS, differing, _differs(differing))


def _wait_until_loaded(talk: Conversation, path: str, timeout_s: float) -> bool:
    """Wait until Surge XT says that it has loaded this file; other news may come before."""
    until = time.monotonic() + timeout_s
    while (left := until - time.monotonic()) > 0:
        answer = talk.wait_for("/patch/load", "/error", timeout_s=left)
        if answer is None:
            break
        text = str(answer[1][0]) if answer[1] else ""
        if answer[0] == "/error":
            if text.startswith("File not found"):
                raise LinkError(f"Surge XT cannot load the patch: {text}")
        elif text.replace("\\", "/").endswith(path.replace("\\", "/")):
            return True
    return False


def stream_patch(talk: Conversation, wanted: PatchState, silent: str) -> WriteReport:
    """Send what differs as single parameters, and verify it.

    Raises:
        LinkError: nobody listens.
    """
    started = time.perf_counter()
    before = talk.read_all() if talk.greet() is not None else None
    state: Literal["verified", "unverified", "queued", "differs"] = "differs"
    differing: tuple[str, ...] = ()
    remark = ""
    if before is None:
        _send_types(talk, wanted, None)
        time.sleep(BLIND_PAUSE_S)
        talk.send_all(_messages(wanted, None), BUNDLE_PAUSE_S)
        return WriteReport(
            "unverified", "stream", talk.port, time.perf_counter() - started, 1, (), silent
        )
    got, attempts = before, 0
    while attempts < MAX_ATTEMPTS:
        attempts += 1
        got = _send_types(talk, wanted, got)
        talk.send_all(_messages(wanted, got), BUNDLE_PAUSE_S)
        time.sleep(SETTLE_S)
        got = talk.read_all() or got
        differing = differences(wanted, got)
        if not differing:
            state = "verified"
            break
    else:
        remark = _differs(differing)
        if got.values == before.values and got.depths == before.depths:
            state, remark, differing = "queued", QUEUED, ()
    seconds = time.perf_counter() - started
    return WriteReport(state, "stream", talk.port, seconds, attempts, differing, remark)


def _send_types(talk: Conversation, wanted: PatchState, got: Readback | None) -> Readback:
    """Send the types that differ, wait until they are taken, and return what is held then."""
    types = {
        address: native
        for address, native in wanted.natives.items()
        if _is_type(address) and (got is None or got.values.get(address) != native)
    }
    if types:
        talk.send_all(
            [write_message(address, (native,)) for address, native in types.items()],
            BUNDLE_PAUSE_S,
        )
    if got is None or not types:
        return got or Readback()
    until = time.monotonic() + TYPES_S
    while time.monotonic() < until:
        time.sleep(SETTLE_S)
        taken = talk.read(types).values
        if all(taken.get(address) == native for address, native in types.items()):
            break
    time.sleep(SETTLE_S)  # the new type's own defaults arrive with it, or just after
    return talk.read_all() or got


def _messages(wanted: PatchState, got: Readback | None) -> Iterator[bytes]:
    """Yield options, values and routings that differ; all of them where nothing is known."""
    differing = None if got is None else set(differences(wanted, got))

    def to_send(address: str) -> bool:
        return differing is None or address in differing

    for address, value in wanted.options.items():
        if address in differing if differing is not None else _has_option(address):
            yield write_message(address, (value,))
    for address, native in sorted(wanted.natives.items(), key=lambda item: _order(item[0])):
        range_ = _range(address, got)
        if range_ is None or _is_type(address) or not to_send(address):
            continue
        if address == _FX_DISABLE:
            yield from _bypasses(int(native), got)
        else:
            yield write_message(address, (fraction(address, native, range_),))
    for source, target in () if got is None else got.depths.keys() - wanted.routings.keys():
        yield write_message(source, (target, 0.0))
    for (source, target), routing in wanted.routings.items():
        range_ = _range(target, got)
        if routing.depth is None or range_ is None or not to_send(f"{source} {target}"):
            continue
        depth = routing.depth / (range_.maximum - range_.minimum)
        yield write_message(source, (target, depth))
        mute = "/mod/mute/" + source.removeprefix("/mod/")
        yield write_message(mute, (target, float(routing.muted)))


def _has_option(address: str) -> bool:
    """Return whether a parameter has an option as long as types are those of our spaces."""
    parameter, _, option = address.rpartition("/")
    attribute, _ = OPTIONS[option.removesuffix("+")]
    return attribute in dict(by_address()[parameter].flags)


def _bypasses(mask: int, got: Readback | None) -> Iterator[bytes]:
    slots = [a for a in by_address() if a.startswith("/param/fx/") and a.endswith("/type")]
    known = ~mask if got is None else int(got.values.get(_FX_DISABLE, 0))
    for bit, address in enumerate(slots):
        if (mask ^ known) >> bit & 1:
            slot = address.removesuffix("type") + "deactivate"
            yield write_message(slot, (float(mask >> bit & 1),))


def _range(address: str, got: Readback | None) -> Range | None:
    if got is not None:
        return got.ranges.get(address)
    known = by_address()[address]
    if known.minimum is None or known.maximum is None:
        return Range("int", 0.0, 1.0) if address == _FX_DISABLE else None
    return Range(known.kind, known.minimum, known.maximum)


def _is_type(address: str) -> bool:
    parts = address.split("/")
    return parts[-1] == "type" and ("osc" in parts or "fx" in parts)


def _order(address: str) -> int:
    """Filter 2's offset mode rewrites its cutoff; a filter's type rewrites its subtype."""
    if "offset" in address:
        return 0
    return 1 if address.endswith("/type") else 2


def _differs(differing: tuple[str, ...]) -> str:
    return (
        f"Surge XT holds something else at {len(differing)} places ({', '.join(differing[:3])}); "
        "if its window or the host was moving controls, try again."
    )
