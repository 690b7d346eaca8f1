"""The XML of the patches we write: every base value and flag from our table, the rest fixed.

Surge leaves what a patch omits at defaults that differ from its own initial patch, so all is
written (patch revision 24, Surge XT 1.3.3 and later).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

from backend.synth.table import surge_table

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
    + "".join(f'<entry i="{i}" bipolar="0" v="0.00000000000000" label="-" />' for i in range(8))
    + '</customcontroller><lfobanklabels /><modwheel s0="0" s1="0" />'
    + '<compatability><correctlyTunedCombFilter v="1" /></compatability>'
    + '<tempoOnSave v="120.000000" /><dawExtraState populated="0" /></patch>'
)


class _Element(NamedTuple):
    """An XML element of a parameter: what stands around its value, and all of it with the base's.

    A search writes some hundred patches; most of each is the same.
    """

    kind: str
    start: str
    end: str
    base: str


def patch_xml(base: str, natives: Mapping[str, float], name: str) -> bytes:
    """Write the XML of a patch.

    Args:
        base: which base patch supplies what ``natives`` does not (``full`` or ``simple``).
        natives: storage name -> native value.
        name: printable patch name.

    Returns:
        UTF-8 bytes that depend on the arguments alone.
    """
    head, elements = _template(base)
    meta = (
        f'<meta name={quoteattr(name)} category="Synthmatch" comment="" '
        'author="Synthmatch" license=""><tags /></meta>'
    )
    written = [
        f'{one.start}"{_number(natives[storage], one.kind)}"{one.end}'
        if storage in natives
        else one.base
        for storage, one in elements
    ]
    return f"{head}{meta}<parameters>{''.join(written)}</parameters>{_TAIL}".encode()


@cache
def _template(base: str) -> tuple[str, tuple[tuple[str, _Element], ...]]:
    """Return the beginning of a patch, and storage names with their elements."""
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
        whole = f'{start}"{_number(value, parameter.kind)}"{end}'
        elements.append((parameter.storage, _Element(parameter.kind, start, end, whole)))
    head = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes" ?>'
        f'<patch revision="{table.patch_revision}">'
    )
    return head, tuple(elements)


def _number(value: float, kind: str) -> str:
    return f"{value:.14f}" if kind == "float" else str(round(value))
