"""What a musician does with a match, by commands: the logic of ``synthmatch live``.

    sound --start--> LiveMatch --wait, news--> candidates --do("next")--> the running Surge XT

It talks to the backend as the plugin does, and neither to keys nor to a screen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from backend.audio.faults import shown
from backend.audition import Audition
from backend.errors import SynthmatchError
from backend.free_path import free_path
from backend.live_match import Client, LiveMatch, Wish
from backend.live_words import AMOUNT, AMOUNT_STEP, FINAL, KEYS, NEWER, Said, amount, told_of_write
from backend.osc import protocol as say
from backend.osc.client import FORGOTTEN
from backend.records import AudioRegion, Instance

EVENT_WAIT_S = 0.5
#: Longest wait for the answer to what Surge XT has part in.
SURGE_S = 30.0


class LiveSession:
    """One sound, its match, and the commands on it.

    Args:
        client: said Hello already.
        region: the sound.
        folder: where the backend takes sounds from.
        keep_in: where kept presets go.
        stem: how they are called, before their rank.
        audition: where the user listens; closed with the session.
    """

    def __init__(
        self,
        client: Client,
        region: AudioRegion,
        *,
        folder: Path,
        keep_in: Path,
        stem: str,
        audition: Audition,
    ) -> None:
        self._client = client
        self._keep_in = keep_in
        self._stem = stem
        self._audition = audition
        self._match = LiveMatch(client, region, folder=folder, stem=stem)
        self._port: int | None = None
        self._written = (0, 0)  # job and number of the candidate in Surge XT
        self._wish = Wish(8, 0, "surge_full")
        self._amount = AMOUNT

    @property
    def candidates(self) -> tuple[say.CandidateReady, ...]:
        """Those of the last round, best first."""
        return self._match.candidates

    @property
    def current(self) -> int:
        """Rank of the candidate that was written last; 0 where none is."""
        ranks = (each.rank for each in self.candidates if _key(each) == self._written)
        return next(ranks, 0)

    @property
    def is_final(self) -> bool:
        """Whether no better candidates are awaited."""
        return self._match.is_final

    def instances(self) -> tuple[Instance, ...]:
        """Return the running Surge XT that listen.

        Raises:
            ServiceError: the backend refuses, or is gone.
        """
        return self._client.ask(say.ListInstances(), say.Instances, SURGE_S).instances

    def choose(self, port: int) -> None:
        """Write to the Surge XT on a port from now on.

        Raises:
            ServiceError: none listens there.
        """
        self._client.ask(say.ChooseInstance(port), say.Chosen, SURGE_S)
        self._port = port

    def start(self, wish: Wish) -> int:
        """Hand the sound over and have it matched.

        Returns:
            How many matches are before it.

        Raises:
            SynthmatchError: the sound cannot be handed over, or the backend refuses.
        """
        self._wish = wish
        return self._match.start(wish)

    def wait(
        self,
        progress: Callable[[say.Progress], None],
        tell: Callable[[str], None],
        *,
        final: bool = False,
    ) -> str:
        """Wait for the first candidates of the match; interrupted, it is given up.

        Args:
            progress: called with how far it is.
            tell: called with what else the backend has to say.
            final: wait until nothing better will come.

        Returns:
            What the user should know of it, or nothing.

        Raises:
            SynthmatchError: it failed, was given up, or the backend is gone.
        """
        try:
            while not (self.is_final if final else self._match.has_round):
                event = self._client.next_event(EVENT_WAIT_S)
                if event is not None:
                    self._take(event, progress)
                if isinstance(event, say.ServiceNews):
                    tell(event.message)
        except KeyboardInterrupt:
            self._match.give_up()
            raise
        finally:
            self._match.close()
        return self._match.remark

    def news(self, progress: Callable[[say.Progress], None]) -> list[Said]:
        """Return what the backend has told since, newer candidates among it.

        Args:
            progress: called with how far a match is.

        Raises:
            ServiceError: it is gone, or the Surge XT that was chosen is.
        """
        told = []
        while (event := self._client.next_event(0.0)) is not None:
            before = self.candidates
            try:
                is_new = self._take(event, progress)
            except SynthmatchError as error:
                told.append(Said(str(error), fault=True))
                continue
            if isinstance(event, say.ServiceNews):
                told.append(Said(event.message))
            elif is_new:
                words = [NEWER if self.candidates != before else "", FINAL if self.is_final else ""]
                told.append(Said(" ".join(filter(None, [*words, self._match.remark]))))
            if event == FORGOTTEN and self._port is not None:
                self.choose(self._port)  # forgotten as well
        return told

    def do(self, command: str) -> Said:
        """Carry out a command: a word of ``COMMANDS``, or the rank of a candidate to write."""
        try:
            if command.isdecimal():
                return self._write(int(command))
            match command:
                case "next" | "previous":
                    return self._write(self._neighbour(1 if command == "next" else -1))
                case "undo":
                    return self._undo()
                case "keep":
                    return self._keep()
                case "more":
                    return self._more()
                case "wider" | "nearer":
                    step = AMOUNT_STEP if command == "wider" else -AMOUNT_STEP
                    self._amount = min(1.0, max(0.0, round(self._amount + step, 1)))
                    return Said(f"more like this: {amount(self._amount)}")
                case "switch" | "target" | "candidate" | "stop":
                    return self._listen(command)
            return Said(f"{command} is not a command: {KEYS}", fault=True)
        except SynthmatchError as error:
            return Said(str(error), fault=True)

    def close(self) -> None:
        """Stop listening; the backend is not told."""
        self._match.close()
        self._audition.close()

    def _take(self, event: say.Event, progress: Callable[[say.Progress], None]) -> bool:
        if isinstance(event, say.Progress) and self._match.awaits(event.job):
            progress(event)
        return self._match.take(event)

    def _neighbour(self, step: int) -> int:
        count = len(self.candidates)
        if self.current == 0:
            return 1 if step > 0 else max(1, count)
        return (self.current - 1 + step) % count + 1

    def _write(self, rank: int) -> Said:
        candidate = self._match.in_rank(rank)
        request = say.WriteCandidate(candidate.job, candidate.candidate)
        written = self._client.ask(request, say.Written, SURGE_S)
        self._written = _key(candidate)
        return told_of_write(f"{rank} of {len(self.candidates)}", written)

    def _undo(self) -> Said:
        written = self._client.ask(say.Undo(), say.Written, SURGE_S)
        self._written = (0, 0)
        return told_of_write("your own patch", written)

    def _keep(self) -> Said:
        selected = self._selected()
        path = free_path(self._keep_in, f"{self._stem}-{selected.rank}", ".fxp", ".json")
        request = say.KeepCandidate(selected.job, selected.candidate, str(path))
        kept = self._client.ask(request, say.Kept, SURGE_S)
        return Said(f"{selected.rank} is kept: {shown(Path(kept.path))}")

    def _more(self) -> Said:
        selected = self._selected()
        like = say.LikePreset(selected.preset_path, selected.note, self._amount)
        self._wish = replace(self._wish, seed=(self._wish.seed + 1) % 2**31)
        self._match.start(self._wish, like)
        return Said(f"more like {selected.rank} is looked for, {amount(self._amount)}")

    def _listen(self, command: str) -> Said:
        if command == "stop":
            heard = self._audition.stop()
        elif command == "target":
            heard = self._audition.target()
        else:
            selected = self._selected()
            listen = self._audition.switch if command == "switch" else self._audition.candidate
            heard = listen(selected.rank, selected.render_path)
        return Said(f"you hear {heard}")

    def _selected(self) -> say.CandidateReady:
        """Return the candidate that commands are about: the one written last, else the best."""
        return self._match.in_rank(self.current or 1)


def _key(candidate: say.CandidateReady) -> tuple[int, int]:
    return candidate.job, candidate.candidate
