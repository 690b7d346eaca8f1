from __future__ import annotations

from pathlib import Path

import pytest

from backend.synth.renderer import SurgeRenderer


@pytest.fixture(scope="session")
def surge(surge_path: Path) -> SurgeRenderer:
    """One Surge XT for all tests: a plugin stays on the thread that made it."""
    return SurgeRenderer(surge_path)
