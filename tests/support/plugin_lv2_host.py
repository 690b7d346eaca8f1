"""Runs an LV2 through lilv, the library that Linux hosts load them with; a process of its own.

    python plugin_lv2_host.py BUNDLE INPUT.npy OUTPUT.npy --rate 48000 --blocks 1 64 512

Input and output are float32 arrays ``(channels, samples)``. Blocks of the given sizes follow each
other in turn. It prints what it found as JSON: ``{"name", "latency", "load_s"}``.
"""

from __future__ import annotations

import argparse
import ctypes
import ctypes.util
import itertools
import json
import time
from ctypes import CFUNCTYPE, POINTER, Structure, byref, c_char_p, c_int32, c_uint32, c_void_p, cast
from pathlib import Path

import numpy as np

LV2 = "http://lv2plug.in/ns/"
CORE = LV2 + "lv2core#"
ATOM_BYTES = 65_536

Urids: dict[bytes, int] = {}


class Descriptor(Structure):
    """``LV2_Descriptor``."""

    _fields_ = [
        ("uri", c_char_p),
        ("instantiate", c_void_p),
        ("connect_port", CFUNCTYPE(None, c_void_p, c_uint32, c_void_p)),
        ("activate", CFUNCTYPE(None, c_void_p)),
        ("run", CFUNCTYPE(None, c_void_p, c_uint32)),
        ("deactivate", CFUNCTYPE(None, c_void_p)),
        ("cleanup", c_void_p),
        ("extension_data", c_void_p),
    ]


class Instance(Structure):
    """``LilvInstance``."""

    _fields_ = [("descriptor", POINTER(Descriptor)), ("handle", c_void_p), ("pimpl", c_void_p)]


class Feature(Structure):
    """``LV2_Feature``."""

    _fields_ = [("uri", c_char_p), ("data", c_void_p)]


class Option(Structure):
    """``LV2_Options_Option``."""

    _fields_ = [
        ("context", c_int32),
        ("subject", c_uint32),
        ("key", c_uint32),
        ("size", c_uint32),
        ("type", c_uint32),
        ("value", c_void_p),
    ]


class Sequence(Structure):
    """``LV2_Atom_Sequence`` with room for events."""

    _fields_ = [
        ("size", c_uint32),
        ("type", c_uint32),
        ("unit", c_uint32),
        ("pad", c_uint32),
        ("events", ctypes.c_uint8 * ATOM_BYTES),
    ]


MAP = CFUNCTYPE(c_uint32, c_void_p, c_char_p)


class UridMap(Structure):
    """``LV2_URID_Map``."""

    _fields_ = [("handle", c_void_p), ("map", MAP)]


def urid(uri: str | bytes) -> int:
    """Return the number of a URI."""
    return Urids.setdefault(uri.encode() if isinstance(uri, str) else uri, len(Urids) + 1)


def load_lilv() -> ctypes.CDLL:
    """Return lilv, with the types of what is used of it."""
    name = ctypes.util.find_library("lilv-0")
    if name is None:
        raise SystemExit("lilv is not installed")
    lilv = ctypes.CDLL(name)
    pointers = (
        *("lilv_world_new", "lilv_new_uri", "lilv_new_file_uri", "lilv_world_get_all_plugins"),
        *("lilv_plugins_get_by_uri", "lilv_plugins_begin", "lilv_plugins_get"),
        *("lilv_plugin_get_port_by_index", "lilv_plugin_get_name", "lilv_port_get_symbol"),
    )
    for pointer in pointers:
        getattr(lilv, pointer).restype = c_void_p
    lilv.lilv_plugin_instantiate.restype = POINTER(Instance)
    lilv.lilv_node_as_string.restype = c_char_p
    lilv.lilv_port_is_a.restype = ctypes.c_bool
    lilv.lilv_plugin_get_num_ports.restype = c_uint32
    return lilv


