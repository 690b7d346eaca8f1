"""Ardour sessions with a sound on an audio track and plugins, made without its editor.

Ardour imports sounds in its editor alone. So the track records the dummy device's silence, and the
files of that recording are filled with the sound. A plugin's state lies in the session file as a
VST3 preset: header, class, the component's bytes, and a list of what is where.
"""

from __future__ import annotations

import base64
import re
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.errors import ServiceError
from backend.records import AudioRegion
from benchmarks.ardour import Ardour

NAME = "session"
UI = "ARDOUR.TransportRequestSource.TRS_UI"
#: As fast as the dummy device records silence, and as a musician plays.
FAST, NORMAL = "50x Speed", "Normal Speed"
BLOCK_SAMPLES = 512
COMPONENT = b"Comp"


@dataclass(frozen=True)
class Plugins:
    """Unique names of VST3s, as the scanner tells them.

    Args:
        effect: on the audio track.
        instrument: on a MIDI track of its own; empty for none.
    """

    effect: str
    instrument: str = ""


def make_session(ardour: Ardour, folder: Path, sound: AudioRegion, plugins: Plugins) -> Path:
    """Make a session whose audio track plays a sound from its beginning; return its file.

    The session is closed then; ``open_session`` opens it.

    Args:
        ardour: it knows the plugins.
        folder: where the session is put; it must not be there.
        sound: ``(2, samples)``; its rate is that of the session.
        plugins: which, and on which track.

    Raises:
        ServiceError: Ardour refuses.
    """
    ardour.do('device = AudioEngine:set_backend("None (Dummy)", "", "")')
    ardour.do('device:set_device_name("Silence")')
    ardour.do(f"device:set_buffer_size({BLOCK_SAMPLES})")
    ardour.do(f'device:set_driver("{FAST}")')
    ardour.do(f'create_session("{folder}", "{NAME}", {sound.sample_rate_hz})')
    ardour.do("ARDOUR.LuaAPI.list_plugins():size()")  # before any plugin is named
    ardour.do(
        'for route in Session:new_audio_track(2, 2, nil, 1, "sound", -1, '
        "ARDOUR.TrackMode.Normal, true):iter() do track = route end"
    )
    ardour.do(
        f'effect = ARDOUR.LuaAPI.new_plugin(Session, "{plugins.effect}", '
        'ARDOUR.PluginType.VST3, "")'
    )
    ardour.do('assert(not effect:isnil(), "the effect is unknown")')
    ardour.do("track:add_processor_by_index(effect, 0, nil, true)")
    _record_silence(ardour, sound.audio.shape[1])
    if plugins.instrument:
        ardour.do(
            f'info = ARDOUR.LuaAPI.new_plugin_info("{plugins.instrument}", ARDOUR.PluginType.VST3)'
        )
        ardour.do(
            'Session:new_midi_track(ARDOUR.ChanCount(ARDOUR.DataType("midi"), 1), '
            'ARDOUR.ChanCount(ARDOUR.DataType("audio"), 2), true, info, nil, nil, 1, '
            '"instrument", -1, ARDOUR.TrackMode.Normal, true)'
        )
    save_session(ardour)
    close_session(ardour)
    for channel, ending in enumerate("LR"):
        [file] = folder.glob(f"interchange/*/audiofiles/*%{ending}.wav")
        fill(file, sound.audio[channel])
    return folder / f"{NAME}.ardour"


def open_session(ardour: Ardour, folder: Path) -> None:
    """Open a session; ``effect`` in Lua is the audio track's plugin.

    Raises:
        ServiceError: Ardour refuses.
    """
    ardour.do(f'device:set_driver("{NORMAL}")')
    ardour.do(f'load_session("{folder}", "{NAME}")')
    ardour.do('track = Session:route_by_name("sound")')
    ardour.do("effect = track:nth_plugin(0)")


def close_session(ardour: Ardour) -> None:
    """Close the session; its plugins end."""
    ardour.do("track, effect, info, record = nil")
    ardour.do("collectgarbage()")  # Ardour hangs where Lua still holds a part of the session
    ardour.do("close_session()")


def save_session(ardour: Ardour) -> None:
    """Have the session's file written, with the state of its plugins."""
    ardour.do('Session:save_state("", false, false, false, false, false)')


def parameter_index(ardour: Ardour, name: str) -> int:
    """Return the number of a parameter of the effect.

    Raises:
        ServiceError: it has none of that name.
    """
    plugin = "effect:to_plugininsert():plugin(0)"
    count = int(ardour.do(f"{plugin}:parameter_count()"))
    names = [ardour.do(f"{plugin}:parameter_label({index})") for index in range(count)]
    if name not in names:
        raise ServiceError(f"the plugin has no parameter {name}, but {', '.join(names)}.")
    return names.index(name)


