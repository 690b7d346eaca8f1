"""The built plugin, for tests that run it in real hosts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from plugin_files import PluginFiles, find_plugin
from plugin_studio import Studio

#: Not empty where a missing plugin is a failure, as in continuous integration.
REQUIRE_VARIABLE = "REQUIRE_PLUGIN"


def plugin_or_skip() -> PluginFiles:
    """Return the built plugin; all skips come from this line, so pytest reports them as one."""
    found = find_plugin()
    if isinstance(found, str):
        if os.environ.get(REQUIRE_VARIABLE):
            pytest.fail(found)
        pytest.skip(found)
    return found


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("plugin") is not None:
        plugin_or_skip()


@pytest.fixture(scope="session")
def plugin_files() -> PluginFiles:
    """Where the formats of the built plugin are."""
    return plugin_or_skip()


@pytest.fixture(scope="session")
def plugin_path(plugin_files: PluginFiles) -> Path:
    """The VST3 bundle."""
    return plugin_files.vst3


@pytest.fixture
def studio(tmp_path: Path, plugin_path: Path) -> Iterator[Studio]:
    """A fake Surge XT that runs, and a fake workshop for the backend, which is not started yet."""
    with Studio(tmp_path, plugin_path) as studio:
        yield studio
