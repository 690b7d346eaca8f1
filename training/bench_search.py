"""The time line of matches: who waits for whom, and what the search costs beside the renders.

    python -m training.bench_search SOUND [SOUND ...] [--spec surge_full] [--budget 10]

A match of each sound is made as a musician gets it, with rounds, on a real Surge XT; after each the
same patches are rendered again with nothing else to do. For each stage are printed: renders, how
busy the renderers are (of all the time that they have), and what the parent process does: *making*
the next patch, *measuring* a sound, *ranking and writing* what is shown, or *waiting* for a
renderer. As a machine may be faster in one half minute than in the next, several sounds tell more
than one.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from backend.audio.region import load_region
from backend.errors import SynthmatchError
from backend.pipeline import MatchRequest, MatchResult, Stage, Workshop
from backend.synth.finder import find_surge
from backend.synth.render_pool import worker_count
from training.bench_render import machine
from training.score_table import half_interval
from training.timed_search import Course, Span, TimedPool, TimedWorkshop, read_renders

#: At most so many of the search's patches are rendered again.
AGAIN = 200


@dataclass(frozen=True)
class Event:
    """Something begins; it ends with the next event."""

    at_s: float
    name: str


def time_line(
    events: list[Event], course: Course, renders: list[Span], workers: int
) -> list[dict[str, str]]:
    """Return a row for each stage, as text by column."""
    rows = []
    for event, following in zip(events, events[1:], strict=False):
        span = Span(event.at_s, following.at_s, 0.0)
        length_s = max(1e-9, span.end_s - span.start_s)

        def share(spans: list[Span], of_s: float, span: Span = span) -> float:
            return sum(one.within(span) for one in spans) / of_s

        making, measuring = share(course.making, length_s), share(course.measuring, length_s)
        streaming = share(course.streams, length_s)
        ended = sum(span.start_s < one.end_s <= span.end_s for one in renders)
        rows.append(
            {
                "from s": f"{span.start_s - events[0].at_s:.2f}",
                "stage": event.name,
                "s": f"{length_s:.2f}",
                "renders": str(ended),
                "renders/s": f"{ended / length_s:.1f}",
                "renderers busy": f"{share(renders, workers * length_s):.0%}",
                "making": f"{making:.0%}",
                "measuring": f"{measuring:.0%}",
                "waiting": f"{streaming - making - measuring:.0%}",
                "other": f"{1.0 - streaming:.0%}",
            }
        )
    return rows


def table(rows: list[dict[str, str]]) -> str:
    """Write rows as a Markdown table."""
    heads = list(rows[0])
    lines = [heads, ["---"] * len(heads), *([row[head] for head in heads] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


@dataclass(frozen=True)
class Verdict:
    """The search beside the bare renderer.

    Args:
        rate: renders per second of the match while it searches.
        bare: of the same patches with nothing else to do.
        lines: all there is to say.
    """

    rate: float
    bare: float
    lines: list[str]


def verdict(course: Course, renders: list[Span], again: list[Span], work: Span) -> Verdict:
    """Compare the search with the bare renderer.

    Args:
        course: of the match.
        renders: of the match.
        again: the same patches with nothing else to do.
        work: from the first render of the match to its end, with the parent's CPU time.
    """
    searched = sum(stream.end_s - stream.start_s for stream in course.streams)
    bare_s = max(one.end_s for one in again) - min(one.start_s for one in again)
    rate, bare = len(renders) / searched, len(again) / bare_s
    parent_s = sum(stream.cpu_s for stream in course.streams) / len(renders)
    render_s, again_s = (sum(s.cpu_s for s in spans) / len(spans) for spans in (renders, again))
    whole_s = work.end_s - work.start_s
    lines = [
        f"while it searches {rate:.1f} renders/s; bare {bare:.1f}: {rate / bare:.0%}",
        f"of the whole {whole_s:.1f} s from the first render on, {searched / whole_s:.0%} searches",
        f"CPU for each render: parent {1e3 * parent_s:.1f} ms, renderer {1e3 * render_s:.1f} ms; "
        f"bare {1e3 * again_s:.1f} ms: {again_s / (parent_s + render_s):.0%}",
    ]
    return Verdict(rate, bare, lines)


def summary(verdicts: Sequence[Verdict]) -> str:
    """Return the means of several matches, the share with its 95% interval."""
    shares = [one.rate / one.bare for one in verdicts]
    rate, bare = (fmean(getattr(one, name) for one in verdicts) for name in ("rate", "bare"))
    return (
        f"mean of {len(verdicts)}: {rate:.1f} renders/s; bare {bare:.1f}: "
        f"{fmean(shares):.0%} ± {half_interval(shares):.0%}"
    )


def main(argv: list[str] | None = None) -> int:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sounds", type=Path, nargs="+")
    parser.add_argument("--spec", default="surge_full", choices=("surge_full", "surge_simple"))
    parser.add_argument("--budget", type=float, default=10.0, help="seconds of search")
    parser.add_argument("--workers", type=int, default=worker_count(), help="renderers")
    parser.add_argument("--surge", type=Path, help="the Surge XT VST3")
    a = parser.parse_args(argv)
    try:
        verdicts = []
        for one in measure(a.sounds, a.spec, a.budget, a.workers, find_surge(a.surge)):
            verdicts.append(one)
            print("\n".join(one.lines), end="\n\n", flush=True)
        if len(verdicts) > 1:
            print(summary(verdicts))
    except SynthmatchError as error:
        parser.exit(2, f"bench_search: {error}\n")
    return 0


def measure(
    sounds: Sequence[Path], spec: str, budget_s: float, workers: int, surge: Path
) -> Iterator[Verdict]:
    """Make the matches and their comparisons."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        log.mkdir()
        with TimedPool.timed(surge, workers, log) as pool, TimedWorkshop(pool) as workshop:
            workshop.warm_up()
            for number, sound in enumerate(sounds):
                request = MatchRequest(
                    load_region(sound),
                    Path(folder) / str(number),
                    spec_name=spec,
                    budget_s=budget_s,
                    picture=False,
                )
                found = compare(request, workshop, pool, workers, log)
                head = f"{sound.name}: {machine()}, {workers} renderers, {spec}, {budget_s:g} s\n"
                yield Verdict(found.rate, found.bare, [head, *found.lines])


def compare(
    request: MatchRequest, workshop: Workshop, pool: TimedPool, workers: int, log: Path
) -> Verdict:
    """Make one match, then render the same patches with nothing else to do.

    Args:
        request: the match.
        workshop: that makes it, with the pool.
        pool: the renderers.
        workers: how many they are.
        log: where these write down what they did.
    """
    events: list[Event] = []

    def progress(stage: Stage, fraction: float) -> None:
        if not events or events[-1].name != stage:
            events.append(Event(time.monotonic(), stage))

    def on_round(result: MatchResult) -> None:
        events.append(Event(time.monotonic(), "refine"))

    pool.course = Course()
    workshop.match(request, progress, on_round=on_round)
    events.append(Event(time.monotonic(), "end"))
    course, pool.course = pool.course, Course()
    pool.render(course.jobs[-AGAIN:])
    done = [one for one in read_renders(log) if one.start_s > events[0].at_s]
    renders = [one for one in done if one.start_s < events[-1].at_s]
    again = [one for one in done if one.start_s > events[-1].at_s]
    work = Span(course.streams[0].start_s, events[-1].at_s, 0.0)
    rows = time_line(events, course, renders, workers)
    found = verdict(course, renders, again, work)
    return Verdict(found.rate, found.bare, [table(rows), "", *found.lines])


if __name__ == "__main__":
    raise SystemExit(main())
