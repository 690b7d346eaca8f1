"""The spectral proxy: what it may not depend on, its file, and what the shipped one foresees."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from backend.audio.region import fit_window, load_region
from backend.matching.control_layout import control_layout
from backend.matching.index import index_stem
from backend.records import Note, ParameterSet
from backend.synth.draw_parameters import draw_parameters
from backend.synth.equivalents import Equivalents
from backend.synth.spec import load_spec
from models.description import CheckpointError
from models.features import FeatureConfig, LogMel
from models.proxy_file import load_spectral_proxy, spectral_proxy_bytes
from models.spectral_parts import levelled
from models.spectral_proxy import SpectralProxy, SpectralProxyConfig

SPACES = ["surge_simple", "surge_full"]
GOLDEN = Path(__file__).parents[1] / "data" / "golden"
TIMES_S = torch.arange(0.0, 4.0, 0.05)


def make(spec_name: str) -> SpectralProxy:
    torch.manual_seed(0)
    layout = control_layout(load_spec(spec_name))
    return SpectralProxy(layout, SpectralProxyConfig(hidden_width=12)).eval()


def settings(spec_name: str, count: int = 6) -> Tensor:
    spec = load_spec(spec_name)
    return torch.from_numpy(np.stack([spec.encode(draw_parameters(spec, n)) for n in range(count)]))


def times(count: int) -> Tensor:
    return TIMES_S.expand(count, -1)


@pytest.mark.parametrize("spec_name", SPACES)
def test_every_moment_depends_on_its_own_controls_alone(spec_name: str) -> None:
    proxy, vectors = make(spec_name), settings(spec_name)
    whole = proxy(vectors, times(6))
    assert whole.shape == (6, len(TIMES_S), 128)
    assert bool(torch.isfinite(whole).all())
    some = proxy(vectors[2:4], times(2)[:, 7:9])
    torch.testing.assert_close(some, whole[2:4, 7:9], atol=2e-3, rtol=1e-4)


@pytest.mark.parametrize("spec_name", SPACES)
def test_its_slope_is_finite_and_knows_loudness_pitch_and_time(spec_name: str) -> None:
    proxy, vectors = make(spec_name), settings(spec_name).requires_grad_()
    foreseen = proxy(vectors, times(6)).clamp_min(-80.0)
    (slope,) = torch.autograd.grad(foreseen.square().mean(), vectors)
    assert bool(torch.isfinite(slope).all())
    numbers = control_layout(load_spec(spec_name)).numbers
    for name in ("a_amp_eg_attack", "a_filter_1_cutoff", "a_osc_1_pitch", "a_osc_2_volume"):
        assert bool((slope[:, numbers[name][0]] != 0).any()), name
    assert bool((slope[:, -3:] != 0).any(dim=0).all())


@pytest.mark.parametrize("spec_name", SPACES)
def test_nothing_is_foreseen_before_the_note(spec_name: str) -> None:
    spec = load_spec(spec_name)
    drawn = draw_parameters(spec, 3)
    late = ParameterSet(spec_name, drawn.values, Note(60, 2.0, 3.0))
    foreseen = make(spec_name)(torch.from_numpy(spec.encode(late))[None], times(1))[0]
    loudest = foreseen.amax(dim=1)
    assert loudest[: 2 * 20].max() < loudest.max() - 60.0


def test_a_muted_oscillator_has_no_spectrum_of_its_own() -> None:
    spec, proxy = load_spec("surge_full"), make("surge_full")
    with torch.no_grad():
        for network in (proxy.rest, proxy.wet):  # they see all of a setting
            network[-1].weight.zero_()
            network[-1].bias.zero_()
    drawn = draw_parameters(spec, 4)
    quiet = {"a_osc_2_mute": "muted", "a_fm_routing": "Off"}
    quiet |= {f"a_ring_modulation_{pair}_mute": "muted" for pair in ("1x2", "2x3")}
    sets = [
        ParameterSet(spec.name, {**drawn.values, **quiet, "a_osc_2_pitch": pitch}, drawn.note)
        for pitch in (0.1, 0.9)
    ]
    one, other = proxy(torch.from_numpy(np.stack([spec.encode(s) for s in sets])), times(2))
    torch.testing.assert_close(one, other)


def test_level_is_free_and_the_floor_is_kept() -> None:
    heard = torch.rand(2, 30, 128) * -70.0
    same = levelled(heard - 33.0, heard, -80.0)
    assert (same - heard).abs().max() < 2.0  # softly at the floor
    assert (same - heard)[heard > -60].abs().max() < 1e-3
    assert levelled(heard - 200.0 * (heard < -40), heard, -80.0).min() >= -80.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "proxy.safetensors"
    path.write_bytes(spectral_proxy_bytes(make("surge_simple"), "space", {"minutes": 1}))
    return path


def read(path: Path, spec_name: str = "surge_simple", space: str = "space") -> SpectralProxy:
    layout = control_layout(load_spec(spec_name))
    return load_spectral_proxy(path, layout, spec_fingerprint=space)


def test_a_file_gives_the_same_spectra_within_half_precision(path: Path) -> None:
    vectors, back = settings("surge_simple"), read(path)
    assert not back.training and not any(weight.requires_grad for weight in back.parameters())
    wanted = make("surge_simple")(vectors, times(6)).clamp_min(-80.0)
    assert (back(vectors, times(6)).clamp_min(-80.0) - wanted).abs().mean() < 0.1


def test_foreign_files_are_refused(path: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="cannot be read"):
        read(tmp_path / "none.safetensors")
    with pytest.raises(CheckpointError, match="goes with another space"):
        read(path, space="another")
    with pytest.raises(CheckpointError, match="does not hold what it says"):
        read(path, "surge_full")
    data = path.read_bytes()
    path.write_bytes(data.replace(b"synthmatch-spectral-proxy-1", b"synthmatch-spectral-proxy-9"))
    with pytest.raises(CheckpointError, match="is no proxy"):
        read(path)


@pytest.mark.parametrize("spec_name", SPACES)
def test_the_shipped_one_knows_recorded_sounds_by_their_settings(spec_name: str) -> None:
    """Each golden render is nearer to what is foreseen of its own setting than of any other."""
    spec = load_spec(spec_name)
    stem = index_stem(spec_name)
    proxy = load_spectral_proxy(
        stem.with_name(f"{spec_name}_spectral_proxy.safetensors"),
        control_layout(spec),
        spec_fingerprint=spec.fingerprint,
    )
    features = FeatureConfig()
    items = json.loads((GOLDEN / "index.json").read_text())["items"]
    mine = [item for item in items if item["spec"] == spec_name]
    vectors, sounds = [], []
    for item in mine:
        note = Note(item["pitch"], item["on_s"], item["off_s"])
        values = {**item["host_values"], **item["labels"]}
        named = {parameter.name: values[parameter.name] for parameter in spec.parameters}
        vectors.append(spec.encode(ParameterSet(spec_name, named, note)))
        audio = fit_window(load_region(GOLDEN / item["file"], start_s=0.0))
        sounds.append(LogMel(features)(torch.from_numpy(audio)[None])[0].mean(dim=0).T[::5])
    rested = torch.from_numpy(Equivalents(spec).at_rest(np.stack(vectors)))
    heard = torch.stack(sounds)
    moments_s = torch.arange(0, features.frames, 5) * (
        features.hop_samples / features.sample_rate_hz
    )
    with torch.inference_mode():
        foreseen = proxy(rested, moments_s.expand(len(mine), -1))
        differences = torch.stack(
            [
                (levelled(foreseen, one.expand(len(mine), -1, -1), features.floor_db) - one)
                .abs()
                .mean(dim=(1, 2))
                for one in heard
            ]
        )  # (sounds, settings)
    assert differences.argmin(dim=1).tolist() == list(range(len(mine)))
    others = differences[~torch.eye(len(mine), dtype=torch.bool)]
    assert differences.diagonal().mean() < 0.5 * others.mean()
