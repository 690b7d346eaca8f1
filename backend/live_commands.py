"""The command ``live``: connects sound, backend, keys and screen."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from backend.audio.devices import DeviceOutput, find_device
from backend.audio.faults import shown
from backend.audio.player import Player
from backend.audio.region import load_region
from backend.audition import Audition
from backend.errors import LinkError
from backend.live import LiveSession
from backend.live_keys import Reader, command_of, keys
from backend.live_match import Wish
from backend.live_screen import Screen, screen
from backend.live_words import Said, improving
from backend.osc.client import Client
from backend.osc.fields import Spec
from backend.output import check_folder, file_stem
from backend.records import AudioRegion, Instance
from backend.userdata import open_user_data
from backend.wishes import SPEC_NAMES

CLIENT_NAME = "synthmatch live"
#: How often news of the backend are looked for while no key is pressed.
KEY_WAIT_S = 0.5
SWITCH_ON = (
    "No running Surge XT listens: open one in your DAW, and switch on OSC In in it (Menu, OSC). "
    "The match goes on; presets can be kept with k."
)
LOADING = "The backend loads its model; the first match waits for that."


def live(arguments: argparse.Namespace) -> int:
    """Run ``synthmatch live``.

    Returns:
        0; 2 if commands came from a file or pipe and one of them failed.

    Raises:
        SynthmatchError: the sound or the folder cannot be used, the backend does not start or is
            gone, the match fails, or no Surge XT listens on the port that was named.
    """
    region = load_region(arguments.sound, start_s=arguments.start)
    keep_in = (arguments.output or arguments.sound.parent).absolute()
    if arguments.output is not None:
        check_folder(keep_in)
    with Client.connect(open_user_data().folder, CLIENT_NAME, start=True) as client:
        session = LiveSession(
            client,
            region,
            folder=Path(client.welcome.folder),
            keep_in=keep_in,
            stem=file_stem(region.name),
            audition=Audition(region, lambda: _open_player(arguments.device)),
        )
        try:
            with screen() as view, keys() as reader:
                if client.welcome.state == "loading":
                    view.say(Said(LOADING))
                spec = cast(Spec, SPEC_NAMES[arguments.spec])
                wish = Wish(arguments.count, arguments.seed, spec, arguments.budget)
                _match(session, region, wish, arguments.port, view, reader)
                return _obey(session, view, reader)
        finally:
            session.close()


def _match(
    session: LiveSession,
    region: AudioRegion,
    wish: Wish,
    port: int | None,
    view: Screen,
    reader: Reader,
) -> None:
    for remark in region.remarks:
        view.say(Said(remark))
    place = session.start(wish)
    if place > 0:
        view.say(Said(f"Matches before this one: {place}."))
    _choose(session, port, view, reader)
    # Nobody looks on while lines of a file are read: those are about the best.
    remark = session.wait(view.progress, lambda news: view.say(Said(news)), final=reader.scripted)
    view.show(session.candidates, session.current)
    if remark:
        view.say(Said(remark))
    if not session.is_final:
        view.say(improving(wish.budget_s))


def _choose(session: LiveSession, port: int | None, view: Screen, reader: Reader) -> None:
    """Settle which Surge XT is written to: the one named, the only one, or the one picked."""
    if port is not None:
        session.choose(port)
        return
    there = session.instances()
    if not there:
        view.say(Said(SWITCH_ON, fault=True))
    elif len(there) == 1:
        session.choose(there[0].port)
        view.say(Said(f"Surge XT {_named(there[0])}"))
    else:
        chosen = _pick(there, view, reader)
        session.choose(chosen.port)
        view.say(Said(f"Surge XT {_named(chosen)}"))


def _pick(there: Sequence[Instance], view: Screen, reader: Reader) -> Instance:
    listed = "; ".join(f"{n}: {_named(each)}" for n, each in enumerate(there, 1))
    view.say(Said(f"Which Surge XT? {listed}"))
    while True:
        typed = reader.read(KEY_WAIT_S)
        if typed is None:
            continue
        if command_of(typed) == "quit":
            raise LinkError(f"no Surge XT was chosen; name one with --port: {listed}")
        if typed.isdecimal() and 1 <= int(typed) <= len(there):
            return there[int(typed) - 1]
        view.say(Said(f"{typed} is none of them: 1 to {len(there)}, or q to leave", fault=True))


def _obey(session: LiveSession, view: Screen, reader: Reader) -> int:
    failed = False
    while True:
        if reader.scripted and not session.is_final:  # lines are about what comes of it
            session.wait(view.progress, lambda news: view.say(Said(news)), final=True)
            view.show(session.candidates, session.current)
        typed = reader.read(KEY_WAIT_S)
        for news in session.news(view.progress):
            view.show(session.candidates, session.current)
            view.say(news)
        if typed is None:
            continue
        command = command_of(typed)
        if command == "quit":
            return 2 if failed and reader.scripted else 0
        said = session.do(command)
        failed |= said.fault
        view.show(session.candidates, session.current)
        view.say(said)


def _named(instance: Instance) -> str:
    patch = f", {shown(Path(Path(instance.patch).name))}" if instance.patch else ""
    silent = "" if instance.answers else ", does not answer (OSC Out is off)"
    shared = (
        ", opened by two programs, of which one hears: give one of them another port"
        if instance.shared
        else ""
    )
    return f"port {instance.port}{patch}{silent}{shared}"


def _open_player(device: str | None) -> Player:
    return Player(DeviceOutput(find_device("output", device)))
