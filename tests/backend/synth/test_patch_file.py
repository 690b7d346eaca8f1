from __future__ import annotations

import math
import os
import struct
import threading
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.errors import OutputError, ParameterError, PatchError
from backend.records import Note, ParameterSet
from backend.synth.draw_parameters import draw_parameters
from backend.synth.patch_file import (
    BODY_HEADER,
    FXP_HEADER,
    MAX_FILE_BYTES,
    MAX_NAME,
    fxp_bytes,
    parse_body,
    parse_fxp,
    patch_body,
    read_fxp,
    spec_of,
    write_fxp,
)
from backend.synth.renderer import SurgeRenderer
from backend.synth.spec import load_spec
from backend.synth.table import surge_table

SPACES = ("surge_simple", "surge_full")
NOTE = Note(60, 0.0, 1.0)
MIXES = ("fx1_p6", "fx2_p10", "fx9_p9")


def drawn(name: str, index: int = 7) -> ParameterSet:
    return draw_parameters(load_spec(name), index)


def xml_of(body: bytes) -> bytes:
    size = BODY_HEADER.unpack_from(body)[1]
    return body[BODY_HEADER.size : BODY_HEADER.size + size]


def body_of(xml: bytes) -> bytes:
    return BODY_HEADER.pack(b"sub3", len(xml), 0, 0, 0, 0, 0, 0) + xml


def elements(body: bytes) -> dict[str, ElementTree.Element]:
    parameters = ElementTree.fromstring(xml_of(body)).find("parameters")
    assert parameters is not None
    return {element.tag: element for element in parameters}


@pytest.mark.parametrize("name", SPACES)
def test_bytes_depend_on_the_arguments_alone(name: str, tmp_path: Path) -> None:
    first = fxp_bytes(patch_body(drawn(name), "bell"), "bell")
    assert fxp_bytes(patch_body(drawn(name), "bell"), "bell") == first
    write_fxp(tmp_path / "a.fxp", drawn(name), "bell")
    assert (tmp_path / "a.fxp").read_bytes() == first
    assert patch_body(drawn(name, 8), "bell") != patch_body(drawn(name), "bell")


@pytest.mark.parametrize("name", SPACES)
def test_a_written_patch_reads_back_as_the_same_set(name: str, tmp_path: Path) -> None:
    spec = load_spec(name)
    for index in range(40):
        parameters = drawn(name, index)
        write_fxp(tmp_path / "x.fxp", parameters, "x")
        patch = read_fxp(tmp_path / "x.fxp")
        assert patch.revision == 24 and patch.name == "x"
        assert set(patch.routings) == set(surge_table().routings) and len(patch.routings) == 6
        natives = spec.natives(parameters)
        assert {s: np.float32(patch.natives[s]) for s in natives} == {
            s: np.float32(v) for s, v in natives.items()
        }
        assert spec_of(patch) is spec
        again = spec.from_natives(patch.natives, parameters.note)
        assert np.array_equal(spec.encode(again), spec.encode(parameters))


def test_container_is_laid_out_as_surge_reads_it() -> None:
    body = patch_body(drawn("surge_full"), "bell")
    data = fxp_bytes(body, "bell")
    assert data[:28] == b"CcnK\0\0\0\0FPCh\0\0\0\1cjs3\0\0\0\1\0\0\0\1"
    assert data[28:56] == b"bell".ljust(28, b"\0")
    assert int.from_bytes(data[56:60], "big") == len(data) - 60
    assert data[60:64] == b"sub3" and data[68:92] == bytes(24)
    assert int.from_bytes(data[64:68], "little") == len(data) - 92
    assert data[92:].startswith(b'<?xml version="1.0" encoding="UTF-8" standalone="yes" ?><patch')


