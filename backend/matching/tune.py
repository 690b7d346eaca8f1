"""Presets in tune with their target, on the note that a musician plays for it.

The search's first trials are listened to: one that is heard at another pitch than the target is
offered once more, in tune (``in_tune``). And whatever note a preset was found with, it is handed
over on the target's own, sounding as it did (``on_note``), so that all candidates answer the same
keys in the same way. In the search a note lies within the parameter space; a preset that is handed
over can have any, and ``within`` brings one back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from backend.audio.pitch import Pitch, find_pitch, pitch_of
from backend.matching.retune import retune
from backend.matching.trials import Trial
from backend.records import Match, ParameterSet, Vector
from backend.synth.patch_lock import PatchLock
from backend.synth.spec import ParameterSpec

#: How many of the nearest trials are listened to, and how far off they must be, in semitones.
LISTENED, OFF = 12, 0.3

#: Sections in which a user's own patch can follow the keyboard, by keytracking or a routing of it.
FOLLOWING = frozenset({"osc", "filter", "envelopes", "lfos"})


def in_tune(
    spec: ParameterSpec,
    trials: Sequence[Trial],
    target: Pitch | None,
    lock: PatchLock | None = None,
) -> list[Vector]:
    """Return the nearest trials that are heard at another pitch than the target, put in tune.

    Args:
        spec: the parameter space.
        trials: rendered settings of it, nearest first; about 20 ms of listening for each.
        target: what ``find_pitch`` found in the target; without a tonal one nothing is off.
        lock: sections that keep their values.

    Returns:
        Vectors ``(width,)``, one for each trial that was off and can be moved.
    """
    if target is None or not target.tonal:
        return []
    moved = []
    for trial in trials[:LISTENED]:
        render = find_pitch(trial.render)
        if render is None or not render.tonal or abs(render.midi - target.midi) < OFF:
            continue
        tuned = retune(
            trial.parameters, target, render, notes=_notes(spec), locked=_locked(spec, lock)
        )
        if tuned != trial.parameters:
            moved.append(spec.encode(tuned))
    return moved


def on_note(
    matches: Sequence[Match], target: Pitch | None, lock: PatchLock | None = None
) -> list[Match]:
    """Return matches that sound as they did, on the note that a musician plays for the target.

    Where a section is locked that may follow the keyboard in another way nothing changes.

    Args:
        matches: as they were found.
        target: as in ``in_tune``.
        lock: sections that stay as they are in the user's patch.
    """
    if lock is not None and not FOLLOWING.isdisjoint(lock.sections):
        return list(matches)
    moved = []
    for match in matches:
        parameters = retune(match.candidate.parameters, target, None)
        moved.append(replace(match, candidate=replace(match.candidate, parameters=parameters)))
    return moved


def within(spec: ParameterSpec, parameters: ParameterSet) -> ParameterSet:
    """Return a preset that sounds the same on a note of the space, octaves off where need be.

    Raises:
        ParameterError: the set is not of the space.
    """
    if parameters.note.pitch in _notes(spec):
        return parameters
    return retune(parameters, pitch_of(parameters.note.pitch), None, notes=_notes(spec))


def _notes(spec: ParameterSpec) -> range:
    return range(spec.pitch_low, spec.pitch_high + 1)


def _locked(spec: ParameterSpec, lock: PatchLock | None) -> frozenset[str]:
    if lock is None:
        return frozenset()
    free = lock.free(spec)
    places = zip(spec.parameters, spec.slices(), strict=True)
    return frozenset(parameter.name for parameter, place in places if not free[place].all())
