"""Sounds of known pitch from real engines: Surge XT at rest, vita, csound, espeak-ng.

The last three are optional: what is not installed yields nothing. vita is a synthesizer as a
Python package; csound and espeak-ng are programs.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from backend.audio.region import load_region
from backend.errors import SynthmatchError
from backend.records import Note, ParameterSet, ParameterValue
from backend.synth.draw_parameters import draw_parameters
from backend.synth.patch_file import patch_body
from backend.synth.renderer import RenderJob, SurgeRenderer
from backend.synth.spec import load_spec
from training.pitch_models import (
    HIGHEST_MIDI,
    LOWEST_MIDI,
    RATE_HZ,
    Generator,
    KnownSound,
    hz_of,
    known_sound,
)

#: Loudest sample under which a render is not counted as a sound.
SILENT_PEAK = 0.003


def surge_sounds(
    renderer: SurgeRenderer, spec_name: str, seed: int, count: int
) -> Iterator[KnownSound]:
    """Yield random patches whose oscillators are all at rest, over the whole range of notes.

    Patches as they are drawn sound anywhere but at their note: every oscillator is synced, and
    intervals, modulation and singing filters move the pitch besides.
    """
    spec, rng = load_spec(spec_name), np.random.default_rng([seed, 1_000])
    found, index = 0, 1_000_000 * (seed + 1)
    while found < count:
        pitch = int(rng.integers(LOWEST_MIDI, HIGHEST_MIDI + 1))
        parameters = at_rest(draw_parameters(spec, index), pitch, rng)
        name, index = f"{spec_name} {index} at {pitch}", index + 1
        job = RenderJob(patch_body(parameters, "pitch"), parameters.note, name)
        region = renderer.render(job)
        if np.abs(region.audio).max() > SILENT_PEAK:
            found += 1
            yield KnownSound(spec_name, name, region, hz_of(pitch))


def at_rest(drawn: ParameterSet, pitch: int, rng: Generator) -> ParameterSet:
    """Return a drawn patch that sounds at its note: nothing bends, drowns or replaces the pitch.

    Oscillators stand together, and filters neither take the lowest harmonics away nor sing.
    """
    values: dict[str, ParameterValue] = dict(drawn.values)
    fixed: dict[str, ParameterValue] = {"a_lfo_6_amplitude": 0.0, "a_noise_volume": 0.2}
    for osc in (1, 2, 3):
        fixed |= {f"a_osc_{osc}_pitch": 0.5, f"a_osc_{osc}_octave": "0", f"a_osc_{osc}_sync": 0.0}
        fixed[f"a_osc_{osc}_unison_detune"] = float(rng.uniform(0.0, 0.3))
    for ring in ("1x2", "2x3"):
        fixed[f"a_ring_modulation_{ring}_mute"] = "muted"
    fixed |= {"a_fm_routing": "Off", "a_feedback": 0.5, "a_highpass": 0.0, "a_osc_drift": 0.0}
    open_enough = min(0.95, (pitch - 69 + 66) / 130)  # half an octave above the note
    for number in (1, 2):
        fixed[f"a_filter_{number}_cutoff"] = float(rng.uniform(open_enough, 1.0))
        fixed[f"a_filter_{number}_feg_mod_amount"] = float(rng.uniform(0.5, 0.8))
        fixed[f"a_filter_{number}_resonance"] = float(rng.uniform(0.0, 0.6))
        fixed[f"a_filter_{number}_type"] = str(rng.choice(["LP 12 dB", "LP 24 dB", "N 12 dB"]))
        fixed[f"a_lfo_{number}_amplitude"] = float(rng.choice([0.0, 0.05]))
    values |= {name: value for name, value in fixed.items() if name in values}
    note = Note(pitch, 0.05, float(rng.uniform(0.5, 3.0)))
    return ParameterSet(drawn.spec_name, values, note)


def vita_sounds(seed: int, count: int) -> Iterator[KnownSound]:
    """Yield notes of vita: waves of its first oscillators through filters and effects."""
    try:
        import vita
    except ImportError:
        return
    rng = np.random.default_rng([seed, 3_000])
    for number in range(count):
        synth = vita.Synth()  # a fresh one for each note: its phases run on
        controls = synth.get_controls()
        pitch = int(rng.integers(LOWEST_MIDI, HIGHEST_MIDI + 1))
        for name, value in _vita_settings(pitch, rng).items():
            controls[name].set(value)
        audio = synth.render(pitch, 0.8, float(rng.uniform(0.3, 3.0)), 4.0).astype(np.float64)
        if np.abs(audio).max() > SILENT_PEAK:
            yield known_sound("vita", f"vita {number} at {pitch}", audio, hz_of(pitch))


def _vita_settings(pitch: int, rng: Generator) -> dict[str, float]:
    settings = {
        "osc_1_wave_frame": float(rng.uniform(0, 256)),
        "osc_1_random_phase": 0.0,
        "osc_1_unison_voices": float(rng.integers(1, 8)),
        "osc_1_unison_detune": float(rng.uniform(0, 4)),
        "osc_1_distortion_type": float(rng.choice([0, 4, 5, 6])),
        "osc_1_distortion_amount": float(rng.uniform(0.2, 0.8)),
        "env_1_attack": float(rng.uniform(0, 0.6)),
        "env_1_decay": float(rng.uniform(0.5, 1.5)),
        "env_1_sustain": float(rng.choice([0.0, 0.5, 1.0])),
        "env_1_release": float(rng.uniform(0.2, 1.0)),
    }
    if rng.random() < 0.6:
        settings |= {
            "filter_1_on": 1.0,
            "osc_1_destination": 0.0,
            "osc_2_destination": 0.0,
            "filter_1_model": float(rng.integers(0, 5)),
            "filter_1_cutoff": float(rng.uniform(min(pitch + 6, 115), 120)),
            "filter_1_resonance": float(rng.uniform(0, 0.7)),
        }
    if rng.random() < 0.4:
        settings |= {
            "osc_2_on": 1.0,
            "osc_2_transpose": 12.0,
            "osc_2_random_phase": 0.0,
            "osc_2_level": float(rng.uniform(0.2, 0.7)),
        }
    for effect in ("chorus_on", "distortion_on", "reverb_on", "delay_on"):
        settings[effect] = float(rng.random() < 0.25)
    return settings


#: Instruments of csound whose pitch is their argument: band-limited waves through a ladder filter,
#: FM, formant grains, pulses, a plucked string.
CSOUND_INSTRUMENTS = {
    "vco2": "a1 vco2 0.4, p4\na1 moogladder a1, p5, 0.3",
    "square": "a1 vco2 0.4, p4, 10\na1 moogladder a1, p5, 0.6",
    "foscili": "kindex line 4, p3, 0\na1 foscili 0.4, p4, 1, 1, kindex, 1",
    "fof": "a1 fof 0.1, p4, 2 * p4, 0, p4 / 2, 0.003, 0.02, 0.007, 200, 1, 1, p3",
    "gbuzz": "a1 gbuzz 0.4, p4, 20, 1, 0.7, 2",
    "pluck": "a1 pluck 0.4, p4, p4, 0, 1",
}
CSOUND_FADE = "kfade linseg 0, 0.01, 1, p3 - 0.06, 1, 0.05, 0"
CSOUND_NOTE_S, CSOUND_SPACE_S = 2.0, 2.5


def csound_sounds(seed: int, count: int) -> Iterator[KnownSound]:
    """Yield notes of csound's generators in turn, rendered in one run.

    Raises:
        SynthmatchError: csound is there and fails.
    """
    program = shutil.which("csound")
    if program is None or count == 0:
        return
    rng = np.random.default_rng([seed, 4_000])
    names = list(CSOUND_INSTRUMENTS)
    midis = rng.uniform(LOWEST_MIDI, HIGHEST_MIDI - 12, count)
    lines = []
    for number, midi in enumerate(midis):
        instrument = 1 + number % len(names)
        cutoff_hz = min(15_000.0, hz_of(midi) * rng.uniform(2, 12))
        start_s = number * CSOUND_SPACE_S
        lines.append(f"i {instrument} {start_s} {CSOUND_NOTE_S} {hz_of(midi):.6f} {cutoff_hz:.1f}")
    instruments = "\n".join(
        f"instr {place}\n{text}\n{CSOUND_FADE}\nout a1 * kfade\nendin"
        for place, text in enumerate(CSOUND_INSTRUMENTS.values(), start=1)
    )
    text = (
        "<CsoundSynthesizer>\n<CsInstruments>\nsr = 44100\nksmps = 32\nnchnls = 1\n0dbfs = 1\n"
        "gi1 ftgen 1, 0, 16384, 10, 1\ngi2 ftgen 2, 0, 16384, 11, 1\n"
        f"{instruments}\n</CsInstruments>\n<CsScore>\n" + "\n".join(lines) + "\ne\n"
        "</CsScore>\n</CsoundSynthesizer>\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        score, wav = Path(folder) / "notes.csd", Path(folder) / "notes.wav"
        score.write_text(text, "utf-8")
        _run([program, "-d", "-m0", "-W", "-f", "-o", str(wav), str(score)])
        for number, midi in enumerate(midis):
            region = load_region(wav, start_s=number * CSOUND_SPACE_S)
            heard = region.audio[:, : round(CSOUND_NOTE_S * RATE_HZ)].astype(np.float64)
            name = f"csound {names[number % len(names)]} {number} at {midi:.2f}"
            if np.abs(heard).max() > SILENT_PEAK:
                yield known_sound("csound", name, heard, hz_of(float(midi)))


#: espeak-ng speaks a voice without intonation this many Hz below the pitch that the voice names.
ESPEAK_BELOW_HZ = 9
ESPEAK_VOWELS = ("A:", "i:", "u:", "O:", "3:", "E", "a", "V")
ESPEAK_SENTENCES = (
    "Nobody knows which of these two sounds was played first.",
    "Turn the cutoff down a little, and leave the rest as it is.",
    "Seven quick foxes hid behind the mixing desk.",
    "We will start from the second bar, please.",
)
ESPEAK_VOICES = ("en", "en+f3", "en+m3", "de", "en+croak")


def espeak_sounds(seed: int, count: int) -> Iterator[KnownSound]:
    """Yield vowels that espeak-ng sings on one pitch, men's to children's voices.

    Raises:
        SynthmatchError: espeak-ng is there and fails.
    """
    program = shutil.which("espeak-ng")
    if program is None or count == 0:
        return
    told = re.search(r"Data at: (.+)", _run([program, "--version"]))
    if told is None:
        return
    rng = np.random.default_rng([seed, 5_000])
    with tempfile.TemporaryDirectory() as folder:
        copy, wav = Path(folder) / "espeak-ng-data", Path(folder) / "vowel.wav"
        shutil.copytree(told.group(1).strip(), copy)
        for number in range(count):
            hz = round(float(rng.uniform(70, 420)))
            raised = hz + ESPEAK_BELOW_HZ
            voice = f"language variant\nname flat\npitch {raised} {raised}\nflutter 0\n"
            (copy / "voices/!v/flat").write_text(voice, "utf-8")
            vowel = ESPEAK_VOWELS[number % len(ESPEAK_VOWELS)]
            said = f"[[{vowel * int(rng.integers(2, 6))}]]"
            _run([program, f"--path={folder}", "-v", "en+flat", "-w", str(wav), said])
            name = f"vowel {vowel} {number} at {hz} Hz"
            yield KnownSound("espeak-ng", name, load_region(wav), float(hz))


def spoken(seed: int, count: int) -> Iterator[KnownSound]:
    """Yield sentences that espeak-ng speaks, each in another voice.

    Raises:
        SynthmatchError: espeak-ng is there and fails.
    """
    program = shutil.which("espeak-ng")
    if program is None:
        return
    rng = np.random.default_rng([seed, 6_000])
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "speech.wav"
        for number in range(count):
            voice, words = ESPEAK_VOICES[number % len(ESPEAK_VOICES)], rng.choice(ESPEAK_SENTENCES)
            pitch, speed = int(rng.integers(20, 80)), int(rng.integers(130, 200))
            options = ["-v", voice, "-p", str(pitch), "-s", str(speed), "-w", str(wav)]
            _run([program, *options, str(words)])
            name = f"speech {voice} {number}"
            yield KnownSound("speech", name, load_region(wav), 150.0, tonal=False)


def _run(command: Sequence[str]) -> str:
    try:
        return subprocess.run(
            command, check=True, timeout=300, stdin=subprocess.DEVNULL, capture_output=True
        ).stdout.decode(errors="replace")
    except (OSError, subprocess.SubprocessError) as error:
        raise SynthmatchError(f"{command[0]} failed ({error}); check its installation") from error