@pytest.mark.parametrize("name", SPACES)
def test_flags_and_base_values_that_surge_needs(name: str) -> None:
    body = patch_body(drawn(name), "x")
    root = ElementTree.fromstring(xml_of(body))
    rows = elements(body)
    assert root.get("revision") == "24"
    tempo, host_state = root.find("tempoOnSave"), root.find("dawExtraState")
    assert tempo is not None and float(tempo.attrib["v"]) == 120.0  # Surge crashes without it
    assert host_state is not None and host_state.attrib == {"populated": "0"}
    assert len(host_state) == 0
    assert b"osc_port" not in body.lower() and b"oscport" not in body.lower()

    # Left out, "deactivated" would mean true and the module would be off.
    for storage in ("a_filter1_type", "a_filter2_type", "a_ws_type", "a_lfo0_delay"):
        assert rows[storage].get("deactivated", "0") == "0", storage
    for storage, element in rows.items():
        kind = next(p.kind for p in surge_table().parameters if p.storage == storage)
        assert element.get("type") == ("2" if kind == "float" else "0"), storage
        if kind != "float":
            int(element.attrib["value"])
    for storage in ("volume", "fx_bypass"):  # kept from the patch before where left out
        assert storage in rows

    types = {f"a_osc{osc}_type": 8 for osc in (1, 2, 3)}  # Modern
    types |= {"scenemode": 0, "scene_active": 0, "a_lfo0_trigmode": 1, "fx_disable": 0}
    if name == "surge_full":
        types |= {"fx1_type": 9, "fx2_type": 1, "fx9_type": 11}  # Chorus, Delay, Reverb 2
        for storage in ("fx2_p0", "fx2_p1"):
            assert rows[storage].get("temposync") == "1"
        assert all(f"fx{slot}_p{i}" in rows for slot in (1, 2, 9) for i in range(12))
    else:
        assert not any(storage.startswith(("fx1_", "fx2_", "fx9_")) for storage in rows)
    assert {s: int(rows[s].attrib["value"]) for s in types} == types
    assert not any(
        element.get("temposync") == "1" and storage not in ("fx2_p0", "fx2_p1")
        for storage, element in rows.items()
    )
    routings = {
        (s, r.attrib["source"], float(r.attrib["depth"]), r.attrib["muted"])
        for s, element in rows.items()
        for r in element.iter("modrouting")
    }
    assert routings == {(r.target, str(r.source), r.depth, "0") for r in surge_table().routings}


def test_delay_times_are_snapped_to_notes() -> None:
    spec = load_spec("surge_full")
    parameters = drawn("surge_full")
    labels = next(p.labels for p in spec.parameters if p.name == "fx_a2_delay_time_left")
    fractions = (0.0, math.log2(4 / 3), math.log2(1.5))
    seen = set()
    for label in labels:
        values = {**parameters.values, "fx_a2_delay_time_left": label}
        patch = parse_body(patch_body(ParameterSet(spec.name, values, NOTE), "x"), "x")
        native = patch.natives["fx2_p0"]
        assert min(abs(native - math.floor(native) - fraction) for fraction in fractions) < 1e-12
        seen.add(native)
    assert len(seen) == len(labels) == 16


@pytest.mark.parametrize(
    ("wet", "disabled"),
    [
        ((), 1 + 2 + 256),
        (("fx1_p6",), 2 + 256),
        (("fx2_p10",), 1 + 256),
        (("fx1_p6", "fx2_p10"), 256),
        (("fx9_p9",), 1),  # something must run ahead of the reverb, or it starts late
        (("fx1_p6", "fx9_p9"), 2),
        (("fx2_p10", "fx9_p9"), 1),
        (("fx1_p6", "fx2_p10", "fx9_p9"), 0),
    ],
)
def test_dry_effects_rest(wet: tuple[str, ...], disabled: int) -> None:
    spec, base = load_spec("surge_full"), drawn("surge_full")
    mixes = {p.name: p.surge.storage for p in spec.parameters if p.surge.storage in MIXES}
    assert len(mixes) == 3
    chosen = {name: 0.5 if storage in wet else 0.0 for name, storage in mixes.items()}
    parameters = ParameterSet(spec.name, {**base.values, **chosen}, NOTE)
    plain = parse_body(patch_body(parameters, "x"), "x").natives
    rested = parse_body(patch_body(parameters, "x", rest_dry_effects=True), "x").natives
    assert (plain.pop("fx_disable"), rested.pop("fx_disable")) == (0, disabled)
    assert rested == plain


def test_nothing_rests_in_a_space_without_effects() -> None:
    parameters = drawn("surge_simple")
    assert patch_body(parameters, "x", rest_dry_effects=True) == patch_body(parameters, "x")


def test_a_set_outside_its_space_is_not_written(tmp_path: Path) -> None:
    parameters = drawn("surge_simple")
    bad = ParameterSet("surge_simple", {**parameters.values, "a_highpass": 2.0}, NOTE)
    with pytest.raises(ParameterError, match="a_highpass"):
        write_fxp(tmp_path / "x.fxp", bad, "x")
    assert list(tmp_path.iterdir()) == []


