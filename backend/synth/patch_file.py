"""Surge XT patches: write and read ``.fxp`` in pure Python, from our own table.

A *patch body* (``sub3`` header + XML + wavetables) is the heart of both an ``.fxp`` file and the
state that a host gives to Surge, so one writer serves files and renders. Layout: Surge's
``PatchFileHeaderStructs.h``; XML rules: patch revision 24 (Surge XT 1.3.3 and later).
"""

from __future__ import annotations

import os
import struct
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from backend.errors import OutputError, PatchError
from backend.records import ParameterSet
from backend.synth.spec import ParameterSpec, load_spec
from backend.synth.table import Routing, surge_table

FXP_HEADER = struct.Struct(">4sI4sI4sII28sI")  # magic, size, kind, version, id, version, n, name, size
BODY_HEADER = struct.Struct("<4sI6I")  # tag, XML bytes, wavetable bytes of the six oscillators
MAX_XML_BYTES = 4 * 1024 * 1024  # Surge refuses more
MAX_FILE_BYTES = 64 * 1024 * 1024  # six wavetables of the largest kind fit well within

#: The mix of each effect in the spaces, and the slot's bit in ``fx_disable``.
_MIX_BITS = (("fx1_p6", 1 << 0), ("fx2_p10", 1 << 1), ("fx9_p9", 1 << 8))

#: Everything after the parameters, as Surge writes it for a patch without step sequences, MSEGs,
#: formulae, macros, or anything of the host's (``dawExtraState`` unpopulated: no OSC settings).
_TAIL = (
    "<nonparamconfig>"
    + "".join(
        f'<{name}_{scene} v="{value}" />'
        for name, value in (
            *(("monoVoicePrority", 1), ("monoVoiceEnvelope", 0), ("polyVoiceRepeatedKeyMode", 0)),
        )
        for scene in (0, 1)
    )
    + '<hardclipmodes global="1" sc0="1" sc1="1" /><tuningApplicationMode v="1" /></nonparamconfig>'
    + "<extraoscdata>"
    + "".join(
        f'<osc_extra_sc{scene}_osc{osc} scene="{scene}" osc="{osc}" extra_n="0" />'
        for scene in (0, 1)
        for osc in (0, 1, 2)
    )
    + "</extraoscdata><stepsequences /><msegs /><formulae /><extralfo>"
    + "".join(
        f'<lfo scene="{scene}" i="{lfo}" extraAmplitude="0" />'
        for scene in (0, 1)
        for lfo in range(12)
    )
    + "</extralfo><customcontroller>"
    + "".join(
        f'<entry i="{i}" bipolar="0" v="0.00000000000000" label="-" />' for i in range(8)
    )
    + '</customcontroller><lfobanklabels /><modwheel s0="0" s1="0" />'
    + '<compatability><correctlyTunedCombFilter v="1" /></compatability>'
    + '<tempoOnSave v="120.000000" /><dawExtraState populated="0" /></patch>'
)


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
        natives["fx_disable"] = sum(bit for mix, bit in _MIX_BITS if natives.get(mix) == 0.0)
    head, elements = _template(spec.base)
    meta = (
        f'<meta name={quoteattr(_printable(name))} category="Synthmatch" comment="" '
        'author="Synthmatch" license=""><tags /></meta>'
    )
    written = [
        f'{start}"{_number(natives.get(storage, value), kind)}"{end}'
        for storage, kind, value, start, end in elements
    ]
    xml = f"{head}{meta}<parameters>{''.join(written)}</parameters>{_TAIL}".encode()
    return BODY_HEADER.pack(b"sub3", len(xml), 0, 0, 0, 0, 0, 0) + xml


def fxp_bytes(body: bytes, name: str) -> bytes:
    """Wrap a patch body as the contents of an ``.fxp`` file."""
    short = _printable(name).encode("ascii", "replace")[:27]
    return FXP_HEADER.pack(b"CcnK", 0, b"FPCh", 1, b"cjs3", 1, 1, short, len(body)) + body


def write_fxp(path: Path, parameters: ParameterSet, name: str) -> None:
    """Write an ``.fxp`` file, whole or not at all.

    Raises:
        OutputError: the file cannot be written.
    """
    write_whole(path, fxp_bytes(patch_body(parameters, name), name))


