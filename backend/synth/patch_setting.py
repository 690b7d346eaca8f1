"""A patch file becomes a setting of a parameter space again, also where sections of it are foreign.

What a preset of ours says can always be read back. In one that was written with sections locked,
those are the musician's and may hold what the space does not have; the rest is still ours.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from backend.errors import PatchError
from backend.records import Note, ParameterSet, Vector
from backend.synth.patch_file import Patch, sets_outside
from backend.synth.sections import section_of, storages_of
from backend.synth.spec import ParameterSpec

#: A native value differs from one of the space by no more than this.
SAME = 1e-4


def held_by(patch: Patch, spec: ParameterSpec) -> tuple[npt.NDArray[np.bool_], Vector]:
    """Return which columns of a space's vectors a patch holds a setting for, and what it is.

    Returns:
        Bool ``(width,)``, False for a parameter whose setting the space does not have, and for the
        note; and a vector ``(width,)``, 0 where the first is False.
    """
    held = np.zeros(spec.width, dtype=bool)
    vector = np.zeros(spec.width, dtype=np.float32)
    for parameter, place in zip(spec.parameters, spec.slices(), strict=True):
        native = patch.natives.get(parameter.surge.storage)
        if native is None:
            continue
        if parameter.categories:
            apart = [abs(category.native - native) for category in parameter.categories]
            if min(apart) > SAME:
                continue
            vector[place] = -1.0
            vector[place.start + int(np.argmin(apart))] = 1.0
        else:
            host = parameter.surge.native_to_host(native)
            share = (host - parameter.minimum) / (parameter.maximum - parameter.minimum)
            if not -SAME <= share <= 1.0 + SAME:
                continue
            vector[place] = 2.0 * min(max(share, 0.0), 1.0) - 1.0
        held[place] = True
    return held, vector


def setting_of(
    patch: Patch, spec: ParameterSpec, note: Note, locked: Sequence[str] = ()
) -> ParameterSet:
    """Return the setting that a patch is, as far as it is not locked.

    Args:
        patch: of any origin.
        spec: the parameter space.
        note: that plays it.
        locked: sections whose setting does not matter; where the space lacks it, it is made up.

    Raises:
        PatchError: the patch is no setting of the space.
    """
    held, vector = held_by(patch, spec)
    places = zip(spec.parameters, spec.slices(), strict=True)
    foreign = {
        section_of(parameter.surge) or "output"
        for parameter, place in places
        if not held[place].all() and section_of(parameter.surge) not in locked
    }
    if foreign or sets_outside(patch, spec, storages_of(locked)):
        where = f" ({', '.join(sorted(foreign))})" if foreign else ""
        raise PatchError(
            f"the patch {patch.name} holds what Synthmatch cannot set{where}: choose a preset that "
            "it wrote, and lock again what was locked then"
        )
    values = spec.decode(vector).values
    return ParameterSet(spec.name, values, note)