HOSTILE_NAMES = [
    'say "hi" <b>&amp;\'</b>',
    "Ünïcödé 日本語 🎹",
    "line\nbreak\ttab\r\x00\x1b[31m\x9b",
    "\ud800lone\udfff",
    "\u202eright to left",
    "x" * 300,
    "]]><!-- <?pi?> <!DOCTYPE a>",
    "\ufffe\uffff",
    "",
]


@settings(max_examples=150, deadline=None)
@given(name=st.text(alphabet=st.characters(), max_size=300))
def test_any_name_is_stored_readably(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_hostile_names_are_stored_readably(name: str) -> None:
    check_name(name)


def check_name(name: str) -> None:
    data = fxp_bytes(patch_body(drawn("surge_simple"), name), name)
    patch = parse_fxp(data, "fallback")
    expected = "".join(c if c.isprintable() else " " for c in name).strip()[:MAX_NAME].strip()
    assert patch.name.strip() == (expected or "fallback")
    assert patch.name.isprintable() and len(patch.name) <= MAX_NAME
    assert len(patch.natives) == len(parse_fxp(PLAIN["surge_simple"], "x").natives)
    short = FXP_HEADER.unpack_from(data)[7]
    assert short[-1:] == b"\0" and short.rstrip(b"\0").decode("ascii").isprintable()


PLAIN = {name: fxp_bytes(patch_body(drawn(name), "x"), "x") for name in SPACES}


def with_xml(change: dict[str, str] | None = None, xml: bytes | None = None) -> bytes:
    text = xml if xml is not None else xml_of(PLAIN["surge_simple"][60:])
    for old, new in (change or {}).items():
        assert old.encode() in text, old
        text = text.replace(old.encode(), new.encode(), 1)
    return fxp_bytes(body_of(text), "x")


def refused(data: bytes, match: str) -> None:
    with pytest.raises(PatchError, match=match) as caught:
        parse_fxp(data, "my sound")
    assert str(caught.value).isprintable() and len(str(caught.value)) < 400


def test_other_files_are_refused() -> None:
    data = PLAIN["surge_simple"]
    refused(data[:16] + b"XfsX" + data[20:], "belongs to another plugin.*XfsX.*Surge XT")
    refused(data[:8] + b"FxCk" + data[12:], "no .fxp preset")
    refused(b"RIFF" + data[4:], "no .fxp preset")
    refused(b"", "has 0 bytes.*empty or cut off")
    refused(data[:60], "cut off")
    refused(data[:60] + b"sub2" + data[64:], "no Surge patch header")


def test_a_file_cut_off_anywhere_is_refused() -> None:
    data = PLAIN["surge_full"]
    ends = {*range(400), *range(400, len(data), 97), *range(len(data) - 200, len(data))}
    for end in sorted(ends):
        with pytest.raises(PatchError, match="cut off"):
            parse_fxp(data[:end], "x")


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0x80000000, 4 * 1024 * 1024])
def test_enormous_sizes_are_refused_at_once(size: int) -> None:
    data = PLAIN["surge_simple"]
    refused(data[:56] + struct.pack(">I", size) + data[60:], f"says {size:,} bytes")
    refused(data[:64] + struct.pack("<I", size) + data[68:], f"announces {size:,} bytes")
    for oscillator in range(6):
        where = 68 + 4 * oscillator
        refused(data[:where] + struct.pack("<I", size) + data[where + 4 :], "announces")


def test_a_byte_to_spare_is_harmless() -> None:
    """A factory patch of Surge XT 1.3 ("Bass 3") has one."""
    assert parse_fxp(PLAIN["surge_simple"] + b"\0", "x") == parse_fxp(PLAIN["surge_simple"], "x")


@pytest.mark.parametrize(
    "value",
    ["nan", "-nan", "inf", "-Infinity", "1e999", "1e39", "-4e38", "", "x", "1_0", "0x10", "٣"]
    + ["1 2", "1,5", "--1", "9" * 400, "1" * 100_000 + "x"],
)
def test_values_no_parameter_can_hold_are_refused(value: str) -> None:
    start = '<a_env1_attack type="2" value='
    native = parse_fxp(PLAIN["surge_simple"], "x").natives["a_env1_attack"]
    data = with_xml({f'{start}"{native:.14f}"': f'{start}"{value}"'})
    refused(data, "my sound has value=.*<a_env1_attack>, which must be a finite number")


