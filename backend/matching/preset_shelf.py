"""The user's own presets that sound nearest to a sound: found by embedding, then heard.

Presets are taken whole, as Surge XT plays them; one that happens to be a setting of the parameter
space is also worth varying (``vector_of``).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from backend.errors import ParameterError, PatchError, RenderError
from backend.matching.distance import Distance
from backend.matching.embedding import Embedding
from backend.matching.likeness import profile, transposition
from backend.matching.neighbours import Query, Sounds, moved_note, nearest
from backend.matching.preset_scan import NOTE_S, PITCHES
from backend.matching.preset_store import PlayedPresets
from backend.records import Audio, AudioRegion, Note, PresetMatch, Vector
from backend.synth.patch_file import read_fxp, spec_of
from backend.synth.render_pool import RenderPool
from backend.synth.renderer import DURATION_S, RenderJob
from backend.synth.spec import ParameterSpec

#: A pitch that is further off than these semitones is not a matter of the note.
MOST_WRONG = 12


@dataclass(frozen=True)
class NearPreset:
    """A preset near a sound, not heard yet.

    Args:
        path: its file.
        name: what it calls itself.
        spec_name: the parameter space that it is a setting of; empty for one of another make.
        note: what plays the sound.
        distance: between the embeddings, 0 or more, lower is nearer.
    """

    path: Path
    name: str
    spec_name: str
    note: Note
    distance: float


class PresetShelf:
    """Finds presets near a sound; unchanging.

    Args:
        played: how they sound.
        embedding: what turns a sound into a vector.
    """

    def __init__(self, played: PlayedPresets, embedding: Embedding) -> None:
        self._played = played
        self._sounds = Sounds(
            embedding(played.sketches).numpy().astype(np.float32), played.pitches, played.leads_s
        )

    def __len__(self) -> int:
        """Return how many presets there are."""
        return len(set(self._played.paths))

    def nearest(self, query: Query, count: int) -> list[NearPreset]:
        """Find the presets nearest to a sound, nearest first, each once.

        Args:
            query: from ``neighbours.listen`` with the same embedding.
            count: how many, at least 1; fewer are returned where there are no more.
        """
        found: dict[Path, NearPreset] = {}
        for near in nearest(query, self._sounds, count * len(PITCHES)):
            path = self._played.paths[near.place]
            if path in found or len(found) == count:
                continue
            played = Note(int(self._sounds.pitches[near.place]), 0.0, NOTE_S)
            lead_s = float(self._sounds.leads_s[near.place])
            note = moved_note(played, near.semitones, lead_s, query.onset_s, DURATION_S)
            name, spec_name = self._played.names[near.place], self._played.specs[near.place]
            found[path] = NearPreset(path, name, spec_name, note, near.distance)
        return list(found.values())


def hear_presets(
    presets: Sequence[NearPreset],
    pool: RenderPool,
    target: Audio,
    measure: Callable[[Audio], Distance],
) -> list[PresetMatch]:
    """Play presets and order them by how near they are; those that cannot be played are left out.

    One that is heard to be at a wrong pitch is played again at the right one.

    Args:
        presets: from ``PresetShelf.nearest``.
        pool: the renderers.
        target: the sound, float32 ``(channels, samples)`` at 44.1 kHz.
        measure: how far a render is from it.

    Raises:
        RenderError: no renderer starts.
    """
    bodies = list[tuple[NearPreset, bytes]]()
    for preset in presets:
        with contextlib.suppress(PatchError):  # gone or changed since it was heard
            bodies.append((preset, read_fxp(preset.path).body))
    jobs = [RenderJob(body, preset.note, preset.name) for preset, body in bodies]
    wanted, matches, again = profile(target), dict[int, PresetMatch](), dict[int, RenderJob]()

    def keep(place: int, job: RenderJob, render: AudioRegion) -> None:
        preset, found = bodies[place][0], measure(render.audio).total
        if place not in matches or found < matches[place].distance:
            matches[place] = PresetMatch(preset.path, preset.name, job.note, found, render)

    for place, (job, render) in enumerate(zip(jobs, pool.render(jobs), strict=True)):
        if isinstance(render, RenderError):
            continue
        keep(place, job, render)
        pitch = job.note.pitch + round(transposition(wanted, profile(render.audio)))
        if pitch != job.note.pitch and abs(pitch - job.note.pitch) <= MOST_WRONG:
            again[place] = replace(job, note=replace(job.note, pitch=pitch))
    renders = pool.render(list(again.values()))
    for (place, job), render in zip(again.items(), renders, strict=True):
        if not isinstance(render, RenderError):
            keep(place, job, render)
    return sorted(matches.values(), key=lambda match: match.distance)


def vector_of(preset: NearPreset, spec: ParameterSpec) -> Vector | None:
    """Return a preset as a vector of a space, ``(width,)``; None if it is no setting of it."""
    if preset.spec_name != spec.name:
        return None
    try:
        patch = read_fxp(preset.path)
        if spec_of(patch) is not spec:  # changed since it was heard
            return None
        return spec.encode(spec.from_natives(patch.natives, preset.note))
    except (PatchError, ParameterError):
        return None
