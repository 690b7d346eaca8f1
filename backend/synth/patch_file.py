"""Surge XT patches: write and read ``.fxp`` in pure Python, from our own table.

A *patch body* (``sub3`` header + XML + wavetables) is the heart of both an ``.fxp`` file and the
state that a host gives to Surge, so one writer serves files and renders. Layout: Surge's
``PatchFileHeaderStructs.h``; XML rules: patch revision 24 (Surge XT 1.3.3 and later).
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from pathlib import Path

from backend.errors import ParameterError, PatchError
from backend.files import write_whole
from backend.records import Note, ParameterSet
from backend.synth.patch_template import patch_xml
from backend.synth.patch_xml import number, parse_xml, printable, whole_number
from backend.synth.spec import ParameterSpec, load_spec
from backend.synth.table import Routing, surge_table

# magic, size, kind, version, plugin, plugin version, programs, name, body bytes
FXP_HEADER = struct.Struct(">4sI4sI4sII28sI")
BODY_HEADER = struct.Struct("<4sI6I")  # tag, XML bytes, wavetable bytes of the six oscillators
MAX_XML_BYTES = 4 * 1024 * 1024  # Surge refuses more
MAX_FILE_BYTES = 64 * 1024 * 1024  # six wavetables of the largest kind fit well within
MAX_NAME = 100  # characters of a patch name; the longest that ships with Surge has 49
TEMPO_REVISION = 23  # from here on Surge crashes on a patch without tempoOnSave

#: The mix of each effect in the spaces, and the slot's bit in ``fx_disable``.
_MIX_BITS = (("fx1_p6", 1 << 0), ("fx2_p10", 1 << 1), ("fx9_p9", 1 << 8))

#: Chorus and delay switched off ahead of a reverb that sounds; its modulation would start late.
_REVERB_ALONE = (1 << 0) | (1 << 1)


@dataclass(frozen=True)
class Patch:
    """What a patch file says.

    Args:
        name: the patch's own name for itself, or the file's stem.
        body: ``sub3`` body, ready to be given to a hosted Surge.
        natives: storage name -> native value, for every parameter the file writes.
        routings: the modulations whose targets and sources the file names.
        revision: the patch revision.
    """

    name: str
    body: bytes
    natives: dict[str, float]
    routings: tuple[Routing, ...]
    revision: int


def patch_body(parameters: ParameterSet, name: str, *, rest_dry_effects: bool = False) -> bytes:
    """Write a parameter set as a Surge patch body.

    Args:
        parameters: a complete setting of one of our parameter spaces.
        name: patch name stored in the file's own metadata.
        rest_dry_effects: switch off effects whose mix is 0, which saves a renderer a fifth of its
            time and changes no sample; never for a patch that a person gets.

    Returns:
        Bytes that depend on the arguments alone.

    Raises:
        ParameterError: the set is not of its space.
    """
    spec = load_spec(parameters.spec_name)
    natives = spec.natives(parameters)
    if rest_dry_effects:
        resting = sum(bit for mix, bit in _MIX_BITS if natives.get(mix) == 0.0)
        natives["fx_disable"] = 1 << 0 if resting == _REVERB_ALONE else resting
    xml = patch_xml(spec.base, natives, printable(name, MAX_NAME))
    return BODY_HEADER.pack(b"sub3", len(xml), 0, 0, 0, 0, 0, 0) + xml


def fxp_bytes(body: bytes, name: str) -> bytes:
    """Wrap a patch body as the contents of an ``.fxp`` file."""
    short = printable(name, 27).encode("ascii", "replace")
    return FXP_HEADER.pack(b"CcnK", 0, b"FPCh", 1, b"cjs3", 1, 1, short, len(body)) + body


def write_fxp(path: Path, parameters: ParameterSet, name: str) -> None:
    """Write an ``.fxp`` file, whole or not at all.

    Raises:
        OutputError: the file cannot be written.
    """
    write_whole(path, fxp_bytes(patch_body(parameters, name), name))


def read_fxp(path: Path) -> Patch:
    """Read a Surge XT ``.fxp`` file of any origin.

    Raises:
        PatchError: the file is missing, too large, cut off, of another plugin, or hostile.
    """
    what = printable(str(path), 200)
    try:
        if path.exists() and not path.is_file():  # a pipe or device would never end
            raise PatchError(f"{what} is no file; choose a .fxp saved by Surge XT")
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or error
        raise PatchError(f"cannot read {what}: {reason}; check the path") from error
    if len(data) > MAX_FILE_BYTES:
        raise PatchError(
            f"{what} is larger than {MAX_FILE_BYTES:,} bytes, the most a Surge patch has: "
            "choose a .fxp saved by Surge XT"
        )
    return parse_fxp(data, path.stem)


def parse_fxp(data: bytes, fallback_name: str) -> Patch:
    """Read the contents of an ``.fxp`` file.

    Raises:
        PatchError: as ``read_fxp``.
    """
    what = f"{printable(fallback_name, MAX_NAME)}.fxp"
    if len(data) < FXP_HEADER.size:
        raise PatchError(
            f"{what} has {len(data)} bytes; a preset file has at least {FXP_HEADER.size}: "
            "it is empty or cut off, save it again from Surge XT"
        )
    magic, _, kind, _, plugin, _, _, _, size = FXP_HEADER.unpack_from(data)
    if magic != b"CcnK" or kind != b"FPCh":
        raise PatchError(f"{what} is no .fxp preset with a patch: choose one saved by Surge XT")
    if plugin != b"cjs3":
        raise PatchError(
            f"{what} belongs to another plugin (id {plugin!r}, Surge XT is b'cjs3'): "
            "choose one saved by Surge XT"
        )
    body = data[FXP_HEADER.size :]
    if size > len(body):  # less is harmless: a patch that ships with Surge has a byte to spare
        raise PatchError(
            f"{what} says {size:,} bytes of patch but holds {len(body):,}: it is cut off or "
            "damaged, save it again from Surge XT"
        )
    return parse_body(body[:size], fallback_name)


def parse_body(body: bytes, fallback_name: str) -> Patch:
    """Read a patch body (``sub3`` + XML + wavetables).

    The returned body carries no host state (MIDI, tuning and OSC settings of whoever saved it),
    which would outlast the patch in the Surge that plays it.

    Raises:
        PatchError: as ``read_fxp``.
    """
    fallback_name = printable(fallback_name, MAX_NAME)
    what = f"the patch {fallback_name}"
    if len(body) < BODY_HEADER.size or body[:4] != b"sub3":
        raise PatchError(f"{what} has no Surge patch header (sub3): save it again from Surge XT")
    _, xml_size, *wavetables = BODY_HEADER.unpack_from(body)
    if xml_size >= MAX_XML_BYTES or BODY_HEADER.size + xml_size + sum(wavetables) > len(body):
        raise PatchError(
            f"{what} announces {xml_size + sum(wavetables):,} bytes but holds "
            f"{len(body) - BODY_HEADER.size:,}: it is cut off or damaged, save it again from "
            "Surge XT"
        )
    xml_end = BODY_HEADER.size + xml_size
    root = parse_xml(body[BODY_HEADER.size : xml_end], what)
    parameters = root.find("parameters")
    if root.tag != "patch" or parameters is None:
        raise PatchError(f"{what} lists no parameters: save it again from Surge XT")
    revision = whole_number(root, "revision", what) if "revision" in root.attrib else 0
    if revision >= TEMPO_REVISION and root.find("tempoOnSave") is None:
        raise PatchError(f"{what} lacks its tempo, without which Surge XT crashes: do not use it")
    natives = {element.tag: number(element, "value", what) for element in parameters}
    if len(natives) < len(parameters):
        raise PatchError(f"{what} lists a parameter twice: save it again from Surge XT")
    routings = tuple(
        Routing(whole_number(child, "source", what), element.tag, number(child, "depth", what))
        for element in parameters
        for child in element.iter("modrouting")
    )
    host_state = root.find("dawExtraState")
    if host_state is not None and host_state.get("populated", "0") != "0":
        body = _without_host_state(body, xml_end, what)
    meta = root.find("meta")
    name = printable(meta.get("name", "") if meta is not None else "", MAX_NAME) or fallback_name
    return Patch(name, body, natives, routings, revision)


def spec_of(patch: Patch) -> ParameterSpec | None:
    """Return the parameter space a patch is a setting of, or None for a patch of another make."""
    for name in ("surge_full", "surge_simple"):
        spec = load_spec(name)
        if sets_outside(patch, spec):
            continue
        try:
            spec.from_natives(patch.natives, Note(spec.pitch_low, 0.0, spec.duration_s))
        except ParameterError:
            continue
        return spec
    return None


def sets_outside(patch: Patch, spec: ParameterSpec, but: frozenset[str] = frozenset()) -> bool:
    """Return whether a patch differs from a space's base patch in what the space does not set.

    Args:
        patch: of any origin.
        spec: the parameter space.
        but: storage names that do not count, nor what is routed to them.
    """
    inside = but.union(parameter.surge.storage for parameter in spec.parameters)
    fixed = {
        p.storage: value
        for p in surge_table().parameters
        if p.storage not in inside and (value := p.base_value(spec.base)) is not None
    }
    theirs, ours = (
        {routing for routing in routings if routing.target not in but}
        for routings in (patch.routings, surge_table().routings)
    )
    same = all(abs(patch.natives.get(s, v) - v) < 1e-6 for s, v in fixed.items())
    return not same or theirs != ours


def _without_host_state(body: bytes, xml_end: int, what: str) -> bytes:
    """Mark the host state as absent, in place: sizes and everything else stay."""
    start = BODY_HEADER.size
    empty = b'<dawExtraState populated="0"'
    xml = re.sub(
        rb"<dawExtraState\b[^<>]*?(?=/?>)",
        lambda found: empty.ljust(len(found[0])) if len(found[0]) >= len(empty) else found[0],
        body[start:xml_end],
    )
    state = parse_xml(xml, what).find("dawExtraState")
    if len(xml) != xml_end - start or state is None or state.get("populated") != "0":
        raise PatchError(f"{what} hides settings of another host: save it again from Surge XT")
    return body[:start] + xml + body[xml_end:]