def test_broken_parameters_are_refused() -> None:
    start = '<a_env1_attack type="2" value='
    refused(with_xml({start: start.replace("value", "valu")}), "value='?nothing")
    refused(with_xml({"<a_env1_attack ": "<a_env1_decay "}), "lists a parameter twice")
    refused(with_xml({'source="17"': 'source="1e1"'}), "has source='1e1' in <modrouting>")
    refused(with_xml({'depth="130"': 'depth="nan"'}), "has depth='nan' in <modrouting>")
    refused(with_xml({'revision="24"': 'revision="99999999999"'}), "has revision=")
    refused(with_xml({"<patch ": "<batch ", "</patch>": "</batch>"}), "lists no parameters")
    refused(with_xml(xml=b"<patch revision='24'/>"), "lists no parameters")


def test_a_patch_that_would_crash_surge_is_refused() -> None:
    without = {'<tempoOnSave v="120.000000" />': ""}
    refused(with_xml(without), "lacks its tempo, without which Surge XT crashes")
    old = parse_fxp(with_xml({**without, 'revision="24"': 'revision="22"'}), "x")
    assert old.revision == 22


BILLION_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE patch [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">'
        for before, name in zip("abcdefghi", "bcdefghij", strict=True)
    )
    + ']><patch revision="24"><meta name="&j;"/><parameters/><tempoOnSave v="120"/></patch>'
)
OUTSIDE = (
    '<?xml version="1.0"{}?><!DOCTYPE patch [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    '<patch revision="22"><meta name="&x;"/><parameters/></patch>'
)


def test_entities_are_refused() -> None:
    refused(with_xml(xml=BILLION_LAUGHS.encode()), "declares XML entities")
    refused(with_xml(xml=OUTSIDE.format("").encode()), "declares XML entities")
    refused(with_xml(xml=b"\xef\xbb\xbf" + OUTSIDE.format("").encode()), "declares XML entities")
    refused(with_xml({"<tags />": "<tags>&nope;</tags>"}), "damaged XML .*undefined entity")
    refused(with_xml({"<tags />": f"<tags>&{'n' * 9999};</tags>"}), "damaged XML")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7"])
def test_entities_behind_another_encoding_are_refused(encoding: str) -> None:
    declared = OUTSIDE.format(f' encoding="{encoding}"')
    for text in (declared, OUTSIDE.format("")):
        refused(with_xml(xml=text.encode(encoding)), "damaged XML|declares XML entities")


@pytest.mark.parametrize("levels", [33, 100_000, 590_000])
def test_deep_nesting_is_refused(levels: int) -> None:
    for inside in (b"<a>" * levels + b"</a>" * levels, b"<a>" * levels):
        xml = b'<patch revision="22"><parameters>' + inside + b"</parameters></patch>"
        if len(xml) < 4 * 1024 * 1024:
            refused(with_xml(xml=xml), "nests XML more than 32 deep")


def test_a_great_many_elements_are_read_in_reasonable_time() -> None:
    rows = b"".join(b'<p%d value="1"/>' % i for i in range(150_000))
    xml = b'<patch revision="22"><parameters>' + rows + b"</parameters></patch>"
    assert len(parse_fxp(with_xml(xml=xml), "x").natives) == 150_000


def test_old_patches_with_harmless_faults_are_read() -> None:
    """Five patches that ship with Surge XT 1.3 have one of these."""
    latin = xml_of(PLAIN["surge_simple"][60:]).replace(b'comment=""', b'comment="caf\xe9 \xb5"')
    assert parse_fxp(with_xml(xml=latin), "x").natives
    reference = {'comment=""': 'comment="a&#x1;b&#11;"', 'name="x"': 'name="a&#65;&#x1F3B9;"'}
    assert parse_fxp(with_xml(reference), "x").name == "aA🎹"


@pytest.mark.parametrize(
    "state",
    [
        '<dawExtraState populated="1"><mpe v="1" /></dawExtraState>',
        '<dawExtraState populated="1"/>',
        '<dawExtraState\n populated = "2" other="x" />',
    ],
)
def test_settings_of_another_host_are_taken_out_of_the_body(state: str) -> None:
    """They would outlast the patch in the Surge that plays it."""
    data = with_xml({'<dawExtraState populated="0" />': state})
    patch = parse_fxp(data, "x")
    assert len(patch.body) == len(data) - 60
    found = ElementTree.fromstring(xml_of(patch.body)).find("dawExtraState")
    assert found is not None and found.attrib == {"populated": "0"}
    assert parse_body(patch.body, "x") == patch


