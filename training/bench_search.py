"""The time line of one match: who waits for whom, and what the search costs beside the renders.

    python -m training.bench_search SOUND [--spec surge_full] [--budget 10]

One match is made as a musician gets it, with rounds, on a real Surge XT; then the same patches are
rendered again with nothing else to do. For each stage are printed: renders, how busy the renderers
are (of all the time that they have), and what the parent process does: *making* the next patch,
*measuring* a sound, *ranking and writing* what is shown, or *waiting* for a renderer. The CPU time
of all processes for each render, beside that of the bare renderer, does not depend on what else
the machine does.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from backend.audio.region import load_region
from backend.errors import SynthmatchError
from backend.pipeline import MatchRequest, MatchResult, Stage
from backend.synth.finder import find_surge
from backend.synth.render_pool import worker_count
from training.bench_render import machine
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


def verdict(course: Course, renders: list[Span], again: list[Span], work: Span) -> list[str]:
    """Compare the search with the bare renderer, in lines.

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
    return [
        f"while it searches {rate:.1f} renders/s; bare {bare:.1f}: {rate / bare:.0%}",
        f"of the whole {whole_s:.1f} s from the first render on, {searched / whole_s:.0%} searches",
        f"CPU for each render: parent {1e3 * parent_s:.1f} ms, renderer {1e3 * render_s:.1f} ms; "
        f"bare {1e3 * again_s:.1f} ms: {again_s / (parent_s + render_s):.0%}",
    ]


def main(argv: list[str] | None = None) -> int:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sound", type=Path)
    parser.add_argument("--spec", default="surge_full", choices=("surge_full", "surge_simple"))
    parser.add_argument("--budget", type=float, default=10.0, help="seconds of search")
    parser.add_argument("--workers", type=int, default=worker_count(), help="renderers")
    parser.add_argument("--surge", type=Path, help="the Surge XT VST3")
    a = parser.parse_args(argv)
    try:
        for line in measure(a.sound, a.spec, a.budget, a.workers, find_surge(a.surge)):
            print(line)
    except SynthmatchError as error:
        parser.exit(2, f"bench_search: {error}\n")
    return 0


def measure(sound: Path, spec: str, budget_s: float, workers: int, surge: Path) -> list[str]:
    """Make the match and its comparison; return what there is to say."""
    region = load_region(sound)
    events: list[Event] = []

    def progress(stage: Stage, fraction: float) -> None:
        if not events or events[-1].name != stage:
            events.append(Event(time.monotonic(), stage))

    def on_round(result: MatchResult) -> None:
        events.append(Event(time.monotonic(), "refine"))

    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        log.mkdir()
        with TimedPool.timed(surge, workers, log) as pool, TimedWorkshop(pool) as workshop:
            workshop.warm_up()
            request = MatchRequest(
                region, Path(folder) / "out", spec_name=spec, budget_s=budget_s, picture=False
            )
            workshop.match(request, progress, on_round=on_round)
            events.append(Event(time.monotonic(), "end"))
            course, renders = pool.course, read_renders(log)
            pool.course = Course()
            first_s = course.streams[0].start_s
            pool.render(course.jobs[-AGAIN:])
            again = [one for one in read_renders(log) if one.start_s > events[-1].at_s]
    work = Span(first_s, events[-1].at_s, 0.0)
    return [
        f"{machine()}, {workers} renderers, {spec}, {budget_s:g} s\n",
        table(time_line(events, course, renders, workers)),
        "",
        *verdict(course, renders, again, work),
    ]


if __name__ == "__main__":
    raise SystemExit(main())
