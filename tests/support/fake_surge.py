"""A Surge XT without sound: it obeys what is documented and measured of the real one's OSC.

- Sets, options and routings wait in a ring until the next audio block, and so does a patch load. A
  ring that more than 4,096 messages reach between two blocks loses what was in it.
- Oscillator and effect types change some blocks later; what belongs to them then falls to defaults.
- Values set by OSC are not echoed; arguments that are no floats earn an ``/error``.
- Queries are answered at once, from what is held now; nothing comes with OSC Out off. Every query
  for the path cuts what follows a dot off it for good.
- A second one on the same port binds silently and takes the first one's datagrams (Linux).
- With audio stopped everything waits, and queries go on giving the old values.

Its state is a patch's XML, so what it saves is what it was told. ``tests/integration`` holds it and
the real one to the same tests.
"""

from __future__ import annotations

import copy
import socket
import threading
import time
from pathlib import Path
from xml.etree import ElementTree

from pythonosc.osc_bundle import OscBundle
from pythonosc.osc_message import OscMessage

from backend.osc.codec import write_message
from backend.osc.patch_state import OPTIONS, SOURCES, by_address, patch_tree, routing_address
from backend.synth.draw_parameters import draw_parameters
from backend.synth.patch_file import BODY_HEADER, fxp_bytes, parse_body, patch_body, read_fxp
from backend.synth.spec import load_spec
from backend.synth.table import SurgeParameter, snap_to_note_length, surge_table

RING = 4096
BLOCK_S = 512 / 44_100
#: Blocks from the arrival of a new type to its taking effect.
TYPE_BLOCKS = 2
#: Part of the range to which a new type's parameters fall.
TYPE_DEFAULT = 0.625

Arguments = tuple[object, ...]


