"""The proxy is trained on what the index knows, and measured on renders it was not trained on."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from small_index import make_index

from backend.matching.index_file import read_index, save_index
from backend.matching.neighbours import Sounds
from models.proxy import ProxyConfig
from models.proxy_file import load_proxy
from training.train_proxy import drawn_vectors, main, train_proxy


@pytest.fixture(scope="module")
def stem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of 400 draws whose embeddings are a linear map of filters and envelopes."""
    folder = tmp_path_factory.mktemp("proxy")
    small = read_index(make_index(folder))
    many = replace(small, draws=np.arange(1000, 1400))
    rng = np.random.default_rng(0)
    matrix = rng.standard_normal((small.spec.width, small.embedding.width)).astype(np.float32)
    for parameter, place in zip(small.spec.parameters, small.spec.slices(), strict=True):
        if "filter" not in parameter.name and "env" not in parameter.name:
            matrix[place] = 0.0
    sounds = Sounds(
        drawn_vectors(many) @ matrix,
        np.full(400, 60),
        np.zeros(400, dtype=np.float32),
    )
    stem = folder / "linear"
    save_index(stem, replace(many, sounds=sounds))
    return stem


def test_it_learns_and_the_same_seed_gives_the_same_weights(stem: Path) -> None:
    index = read_index(stem)
    config = ProxyConfig(
        index.spec.width, index.embedding.width, hidden_width=64, blocks=1, dropout=0.0
    )
    before = train_proxy(index, config, steps=1)[1]
    proxy, after = train_proxy(index, config, steps=300)
    assert after.count == 20
    assert before.explained < 0.1 < 0.2 < after.explained < 1.0
    again = train_proxy(index, config, steps=300)[0]
    for one, other in zip(proxy.parameters(), again.parameters(), strict=True):
        torch.testing.assert_close(one, other, atol=0, rtol=0)


def test_the_command_writes_a_proxy_that_goes_with_its_index(
    stem: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "proxy.safetensors"
    assert main(["--index", str(stem), "--out", str(out), "--steps", "3", "--hidden", "16"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["renders"], report["held_out"], report["steps"]) == (380, 20, 3)
    index = read_index(stem)
    proxy = load_proxy(
        out, spec_fingerprint=index.spec.fingerprint, embedding_sha256=index.embedding.sha256
    )
    assert proxy.config.hidden_width == 16


def test_a_missing_index_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--index", str(tmp_path / "none"), "--out", str(tmp_path / "p")])
    assert capsys.readouterr().err.count("\n") == 1
