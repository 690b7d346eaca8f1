from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from gallery_rows import rows
from playwright.sync_api import Browser, sync_playwright
from watched_page import WatchedPage

from backend.gallery.content import content_of
from backend.gallery.folder import write_gallery
from backend.gallery.pages import page_files

#: Not empty where a missing browser is a failure, as in continuous integration.
REQUIRE_VARIABLE = "REQUIRE_BROWSER"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")


def browser_or_skip() -> str:
    """Return a Chromium of this machine; all skips come from this line, so they are one."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        line = f"no browser is installed: {', '.join(BROWSERS)} were looked for"
        if os.environ.get(REQUIRE_VARIABLE):
            pytest.fail(line)
        pytest.skip(line)
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A browser without a window."""
    path = browser_or_skip()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def gallery_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gallery of five rows, three candidates each, 3 s long, in a folder with an odd name."""
    folder = tmp_path_factory.mktemp("galleries") / "a gallery, 100% #1"
    write_gallery(
        folder, page_files(content_of(rows(5, candidates=3, length_s=3.0), "Some <sounds>"))
    )
    return folder


@pytest.fixture
def watched(browser: Browser, gallery_folder: Path) -> Iterator[WatchedPage]:
    """The gallery in a browser that knows nothing yet; nothing may go wrong in it, or go out."""
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        context.set_default_timeout(60_000)
        watched = WatchedPage(context.new_page(), gallery_folder)
        yield watched
        assert watched.asked_elsewhere() == []
        assert watched.faults == []