class FakeSurge:
    """Listens like a Surge XT; a context manager.

    Args:
        home: user patches lie in ``home/.Surge XT/Patches``.
        port: OSC In.
        answer_port: OSC Out; 0 leaves it off.
        patch: an ``.fxp`` to begin with.
        drop: loses every n-th answer, as a full receive buffer does; 0 loses none.
    """

    def __init__(
        self, home: Path, port: int, answer_port: int, patch: Path | None = None, drop: int = 0
    ) -> None:
        self.port = port
        self.answer_port = answer_port
        self.user_patches = home / ".Surge XT" / "Patches"
        self.user_patches.mkdir(parents=True, exist_ok=True)
        self.loads: list[Path] = []
        body = patch_body(draw_parameters(load_spec("surge_full"), 0), "Init")
        if patch is not None:
            body = read_fxp(patch).body
        self._root = patch_tree(parse_body(body, "Init"))
        self._elements: dict[str, ElementTree.Element] = {}
        self._table_sizes = [0] * 6
        self._tables = b""
        self._name = patch.stem if patch else "Init"
        self._path = ""
        self._scanned: set[Path] = set()
        self._ring: list[tuple[str, Arguments]] = []
        self._load: Path | None = None
        self._types: list[tuple[int, str, int]] = []  # block, address, type
        self._block = 0
        self._lock = threading.RLock()
        self._playing = True
        self._closed = False
        self._drop, self._sent = drop, 0
        self._out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._in = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._in.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._in.settimeout(0.1)
        self._in.bind(("127.0.0.1", port))
        self._threads = [threading.Thread(target=t, daemon=True) for t in (self._hear, self._play)]
        for thread in self._threads:
            thread.start()

    def stop_audio(self) -> None:
        self._playing = False

    def resume_audio(self) -> None:
        self._playing = True

    def state(self, file: Path) -> bytes:
        """Return the patch body that a host would save."""
        with self._lock:
            return self._body()

    def close(self) -> None:
        self._closed = True
        for thread in self._threads:
            thread.join()
        self._in.close()
        self._out.close()

    kill = close

    def __enter__(self) -> FakeSurge:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    # The two threads

    def _hear(self) -> None:
        while not self._closed:
            try:
                datagram = self._in.recv(65_535)
            except TimeoutError:
                continue
            with self._lock:
                self._receive(datagram)

    def _play(self) -> None:
        while not self._closed:
            time.sleep(BLOCK_S)
            if self._playing:
                with self._lock:
                    self._audio_block()

    # What comes in

    def _receive(self, datagram: bytes) -> None:
        if datagram.startswith(b"#bundle"):
            bundle = OscBundle(datagram)
            messages = [item for item in bundle if isinstance(item, OscMessage)]
        else:
            messages = [OscMessage(datagram)]
        for message in messages:
            self._message(message.address, tuple(message.params))

    def _message(self, address: str, arguments: Arguments) -> None:
        if address.startswith("/q/"):
            self._query(address[2:], arguments)
        elif address.startswith("/param/"):
            if not arguments or not isinstance(arguments[0], float):
                self._error("/param data value '' is not expressed as a float.")
            elif self._known(address):
                self._push(address, arguments)
        elif address.startswith("/mod/"):
            self._modulate(address, arguments)
        elif address.startswith("/patch/"):
            self._patch(address, " ".join(str(argument) for argument in arguments))

    def _known(self, address: str) -> bool:
        root, _, option = address.rpartition("/")
        if address.endswith("/deactivate"):
            return True
        if address.endswith("+"):
            if root not in by_address() or option[:-1] not in self._options(by_address()[root]):
                self._error(f"Unknown parameter option: {option}")
                return False
            return True
        if address not in by_address():
            self._error(f"No parameter with OSC address of {address}")
            return False
        return True

    def _modulate(self, address: str, arguments: Arguments) -> None:
        if len(arguments) < 2 or not isinstance(arguments[1], float):
            self._error("/mod data value 'depth' is not expressed as a float.")
        elif str(arguments[0]) not in by_address():
            self._error(f"No parameter with OSC address of {arguments[0]}")
        elif by_address()[str(arguments[0])].kind != "float":
            self._error("Not a valid modulation.")
        else:
            self._push(address, arguments)

    def _push(self, address: str, arguments: Arguments) -> None:
        if len(self._ring) == RING:  # the writer laps the reader
            self._ring.clear()
        self._ring.append((address, arguments))

    def _patch(self, address: str, text: str) -> None:
        user = address.endswith("_user")
        file = Path(f"{self.user_patches}{text}.fxp" if user else f"{text}.fxp")
        if address.startswith("/patch/load"):
            if not file.exists():
                self._error(f"File not found: {file}")
            else:
                self._load = file
        elif address.startswith("/patch/save"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(fxp_bytes(self._body(), self._name))
            self._scanned = set(self.user_patches.rglob("*.fxp"))

    # What an audio block does

    def _audio_block(self) -> None:
        self._block += 1
        ring, self._ring = self._ring, []
        for address, arguments in ring:
            self._apply(address, arguments)
        for due, address, kind in list(self._types):
            if due <= self._block:
                self._types.remove((due, address, kind))
                self._change_type(address, kind)
        if self._load is not None:
            file, self._load = self._load, None
            self._take(file)

    def _take(self, file: Path) -> None:
        patch = read_fxp(file)
        bypass = self._get(by_address()["/param/fx/chain_bypass"])
        self._root = patch_tree(patch)
        self._elements = {}
        _, size, *self._table_sizes = BODY_HEADER.unpack_from(patch.body)
        self._tables = patch.body[BODY_HEADER.size + size :]
        self._set(by_address()["/param/fx/chain_bypass"], bypass)
        self._types.clear()
        self._name = file.stem if file in self._scanned else str(file)
        self._path = str(file.with_suffix(""))
        self.loads.append(file)
        self._answer("/patch/load", self._path)

    def _apply(self, address: str, arguments: Arguments) -> None:
        if address.startswith("/mod/"):
            self._route(address, str(arguments[0]), float(arguments[1]))  # type: ignore[arg-type]
            return
        value = float(arguments[0])  # type: ignore[arg-type]
        root, _, last = address.rpartition("/")
        if last == "deactivate":
            slots = [a for a in by_address() if a.startswith("/param/fx/") and a.endswith("/type")]
            mask = int(self._get(by_address()["/param/hidden/fx_disable"]))
            bit = 1 << slots.index(f"{root}/type")
            mask = mask | bit if value else mask & ~bit
            self._set(by_address()["/param/hidden/fx_disable"], mask)
        elif last.endswith("+"):
            attribute, _ = OPTIONS[last[:-1]]
            on = 1 - int(value) if last == "enable+" else int(value)
            self._element(by_address()[root]).set(attribute, str(on))
        elif self._is_typed(address):
            self._types.append((self._block + TYPE_BLOCKS, address, int(value)))
        else:
            parameter = by_address()[address]
            self._set(parameter, self._native(parameter, value))
            if "/filter/" in address and last == "type":
                self._set(by_address()[f"{root}/subtype"], 0)

    def _native(self, parameter: SurgeParameter, value: float) -> float:
        low, high = self._range(parameter)
        if parameter.kind == "bool":
            return float(value > 0.5)
        if parameter.kind == "int":
            return float(round(min(max(value, low), high)))
        native = low + min(max(value, 0.0), 1.0) * (high - low)
        synced = self._attributes(parameter).get("temposync") == "1"
        return snap_to_note_length(native) if synced else native

    def _is_typed(self, address: str) -> bool:
        return address.endswith("/type") and ("/osc/" in address or "/fx/" in address)

    def _change_type(self, address: str, kind: int) -> None:
        self._set(by_address()[address], kind)
        root = address.removesuffix("type")
        for other, parameter in by_address().items():
            if other.startswith(f"{root}param"):
                low, high = self._range(parameter)
                self._set(parameter, self._native(parameter, TYPE_DEFAULT) if high > low else 0)
                if "/fx/" in address:
                    element = self._element(parameter)
                    for routing in element.findall("modrouting"):
                        element.remove(routing)

    def _route(self, address: str, target: str, value: float) -> None:
        mute = address.startswith("/mod/mute/")
        parts = address.removeprefix("/mod/mute" if mute else "/mod").strip("/").split("/")
        parts = parts[1:] if parts[0] in ("a", "b") else parts
        source, index = SOURCES.index(parts[0]), int(parts[1]) if len(parts) > 1 else 0
        parameter = by_address()[target]
        element = self._element(parameter)
        found = [r for r in element.findall("modrouting") if _key(r) == (source, index)]
        low, high = self._range(parameter)
        if mute:
            for routing in found:
                routing.set("muted", str(int(value > 0)))
        elif value == 0:
            for routing in found:
                element.remove(routing)
        else:
            routing = found[0] if found else ElementTree.SubElement(element, "modrouting")
            routing.set("source", str(source))
            routing.set("depth", f"{value * (high - low):.9f}")
            routing.set("muted", routing.get("muted", "0"))
            routing.set("source_index", str(index))
        self._answer(address, target, value)  # routings are echoed, values are not

    # What goes out

    def _query(self, address: str, arguments: Arguments) -> None:
        if address == "/all_params":
            for parameter in surge_table().parameters:
                self._tell(parameter)
            for macro in range(1, 9):
                self._answer(f"/param/macro/{macro}", 0.0, "0 %")
        elif address == "/all_mods":
            for parameter in surge_table().parameters:
                for routing in self._routings(parameter):
                    self._tell_routing(parameter, routing)
        elif address == "/patch":
            self._answer("/patch", self._path or "<unknown patch>")
            self._path = str(Path(self._path).with_suffix("")) if self._path else ""
        elif address in by_address():
            self._tell(by_address()[address])
        elif address.startswith("/param/"):
            self._error(f"No parameter with OSC address of {address}")

    def _tell(self, parameter: SurgeParameter) -> None:
        low, high = self._range(parameter)
        native = self._get(parameter)
        value = native
        if parameter.kind == "float":
            value = (native - low) / (high - low) if high > low else 0.0
        self._answer(parameter.osc, value, "shown")
        options = self._options(parameter)
        for option in options:
            attribute, missing = OPTIONS[option]
            set_to = int(self._attributes(parameter).get(attribute, missing or 0))
            on = 1 - set_to if option == "enable" else set_to
            self._answer(f"{parameter.osc}/{option}+", float(on))
        doc = f"/doc{parameter.osc}"
        self._answer(doc, parameter.host, parameter.kind, f"{low:.6f}", f"{high:.6f}")
        self._answer(f"{doc}/ext", *options)

    def _tell_routing(self, parameter: SurgeParameter, routing: ElementTree.Element) -> None:
        low, high = self._range(parameter)
        source, index = _key(routing)
        address = routing_address(source, parameter.storage, index)
        depth = float(routing.get("depth", "0")) / (high - low)
        self._answer(address, parameter.osc, depth)
        mute = "/mod/mute/" + address.removeprefix("/mod/")
        self._answer(mute, parameter.osc, float(routing.get("muted", "0")))

    def _error(self, text: str) -> None:
        self._answer("/error", text)

    def _answer(self, address: str, *arguments: float | str) -> None:
        self._sent += 1
        if self.answer_port and not (self._drop and self._sent % self._drop == 0):
            datagram = write_message(address, arguments)
            self._out.sendto(datagram, ("127.0.0.1", self.answer_port))

    # What is held

    def _index(self) -> ElementTree.Element:
        parameters = self._root.find("parameters")
        assert parameters is not None
        if not self._elements:
            self._elements = {element.tag: element for element in parameters}
        return parameters

    def _element(self, parameter: SurgeParameter) -> ElementTree.Element:
        parameters = self._index()
        if parameter.storage not in self._elements:
            kind = "2" if parameter.kind == "float" else "0"
            self._elements[parameter.storage] = ElementTree.SubElement(
                parameters, parameter.storage, type=kind, value="0"
            )
        return self._elements[parameter.storage]

    def _attributes(self, parameter: SurgeParameter) -> dict[str, str]:
        self._index()
        element = self._elements.get(parameter.storage)
        return {} if element is None else element.attrib

    def _routings(self, parameter: SurgeParameter) -> list[ElementTree.Element]:
        self._index()
        element = self._elements.get(parameter.storage)
        return [] if element is None else element.findall("modrouting")

    def _get(self, parameter: SurgeParameter) -> float:
        return float(self._attributes(parameter).get("value", "0"))

    def _set(self, parameter: SurgeParameter, value: float) -> None:
        text = f"{value:.14f}" if parameter.kind == "float" else str(round(value))
        self._element(parameter).set("value", text)

    def _options(self, parameter: SurgeParameter) -> list[str]:
        said = self._attributes(parameter)
        return [option for option, (attribute, _) in OPTIONS.items() if attribute in said]

    def _range(self, parameter: SurgeParameter) -> tuple[float, float]:
        if parameter.minimum is None or parameter.maximum is None:
            return (0.0, 2.0**16) if parameter.kind == "int" else (0.0, 0.0)
        return parameter.minimum, parameter.maximum

    def _body(self) -> bytes:
        root = copy.deepcopy(self._root)
        meta = root.find("meta")
        if meta is not None:
            meta.set("name", self._name)
        xml = ElementTree.tostring(root, "utf-8", xml_declaration=True)
        return BODY_HEADER.pack(b"sub3", len(xml), *self._table_sizes) + xml + self._tables


def _key(routing: ElementTree.Element) -> tuple[int, int]:
    return int(routing.get("source", "0")), int(routing.get("source_index", "0"))