class Plugin:
    """The only plugin of a bundle, instantiated.

    Args:
        bundle: its folder.
        rate_hz: sample rate.
        most: largest block in samples.
    """

    def __init__(self, bundle: Path, rate_hz: float, most: int) -> None:
        self._lilv = lilv = load_lilv()
        self._world = c_void_p(lilv.lilv_world_new())
        place = lilv.lilv_new_file_uri(self._world, None, str(bundle).encode() + b"/")
        lilv.lilv_world_load_bundle(self._world, c_void_p(place))
        plugins = c_void_p(lilv.lilv_world_get_all_plugins(self._world))
        first = c_void_p(lilv.lilv_plugins_begin(plugins))
        self._plugin = c_void_p(lilv.lilv_plugins_get(plugins, first))
        if not self._plugin:
            raise SystemExit(f"no plugin in {bundle}")
        self.name = lilv.lilv_node_as_string(
            c_void_p(lilv.lilv_plugin_get_name(self._plugin))
        ).decode()
        self._keep = self._features(most)
        started_s = time.perf_counter()
        self._instance = lilv.lilv_plugin_instantiate(
            self._plugin, ctypes.c_double(rate_hz), self._keep[0]
        )
        self.load_s = time.perf_counter() - started_s
        if not self._instance:
            raise SystemExit("the plugin refuses to be instantiated")
        self._do = self._instance.contents.descriptor.contents
        self._handle = c_void_p(self._instance.contents.handle)
        self._connect()
        self._do.activate(self._handle)

    @staticmethod
    def _features(most: int) -> tuple[object, ...]:
        """Return the array of features, and what must live as long as it."""
        mapped = UridMap(None, MAP(lambda _, uri: urid(uri)))
        numbers = [c_int32(1), c_int32(most)]
        keys = [LV2 + "ext/buf-size#minBlockLength", LV2 + "ext/buf-size#maxBlockLength"]
        options = (Option * 3)()
        for option, key, number in zip(options, keys, numbers, strict=False):
            option.key, option.size = urid(key), ctypes.sizeof(c_int32)
            option.type = urid(LV2 + "ext/atom#Int")
            option.value = cast(byref(number), c_void_p)
        features = [
            Feature((LV2 + "ext/urid#map").encode(), cast(byref(mapped), c_void_p)),
            Feature((LV2 + "ext/options#options").encode(), cast(options, c_void_p)),
            Feature((LV2 + "ext/buf-size#boundedBlockLength").encode(), None),
        ]
        array = (POINTER(Feature) * 4)(*[ctypes.pointer(feature) for feature in features])
        return array, features, options, numbers, mapped

    def _connect(self) -> None:
        """Give every port that is not audio a place; keep the numbers of those that are."""
        lilv = self._lilv
        kinds = {
            name: c_void_p(lilv.lilv_new_uri(self._world, uri.encode()))
            for name, uri in (
                ("audio", CORE + "AudioPort"),
                ("input", CORE + "InputPort"),
                ("control", CORE + "ControlPort"),
                ("atom", LV2 + "ext/atom#AtomPort"),
            )
        }
        count = lilv.lilv_plugin_get_num_ports(self._plugin)
        self._audio: dict[bool, list[int]] = {True: [], False: []}  # inputs, outputs
        self._sequences: list[tuple[Sequence, bool]] = []
        self._controls = (ctypes.c_float * count)()
        self._symbols = []
        for index in range(count):
            port = c_void_p(lilv.lilv_plugin_get_port_by_index(self._plugin, c_uint32(index)))
            symbol = c_void_p(lilv.lilv_port_get_symbol(self._plugin, port))
            self._symbols.append(lilv.lilv_node_as_string(symbol).decode())
            is_a = {
                name: lilv.lilv_port_is_a(self._plugin, port, node) for name, node in kinds.items()
            }
            if is_a["audio"]:
                self._audio[is_a["input"]].append(index)
            elif is_a["atom"]:
                sequence = Sequence()
                self._sequences.append((sequence, is_a["input"]))
                self._do.connect_port(self._handle, index, cast(byref(sequence), c_void_p))
            else:
                self._controls[index] = self._symbols[-1] == "enabled"
                place = ctypes.addressof(self._controls) + ctypes.sizeof(ctypes.c_float) * index
                self._do.connect_port(self._handle, index, c_void_p(place))

    @property
    def latency(self) -> float:
        """Samples, as it reports after a block."""
        return float(self._controls[self._symbols.index("latency")])

    def run(self, audio: np.ndarray) -> np.ndarray:
        """Return what comes out for a block ``(channels, samples)``."""
        heard = np.full_like(audio, np.nan)
        for index, wave in [
            *zip(self._audio[True], audio, strict=True),
            *zip(self._audio[False], heard, strict=True),
        ]:
            self._do.connect_port(self._handle, index, wave.ctypes.data_as(c_void_p))
        for sequence, is_input in self._sequences:
            sequence.size = 8 if is_input else ATOM_BYTES
            sequence.type = urid(LV2 + "ext/atom#" + ("Sequence" if is_input else "Chunk"))
            sequence.unit = sequence.pad = 0
        self._do.run(self._handle, audio.shape[1])
        return heard

    def close(self) -> None:
        """End it, as a host does."""
        self._do.deactivate(self._handle)
        self._lilv.lilv_instance_free(self._instance)


def main() -> None:
    """Run one plugin over one sound."""
    parser = argparse.ArgumentParser()
    parser.add_argument("bundle", type=Path)
    parser.add_argument("input", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--rate", type=float, default=48_000)
    parser.add_argument("--blocks", type=int, nargs="+", default=[512])
    given = parser.parse_args()
    audio = np.load(given.input)
    plugin = Plugin(given.bundle, given.rate, max(given.blocks))
    pieces, at = [], 0
    for block in itertools.cycle(given.blocks):
        if at >= audio.shape[1]:
            break
        pieces.append(plugin.run(np.ascontiguousarray(audio[:, at : at + block])))
        at += block
    np.save(given.output, np.concatenate(pieces, axis=1))
    told = {"name": plugin.name, "latency": plugin.latency, "load_s": plugin.load_s}
    plugin.close()
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
