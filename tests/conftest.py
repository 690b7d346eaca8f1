"""What every test folder shares: how a real Surge XT is found, a short sound, a generator."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import numpy as np
import pytest

from backend.errors import SurgeNotFoundError
from backend.records import AudioRegion
from backend.synth.finder import find_surge
from backend.userdata import DATA_VARIABLE

# Fakes that the processes of a render pool import by name.
sys.path.append(str(Path(__file__).parent / "support"))

# The same examples on every run, and no time limit: the machine may be busy.
hypothesis.settings.register_profile("synthmatch", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("synthmatch")


def surge_or_skip() -> Path:
    """Return the real Surge XT; all skips come from this line, so pytest reports them as one."""
    try:
        return find_surge()
    except SurgeNotFoundError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session", autouse=True)
def own_user_data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep commands that the tests run away from the user's folder of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(DATA_VARIABLE, str(tmp_path_factory.mktemp("user") / "data"))
        yield


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("surge") is not None:
        surge_or_skip()


@pytest.fixture(scope="session")
def surge_path() -> Path:
    """The Surge XT VST3 of this machine; tests that ask for it are skipped where there is none."""
    return surge_or_skip()


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator that starts the same for every test."""
    return np.random.default_rng(0)


@pytest.fixture
def tiny_audio() -> AudioRegion:
    """Half a second of a decaying A3 with three harmonics, stereo, 44.1 kHz, peak below 0.6."""
    time_s = np.arange(22_050) / 44_100
    tone = sum(np.sin(2 * np.pi * 220 * n * time_s) / n for n in (1, 2, 3))
    left = 0.3 * np.exp(-time_s / 0.15) * tone
    return AudioRegion(
        audio=np.stack([left, 0.8 * left]).astype(np.float32),
        sample_rate_hz=44_100,
        name="tiny",
    )


@pytest.fixture(scope="session")
def examples_folder() -> Path:
    """The folder of the three example sounds."""
    return Path(__file__).resolve().parents[1] / "examples"