def test_settings_of_another_host_cannot_be_hidden() -> None:
    hidden = '<dawExtraState a=">" populated="1" />'
    refused(with_xml({'<dawExtraState populated="0" />': hidden}), "hides settings")


def test_a_patch_of_another_make_has_no_space() -> None:
    change = {'<a_osc1_type type="0" value="8"': '<a_osc1_type type="0" value="0"'}
    assert spec_of(parse_fxp(with_xml(change), "x")) is None
    assert spec_of(parse_fxp(with_xml({'source="17"': 'source="18"'}), "x")) is None
    native = parse_fxp(PLAIN["surge_simple"], "x").natives["a_env1_attack"]
    start = '<a_env1_attack type="2" value='
    turned = with_xml({f'{start}"{native:.14f}"': f'{start}"4.5"'})  # longer than is ever drawn
    assert spec_of(parse_fxp(turned, "x")) is None


def test_reading_what_is_no_file(tmp_path: Path) -> None:
    for path in (tmp_path / "none.fxp", tmp_path / "none.fxp" / "x", Path("a\0b.fxp")):
        with pytest.raises(PatchError, match="cannot read .*check the path"):
            read_fxp(path)
    with pytest.raises(PatchError, match="is no file"):
        read_fxp(tmp_path)
    with pytest.raises(PatchError, match="has 0 bytes"):
        (tmp_path / "empty.fxp").touch()
        read_fxp(tmp_path / "empty.fxp")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_does_not_hang_the_reader(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.fxp")
    caught: list[str] = []

    def read() -> None:
        try:
            read_fxp(tmp_path / "pipe.fxp")
        except PatchError as error:
            caught.append(str(error))

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    thread.join(5)
    assert not thread.is_alive() and "is no file" in caught[0]


def test_a_file_too_large_is_refused_without_reading_it(tmp_path: Path) -> None:
    with (tmp_path / "big.fxp").open("wb") as file:
        file.truncate(MAX_FILE_BYTES * 100)  # sparse
    with pytest.raises(PatchError, match="larger than"):
        read_fxp(tmp_path / "big.fxp")


def test_a_name_of_the_file_stands_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "two\nlines.fxp"
    path.write_bytes(b"nothing")
    with pytest.raises(PatchError, match="two lines.fxp has 7 bytes"):
        read_fxp(path)


def test_writing_where_one_cannot(tmp_path: Path) -> None:
    (tmp_path / "folder.fxp").mkdir()
    for path in (tmp_path / "none" / "x.fxp", tmp_path / "folder.fxp", Path("a\0b")):
        with pytest.raises(OutputError, match="cannot be written"):
            write_fxp(path, drawn("surge_simple"), "x")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.fxp"]


@pytest.mark.surge
@pytest.mark.parametrize(("name", "count"), [("surge_full", 200), ("surge_simple", 50)])
def test_surge_reads_every_native_and_routing_as_written(
    surge: SurgeRenderer, name: str, count: int, tmp_path: Path
) -> None:
    spec = load_spec(name)
    rng = np.random.default_rng(1)
    for _ in range(count):
        parameters = spec.decode(rng.uniform(-1, 1, spec.width))
        write_fxp(tmp_path / "x.fxp", parameters, "x")
        surge.load(read_fxp(tmp_path / "x.fxp").body)
        saved = parse_body(surge.saved_body(), "x")
        expected = {s: np.float32(v) for s, v in spec.natives(parameters).items()}
        assert {s: np.float32(saved.natives[s]) for s in expected} == expected
        assert len(expected) == len(spec.parameters)
        assert len(saved.routings) == 6
        assert set(saved.routings) == set(surge_table().routings)
        assert spec_of(saved) is spec


@pytest.mark.surge
@pytest.mark.parametrize("name", SPACES)
def test_surge_saves_the_base_values_and_flags_as_written(surge: SurgeRenderer, name: str) -> None:
    body = patch_body(drawn(name), "bell")
    surge.load(patch_body(drawn("surge_full", 99), "another"))
    surge.saved_body()
    surge.load(body)
    saved = surge.saved_body()
    assert parse_body(saved, "x").name == "bell"
    ours, theirs = elements(body), elements(saved)
    assert len(ours) > 550 and ours.keys() <= theirs.keys()
    for storage, element in ours.items():
        given, kept = dict(element.attrib), dict(theirs[storage].attrib)
        assert np.float32(given.pop("value")) == np.float32(kept.pop("value")), storage
        assert given == kept, storage
