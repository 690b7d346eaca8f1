"""A page in a real browser, and what went on in it."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Locator, Page


class WatchedPage:
    """A page of a gallery.

    Args:
        page: in which it is shown.
        folder: of the gallery.
    """

    def __init__(self, page: Page, folder: Path) -> None:
        self.page = page
        self.folder = folder
        self.asked: list[str] = []
        #: Lines of the console, uncaught errors, and files that did not come.
        self.faults: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("requestfailed", lambda request: self.faults.append(request.url))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda message: self.faults.append(message.text))

    def open(self, name: str) -> None:
        """Open one of the gallery's pages from disk, without a server."""
        self.page.goto((self.folder / name).as_uri())

    def sounds_asked(self) -> list[str]:
        """Return the names of the sounds that were asked for."""
        return [url.rsplit("/", 1)[1] for url in self.asked if url.endswith(".mp3")]

    def asked_elsewhere(self) -> list[str]:
        """Return what was asked for that is not in the gallery's folder."""
        ours = self.folder.as_uri() + "/"
        return [url for url in self.asked if not url.startswith((ours, "data:", "blob:"))]

    def sound(self, row: int, number: int) -> Locator:
        """Return a sound of a row, both from 0; number 0 is the target."""
        return self.page.locator(".row").nth(row).locator(".sound").nth(number)

    def position_s(self, sound: Locator) -> float:
        """Return where a sound is."""
        at_s: float = sound.locator("audio").evaluate("audio => audio.currentTime")
        return at_s

    def wait_until_it_plays(self, sound: Locator) -> None:
        """Wait until a sound moves on."""
        audio = sound.locator("audio").element_handle()
        self.page.wait_for_function("audio => audio.currentTime > 0.05", arg=audio)
