"""What a patch file says, in the words in which a running Surge XT answers: OSC addresses.

The file holds native values by storage name; Surge answers with parts of a range, options and
depths by address (conventions: Surge XT's OSC specification; the names of the modulation sources
are those of its ``/mod`` addresses).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from xml.etree import ElementTree

from backend.synth.patch_file import BODY_HEADER, Patch
from backend.synth.patch_xml import number, parse_xml, whole_number
from backend.synth.table import SurgeParameter, surge_table

#: Address parts of the modulation sources, by the number that patch files use.
SOURCES = (
    *("off", "vel", "keytrk", "pat", "at", "pb", "mw"),
    *(f"macro_{n}" for n in range(1, 9)),
    *("aeg", "feg"),
    *(f"vlfo_{n}" for n in range(1, 7)),
    *(f"slfo_{n}" for n in range(1, 7)),
    *("timbre", "rel_vel", "rand_bi", "rand_uni", "alt_bi", "alt_uni", "breath", "expr", "sus"),
    *("lowest_key", "highest_key", "latest_key"),
)
_LFOS = range(17, 29)
_INDEXED = (*_LFOS, 31, 32)
_OF_A_SCENE = (15, 16, *_LFOS, 38, 39, 40)

#: Option address -> attribute in the file, and what a missing attribute means (None: not known).
OPTIONS: dict[str, tuple[str, int | None]] = {
    "abs": ("absolute", 0),
    "enable": ("deactivated", None),
    "tempo_sync": ("temposync", 0),
    "extend": ("extend_range", None),
    "deform": ("deform_type", None),
    "const_rate": ("porta_const_rate", 0),
    "gliss": ("porta_gliss", 0),
    "retrig": ("porta_retrigger", 0),
    "curve": ("porta_curve", 0),
}

_BY_ATTRIBUTE = {attribute: option for option, (attribute, _) in OPTIONS.items()}

#: Kept by Surge XT as they are when a preset is loaded.
NOT_OF_THE_PATCH = ("fx_bypass",)


@dataclass(frozen=True)
class RoutingState:
    """Depth in the target's native units (None: Surge does not tell it), and whether muted."""

    depth: float | None
    muted: bool


@dataclass(frozen=True)
class PatchState:
    """A patch by OSC address.

    Args:
        natives: parameter address -> native value, for all that the file determines.
        options: option address (ends in ``+``) -> value as Surge answers it.
        routings: (source address, target address) -> depth and mute.
    """

    natives: dict[str, float]
    options: dict[str, float]
    routings: dict[tuple[str, str], RoutingState]


@cache
def by_address() -> dict[str, SurgeParameter]:
    """Return the table by OSC address."""
    return {parameter.osc: parameter for parameter in surge_table().parameters}


@cache
def _missing_options() -> dict[str, float]:
    return {
        f"{parameter.osc}/{option}+": float(missing)
        for parameter in surge_table().parameters
        for option, (_, missing) in OPTIONS.items()
        if missing is not None
    }


def patch_tree(patch: Patch) -> ElementTree.Element:
    """Return the patch's XML.

    Raises:
        PatchError: it is damaged.
    """
    _, size, *_ = BODY_HEADER.unpack_from(patch.body)
    return parse_xml(patch.body[BODY_HEADER.size : BODY_HEADER.size + size], patch.name)


def patch_state(patch: Patch) -> PatchState:
    """Return what Surge XT must answer once it has loaded the patch.

    Slots of effects that are off, which a file leaves out, have a type of 0 and nothing else.

    Raises:
        PatchError: the patch's XML is damaged.
    """
    natives: dict[str, float] = {}
    options = dict(_missing_options())
    routings: dict[tuple[str, str], RoutingState] = {}
    parameters = patch_tree(patch).find("parameters")
    assert parameters is not None, "read_fxp has looked"
    elements = {element.tag: element for element in parameters}
    for parameter in surge_table().parameters:
        element = elements.get(parameter.storage)
        if parameter.storage in NOT_OF_THE_PATCH:
            continue
        if element is None:
            if parameter.storage.startswith("fx") and parameter.storage.endswith("_type"):
                natives[parameter.osc] = 0.0
            continue
        natives[parameter.osc] = patch.natives[parameter.storage]
        for attribute in element.keys():
            if option := _BY_ATTRIBUTE.get(attribute):
                value = whole_number(element, attribute, patch.name)
                on = float(1 - value if option == "enable" else value)
                options[f"{parameter.osc}/{option}+"] = on
        for child in element.iter("modrouting"):
            source = whole_number(child, "source", patch.name)
            scene = whole_number(child, "source_scene", patch.name) if _has(child) else 0
            index = int(child.get("source_index", "0"))
            key = (routing_address(source, parameter.storage, index), parameter.osc)
            # Surge answers for scene A alone where a source of scene B moves something global.
            depth = None if scene else number(child, "depth", patch.name)
            routings[key] = RoutingState(depth, child.get("muted") == "1")
    return PatchState(natives, options, routings)


def routing_address(source: int, storage: str, index: int = 0) -> str:
    """Return the address of a modulation source as Surge answers it for a target."""
    name = SOURCES[source] if source < len(SOURCES) else "off"
    scene = ("b/" if storage.startswith("b_") else "a/") if source in _OF_A_SCENE else ""
    return f"/mod/{scene}{name}" + (f"/{index}" if source in _INDEXED else "")


def canonical(patch: Patch) -> tuple[str, bytes]:
    """Return the patch's content in a form in which equal sounds are equal.

    Left out is what a preset does not bring back: name and category (the file's place), the host's
    state, tempo and wheel, and the bypass of all effects.

    Raises:
        PatchError: the patch's XML is damaged.
    """
    root = patch_tree(patch)
    for tag in ("dawExtraState", "tempoOnSave", "modwheel"):
        for element in root.findall(tag):
            root.remove(element)
    for meta in root.findall("meta"):
        meta.attrib.pop("name", None)
        meta.attrib.pop("category", None)
    parameters = root.find("parameters")
    assert parameters is not None, "read_fxp has looked"
    for name in NOT_OF_THE_PATCH:
        for element in parameters.findall(name):
            parameters.remove(element)
    _, size, *_ = BODY_HEADER.unpack_from(patch.body)
    text = ElementTree.canonicalize(ElementTree.tostring(root, "unicode"), strip_text=True)
    tables = sum(BODY_HEADER.unpack_from(patch.body)[2:])
    start = BODY_HEADER.size + size
    return text, patch.body[start : start + tables]


def _has(child: ElementTree.Element) -> bool:
    return child.get("source_scene", "0") != "0"
