"""Presets in tune with their target, on the note that a musician plays for it.

The search's first trials are listened to: one that is heard at another pitch than the target is
offered once more, in tune. And whatever note a preset was found with, it is handed over on the
target's own, sounding as it did, so that all candidates answer the same keys in the same way. In
the search a note lies within the parameter space; a preset that is handed
over can have any, and ``within`` brings one back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from backend.audio.character import describe_sound
from backend.audio.pitch import find_pitch, pitch_of
from backend.matching.retune import retune
from backend.matching.trials import Trial
from backend.records import AudioRegion, Like, Match, ParameterSet, Vector
from backend.synth.patch_lock import PatchLock
from backend.synth.spec import ParameterSpec

#: How many of the nearest trials are listened to, and how far off they must be, in semitones.
LISTENED, OFF = 12, 0.3

#: Sections in which a user's own patch can follow the keyboard, by keytracking or a routing of it.
FOLLOWING = frozenset({"osc", "filter", "envelopes", "lfos"})


class Tuner:
    """Listens to the sound of a match, and puts its presets in tune.

    Args:
        spec: the parameter space of the presets.
        region: the sound.
        lock: sections that stay as they are in the user's patch.
        like: a candidate whose like is wanted: all presets get its note then, and its pitch stays.
    """

    def __init__(
        self,
        spec: ParameterSpec,
        region: AudioRegion,
        lock: PatchLock | None = None,
        like: Like | None = None,
    ) -> None:
        self._spec = spec
        self._lock = lock
        self._like = like
        #: The note in the sound; None for silence.
        self.pitch = find_pitch(region)
        #: What stands in the way of a good match, a sentence each.
        self.remarks = describe_sound(region, self.pitch)

    def in_tune(self, trials: Sequence[Trial]) -> list[Vector]:
        """Return the nearest trials that are heard at another pitch than the sound, put in tune.

        Args:
            trials: rendered settings, nearest first; about 20 ms of listening for each.

        Returns:
            Vectors ``(width,)``, one for each trial that was off and can be moved; none where the
            sound has no note, or a candidate's like is wanted.
        """
        if self.pitch is None or not self.pitch.tonal or self._like is not None:
            return []
        locked = _locked(self._spec, self._lock)
        moved = []
        for trial in trials[:LISTENED]:
            render = find_pitch(trial.render)
            if render is None or not render.tonal or abs(render.midi - self.pitch.midi) < OFF:
                continue
            notes = _notes(self._spec)
            tuned = retune(trial.parameters, self.pitch, render, notes=notes, locked=locked)
            if tuned != trial.parameters:
                moved.append(self._spec.encode(tuned))
        return moved

    def on_note(self, matches: Sequence[Match]) -> list[Match]:
        """Return matches that sound as they did, on the note that a musician plays for the sound.

        Where a section is locked that may follow the keyboard in another way nothing changes.
        """
        if self._lock is not None and not FOLLOWING.isdisjoint(self._lock.sections):
            return list(matches)
        wanted = pitch_of(self._like.setting.note.pitch) if self._like else self.pitch
        moved = []
        for match in matches:
            parameters = retune(match.candidate.parameters, wanted, None)
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