def write_whole(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path`` so that nobody ever sees half of it.

    Raises:
        OutputError: the folder is missing, read-only or full.
    """
    temporary = ""
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".part-", delete=False) as file:
            temporary = file.name
            file.write(data)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True) if temporary else None
        raise OutputError(
            f"cannot write {path}: {error.strerror or error}; choose another folder or free space"
        ) from error


def read_fxp(path: Path) -> Patch:
    """Read a Surge XT ``.fxp`` file of any origin.

    Raises:
        PatchError: the file is missing, too large, cut off, of another plugin, or hostile.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise PatchError(
                f"{path.name} is {path.stat().st_size:,} bytes; a Surge patch has at most "
                f"{MAX_FILE_BYTES:,}: choose a .fxp saved by Surge XT"
            )
        data = path.read_bytes()
    except OSError as error:
        raise PatchError(
            f"cannot read {path}: {error.strerror or error}; check the path"
        ) from error
    return parse_fxp(data, path.stem)


def parse_fxp(data: bytes, fallback_name: str) -> Patch:
    """Read the contents of an ``.fxp`` file.

    Raises:
        PatchError: as ``read_fxp``.
    """
    what = f"{fallback_name}.fxp"
    if len(data) < FXP_HEADER.size:
        raise PatchError(
            f"{what} has {len(data)} bytes; a preset file has at least {FXP_HEADER.size}: "
            "it is empty or cut off, save it again from Surge XT"
        )
    magic, _, kind, _, plugin, _, _, _, size = FXP_HEADER.unpack_from(data)
    if magic != b"CcnK" or kind != b"FPCh":
        raise PatchError(f"{what} is no .fxp preset with a data chunk: choose one saved by Surge XT")
    if plugin != b"cjs3":
        raise PatchError(
            f"{what} belongs to another plugin (id {plugin!r}, Surge XT is b'cjs3'): "
            "choose one saved by Surge XT"
        )
    body = data[FXP_HEADER.size :]
    if size != len(body):
        raise PatchError(
            f"{what} says {size:,} bytes of patch but holds {len(body):,}: it is cut off or "
            "damaged, save it again from Surge XT"
        )
    return parse_body(body, fallback_name)


def parse_body(body: bytes, fallback_name: str) -> Patch:
    """Read a patch body (``sub3`` + XML + wavetables).

    Raises:
        PatchError: as ``read_fxp``.
    """
    what = f"the patch {fallback_name}"
    if len(body) < BODY_HEADER.size or body[:4] != b"sub3":
        raise PatchError(f"{what} has no Surge patch header (sub3): save it again from Surge XT")
    _, xml_size, *wavetables = BODY_HEADER.unpack_from(body)
    if xml_size >= MAX_XML_BYTES or BODY_HEADER.size + xml_size + sum(wavetables) > len(body):
        raise PatchError(
            f"{what} announces {xml_size + sum(wavetables):,} bytes but holds "
            f"{len(body) - BODY_HEADER.size:,}: it is cut off or damaged, save it again from Surge XT"
        )
    root = _parse_xml(body[BODY_HEADER.size : BODY_HEADER.size + xml_size], what)
    parameters = root.find("parameters")
    if root.tag != "patch" or parameters is None:
        raise PatchError(f"{what} lists no parameters: save it again from Surge XT")
    try:
        natives = {element.tag: float(element.attrib["value"]) for element in parameters}
        routings = tuple(
            Routing(int(child.attrib["source"]), element.tag, float(child.attrib["depth"]))
            for element in parameters
            for child in element.iter("modrouting")
        )
        revision = int(root.attrib.get("revision", "0"))
    except (KeyError, ValueError) as error:
        raise PatchError(
            f"{what} has a parameter without a readable value ({error}): save it again from Surge XT"
        ) from error
    meta = root.find("meta")
    name = (meta.attrib.get("name", "") if meta is not None else "") or fallback_name
    return Patch(name, body, natives, routings, revision)


def spec_of(patch: Patch) -> ParameterSpec | None:
    """Return the parameter space a patch is a setting of, or None for a patch of another make."""
    for name in ("surge_full", "surge_simple"):
        spec = load_spec(name)
        inside = {parameter.surge.storage for parameter in spec.parameters}
        fixed = {
            p.storage: value
            for p in surge_table().parameters
            if p.storage not in inside and (value := p.base_value(spec.base)) is not None
        }
        same = all(abs(patch.natives.get(s, v) - v) < 1e-6 for s, v in fixed.items())
        if same and set(patch.routings) == set(surge_table().routings) and inside <= patch.natives.keys():
            return spec
    return None


def _parse_xml(text: bytes, what: str) -> ElementTree.Element:
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise PatchError(f"{what} declares XML entities, which Surge never writes: do not use it")
    try:
        return ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise PatchError(
            f"{what} holds damaged XML ({error}): save it again from Surge XT"
        ) from error


@cache
def _template(base: str) -> tuple[str, tuple[tuple[str, str, float, str, str], ...]]:
    table = surge_table()
    routed = {routing.target: routing for routing in table.routings}
    elements = []
    for parameter in table.parameters:
        value = parameter.base_value(base)
        if value is None:
            continue
        flags = "".join(f' {flag}="{on}"' for flag, on in parameter.flags)
        end = f"{flags} />"
        if routing := routed.get(parameter.storage):
            end = (
                f'{flags}><modrouting source="{routing.source}" depth="{routing.depth:g}" '
                f'muted="0" source_index="0" /></{parameter.storage}>'
            )
        kind = "2" if parameter.kind == "float" else "0"
        start = f'<{parameter.storage} type="{kind}" value='
        elements.append((parameter.storage, parameter.kind, value, start, end))
    head = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes" ?>'
        f'<patch revision="{table.patch_revision}">'
    )
    return head, tuple(elements)


def _number(value: float, kind: str) -> str:
    return f"{value:.14f}" if kind == "float" else str(round(value))


def _printable(name: str) -> str:
    return "".join(c for c in name if c.isprintable() and not 0xD800 <= ord(c) <= 0xDFFF)