def set_parameter(ardour: Ardour, index: int, value: float) -> None:
    """Set a parameter of the effect, as its automation would; a VST3's go from 0 to 1."""
    given = ardour.do(f"ARDOUR.LuaAPI.set_processor_param(effect, {index}, {value})")
    if given != "true":
        raise ServiceError(f"Ardour does not set parameter {index}.")


def roll(ardour: Ardour, to_s: float) -> None:
    """Play, and wait until the playhead has come to some second."""
    ardour.do(f"Session:request_roll({UI})")
    samples = to_s * int(ardour.do("Session:nominal_sample_rate()"))
    ardour.wait("Session:transport_sample()", lambda at: int(at) >= samples)


def stop(ardour: Ardour) -> None:
    """Stop playing."""
    ardour.do(f"Session:request_stop(false, false, {UI})")
    ardour.wait("Session:transport_rolling()", lambda rolling: rolling == "false")


def plugin_states(session_file: Path) -> list[dict[bytes, bytes]]:
    """Return the parts of each VST3's state in a session file, in its order."""
    chunks = re.findall(r"<chunk>([^<]*)</chunk>", session_file.read_text("utf-8"))
    return [_parts(base64.b64decode(chunk)) for chunk in chunks]


def replace_state(session_file: Path, old: dict[bytes, bytes], component: bytes) -> None:
    """Give a VST3 in a session file another component state.

    Raises:
        ServiceError: no VST3 of the file has the old state.
    """
    text = session_file.read_text("utf-8")
    for chunk in re.findall(r"<chunk>([^<]*)</chunk>", text):
        preset = base64.b64decode(chunk)
        if _parts(preset) == old:
            new = base64.b64encode(_preset(preset[: HEADER.size], component)).decode()
            session_file.write_text(text.replace(chunk, new), "utf-8")
            return
    raise ServiceError(f"{session_file} holds no plugin with that state.")


def fill(file: Path, samples: np.ndarray[tuple[int], np.dtype[np.float32]]) -> None:
    """Put samples into a mono WAV of floats in place of its own; what is left of it is silent.

    Raises:
        ServiceError: the file is too short.
    """
    content = bytearray(file.read_bytes())
    at = content.index(b"data") + 8
    room = struct.unpack_from("<I", content, at - 4)[0]
    sound = samples.astype("<f4").tobytes()
    if len(sound) > room:
        raise ServiceError(f"{file} has room for {room // 4} samples, not {len(samples)}.")
    content[at : at + room] = sound + bytes(room - len(sound))
    file.write_bytes(content)


def _record_silence(ardour: Ardour, samples: int) -> None:
    ardour.do("record = track:to_track():rec_enable_control()")
    ardour.do("record:set_value(1, PBD.GroupControlDisposition.NoGroup)")
    ardour.do("Session:maybe_enable_record(true)")
    ardour.do(f"Session:request_roll({UI})")
    ardour.wait("Session:transport_sample()", lambda at: int(at) > samples + 10 * BLOCK_SAMPLES)
    stop(ardour)
    regions = "track:to_track():playlist():region_list():size()"
    ardour.wait(regions, lambda count: int(count) == 1)
    ardour.do("record:set_value(0, PBD.GroupControlDisposition.NoGroup)")
    ardour.do(f"Session:request_locate(0, false, ARDOUR.LocateTransportDisposition.MustStop, {UI})")
    ardour.wait("Session:transport_sample()", lambda at: int(at) == 0)


#: ``VST3``, version, class, place of the list.
HEADER = struct.Struct("<4sI32sq")
#: Identifier, place and size of a part.
ENTRY = struct.Struct("<4sqq")


def _parts(preset: bytes) -> dict[bytes, bytes]:
    at = HEADER.unpack_from(preset)[3]
    count = struct.unpack_from("<i", preset, at + 4)[0]
    entries = [ENTRY.unpack_from(preset, at + 8 + ENTRY.size * n) for n in range(count)]
    return {name: preset[place : place + size] for name, place, size in entries}


def _preset(header: bytes, component: bytes) -> bytes:
    kind, version, identity, _ = HEADER.unpack(header)
    head = HEADER.pack(kind, version, identity, HEADER.size + len(component))
    listed = b"List" + struct.pack("<i", 1) + ENTRY.pack(COMPONENT, HEADER.size, len(component))
    return head + component + listed
