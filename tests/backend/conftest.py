"""A whole match in a second: an untrained model, and no Surge XT or one that is played by sines."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from fake_renderers import FakePool
from small_index import make_index
from tiny_model import save_tiny_weights

from backend import wishes, workbench
from backend.matching import index, propose
from backend.records import AudioRegion
from backend.synth import finder, render_pool


@dataclass
class ClosingPool(FakePool):
    """A fake pool that knows whether it was closed."""

    closed: bool = False

    def close(self) -> None:
        self.closed = True


@pytest.fixture(scope="session")
def weights_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tiny weights of both parameter spaces; not to be changed."""
    folder = tmp_path_factory.mktemp("weights")
    for spec_name in ("surge_full", "surge_simple"):
        save_tiny_weights(folder, spec_name)
    return folder


@pytest.fixture(scope="session")
def index_stem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small index of Simple, made without Surge XT; see ``small_index``."""
    return make_index(tmp_path_factory.mktemp("index"))


@pytest.fixture
def tiny_weights(weights_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tiny weights in place of the shipped ones, and no index of renders."""
    monkeypatch.setattr(propose, "weights_stem", lambda spec_name: weights_folder / spec_name)
    monkeypatch.setattr(index, "index_stem", lambda spec_name: weights_folder / "no-renders")
    return weights_folder


@pytest.fixture
def no_surge(monkeypatch: pytest.MonkeyPatch) -> None:
    """A computer without Surge XT."""
    monkeypatch.delenv(finder.SURGE_VARIABLE, raising=False)
    monkeypatch.setattr(finder, "standard_folders", lambda: (Path("no") / "vst3",))


@pytest.fixture
def fake_pool(monkeypatch: pytest.MonkeyPatch) -> ClosingPool:
    """A computer whose Surge XT plays decaying sines."""
    pool = ClosingPool()
    monkeypatch.setattr(wishes, "DEFAULT_BUDGET_S", 0.0)  # a render of sines takes no time
    for module in (workbench, finder):
        monkeypatch.setattr(module, "find_surge", lambda given=None: Path("Surge XT.vst3"))
    monkeypatch.setattr(render_pool.RenderPool, "of_surge", lambda path, workers: pool)
    return pool


@pytest.fixture
def sound(tiny_audio: AudioRegion, tmp_path: Path) -> Path:
    """A sound file of half a second, ``tiny.wav``."""
    from backend.audio.files import write_wav

    path = tmp_path / "tiny.wav"
    write_wav(path, tiny_audio)
    return path
