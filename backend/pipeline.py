"""One match, from a sound to ranked presets: read this file first.

    AudioRegion --propose, near--> vectors --Search--> trials --choose, rank--> Matches
        --write_matches--> .fxp .json .wav .png

``Workshop.match`` is one match from top to bottom, and the workshop keeps what the next can use.
``propose`` asks the trained model for parameter sets that could have made the sound; ``near`` looks
up renders that sound like it, and the user's own presets. ``Search`` plays each on the user's own
Surge XT, where there is one, and goes on to vary the nearest for as long as is wanted. ``choose``
takes those that are near and differ, ``rank`` measures them, and ``write_matches`` leaves the
presets in a folder. ``Tuner`` finds the note in the sound, for presets in tune and on that note.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from backend.audio.region import WINDOW_SAMPLES, fit_window
from backend.errors import CancelledError
from backend.matching.choose import choose
from backend.matching.distance import TargetDistance
from backend.matching.known_sounds import Nearby
from backend.matching.metrics import TargetMetrics
from backend.matching.near import Near
from backend.matching.preset_shelf import hear_presets
from backend.matching.rank import Ranking, unheard
from backend.matching.refine import Refinement
from backend.matching.search import Search
from backend.matching.trials import CHOSEN, Trial
from backend.matching.tune import Tuner
from backend.matching.variation import Variation
from backend.output import Written, check_folder, write_matches
from backend.records import AudioRegion, Like, Match, PresetMatch, Vector
from backend.synth.patch_file import patch_body
from backend.synth.patch_lock import PatchLock
from backend.workbench import Progress as Progress
from backend.workbench import Stage as Stage
from backend.workbench import Workbench

#: Samples of the model that are rendered, whatever number of presets is wanted; beside them so many
#: neighbours among the renders of the index, and among the user's own presets as far as they are
#: settings of the parameter space.
SAMPLES, NEIGHBOURS, OWN = 16, 16, 4
#: Variations that the model makes of one vector at a time, and in how many steps: they cost as
#: much time as renders, and begin half-way.
VARIED_AT_ONCE, VARIED_STEPS = 4, 4
#: Of so many neighbours the most promising climb to where they are foreseen nearer; for no longer
#: than this share of the budget.
CLIMBING, PROPOSING = 256, 0.05
#: Up to this budget, seconds, the search then goes on alone; in longer ones trials climb beside.
SHORT_S = 10.0
#: When what was found so far is told, in seconds since the first results.
ROUND_ENDS_S = (3.0, 10.0, 30.0)


@dataclass(frozen=True)
class MatchRequest:
    """What a musician asks for.

    Args:
        region: the sound.
        folder: where the presets go; made if needed.
        count: how many presets.
        seed: same sound and seed, same presets.
        spec_name: ``surge_full`` or ``surge_simple``.
        picture: also draw the spectrograms.
        budget_s: how long candidates may be improved after the first results, 0..60 s.
        lock: sections that stay as they are in the user's patch; None: all is matched.
        like: a candidate that all presets are to be like, itself among them, the nearest to the
            sound first; of the same space. None: they need only sound like the region.
        presets: how many of the user's own presets to name that are nearest, where Surge XT is
            there to play them.
        scored: also measure what was found by the papers' metrics, at the end.
    """

    region: AudioRegion
    folder: Path
    count: int = 8
    seed: int = 0
    spec_name: str = "surge_full"
    picture: bool = True
    budget_s: float = 0.0
    lock: PatchLock | None = None
    like: Like | None = None
    presets: int = 0
    scored: bool = False


@dataclass(frozen=True)
class MatchResult:
    """What came of it: the matches, best first, the files, and why nothing was rendered, if so.

    ``remarks`` has one sentence for each thing the user should know about how it was made,
    ``sources`` says what was proposed by what, and ``presets`` are the nearest of the user's own.
    """

    matches: tuple[Match, ...]
    written: Written
    without_surge: str | None = None
    remarks: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    presets: tuple[PresetMatch, ...] = ()


class Workshop(Workbench):
    """Makes matches, and keeps what the next can use warm; a context manager."""

    def match(
        self,
        request: MatchRequest,
        progress: Progress = lambda stage, fraction: None,
        cancelled: Callable[[], bool] = lambda: False,
        on_round: Callable[[MatchResult], None] | None = None,
    ) -> MatchResult:
        """Find presets that sound like the region, and write them.

        Args:
            request: what is wanted.
            progress: told the stage and how much of it is done, 0..1.
            cancelled: asked between and within the stages; True ends the match.
            on_round: gets what was found so far, written like the result, where the budget gives
                time for something better; each preset keeps its number and its files. Where it is
                None, numbers are ranks.

        Raises:
            CancelledError: the match was cancelled.
            SynthmatchError: one of its other kinds; as above, nothing has been written then.
        """

        def advance(stage: Stage, fraction: float) -> bool:
            if cancelled():
                raise CancelledError("the match was cancelled; nothing was written")
            progress(stage, fraction)
            return False

        def finish(matches: list[Match]) -> MatchResult:
            matches = tuner.on_note(matches)
            written = write_matches(
                request.region, matches, request.folder, picture=request.picture, lock=lock
            )
            remarks = (*tuner.remarks, *proposer.remarks, *sounds.remarks)
            return MatchResult(
                tuple(matches), written, without_surge, remarks, sources, tuple(presets)
            )

        check_folder(request.folder)
        advance("load", 0.0)
        pool, without_surge = self._renderers()  # Surge loads while the model samples
        proposer = self._proposer(request.spec_name)
        sounds = self._known_sounds(request.spec_name)
        advance("propose", 0.0)
        heard, lock = proposer.hear(request.region), request.lock
        tuner = Tuner(proposer.spec, request.region, lock, request.like)
        known = lock.known(proposer.spec) if lock else None
        near = Near(proposer.spec, request.like, request.seed, known) if request.like else None
        vectors = proposer.sample(
            heard,
            count=max(request.count, SAMPLES if pool else 0),
            seed=request.seed,
            begin=near.begin if near else None,
            known=known,
        )
        nearby, count = Nearby(), CLIMBING if request.budget_s > 0.0 else NEIGHBOURS
        if near is None:
            nearby = sounds.near(request.region, count, OWN, request.presets)
        renders = lock.hold(proposer.spec, nearby.renders) if lock else nearby.renders
        proposals: list[tuple[str, list[Vector]]] = [
            (CHOSEN, [near.chosen] if near else []),
            ("index", renders[:NEIGHBOURS]),
            ("preset", lock.hold(proposer.spec, nearby.own) if lock else nearby.own),
            ("model", list(map(near.hold, vectors)) if near else vectors),
        ]
        sources = (f"{len(vectors)} samples of the model", *sounds.sources(nearby))
        presets: list[PresetMatch] = []
        if pool is None:
            advance("write", 0.0)
            return finish(unheard(proposer.spec, proposals, request.count))

        advance("render", 0.0)
        audio = request.region.audio[:, :WINDOW_SAMPLES]
        target = TargetDistance(audio)
        variation = Variation(proposer.spec, lock.free(proposer.spec) if lock else None)
        climber = None
        if request.budget_s > 0.0 and near is None:
            climber = sounds.climber(fit_window(request.region))
        search = Search(
            proposer.spec,
            fit_window(request.region),
            target.within,
            variation,
            seed=request.seed,
            body=lock.body if lock else patch_body,
            model_vary=lambda vector, time, seed: proposer.sample(
                heard,
                count=VARIED_AT_ONCE,
                seed=seed,
                begin=(time, vector),
                known=known,
                steps=VARIED_STEPS,
            ),
            hold=near.hold if near else lambda vector: vector,
        )
        for origin, proposed in proposals:
            search.offer(proposed, origin)
        waiting = search.waiting()

        def told_how_many() -> bool:
            return advance("render", 1.0 - search.waiting() / waiting)

        search.run(pool, told_how_many, vary=False)
        if not search.trials.elite:
            raise search.failed[0]
        search.offer(tuner.in_tune(search.trials.elite), "tune")
        search.run(pool, lambda: advance("render", 1.0), vary=False)
        presets = hear_presets(
            nearby.presets,
            pool,
            fit_window(request.region),
            target.measure,
        )
        ranking = Ranking()

        def nearest_now() -> list[Trial]:
            return choose(search.trials.all(), request.count, search.trials.chosen)

        if request.budget_s > 0.0:
            began_s = time.monotonic()

            def refine_until(end_s: float) -> Callable[[], bool]:
                def ended() -> bool:
                    passed_s = time.monotonic() - began_s
                    advance("refine", min(1.0, passed_s / request.budget_s))
                    return passed_s >= end_s

                return ended

            def out_of_time() -> bool:
                return time.monotonic() - began_s >= request.budget_s

            refinement = Refinement(
                search, pool, climber, variation.continuous, request.seed, out_of_time
            )

            def tell_round() -> None:
                if on_round is not None:
                    nearest = nearest_now()
                    refinement.beside(lambda: on_round(finish(ranking.rank(nearest))))

            tell_round()
            refinement.propose([*renders, *vectors], refine_until(PROPOSING * request.budget_s))
            short = request.budget_s <= SHORT_S
            go_on = refinement.search if short else refinement.search_and_climb
            for end_s in ROUND_ENDS_S:
                if end_s < request.budget_s:
                    go_on(refine_until(end_s))
                    tell_round()
            go_on(refine_until(request.budget_s))
        advance("write", 0.0)
        metrics = TargetMetrics(audio) if request.scored else None
        result = finish(ranking.rank(nearest_now(), metrics))
        progress("write", 1.0)
        return result
