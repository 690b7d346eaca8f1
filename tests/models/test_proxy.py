"""The proxy learns what a vector stands for, and its file is checked before it is used."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from models.description import CheckpointError
from models.proxy import Proxy, ProxyConfig
from models.proxy_file import ProxyOrigin, load_proxy, proxy_bytes

CONFIG = ProxyConfig(width=7, embedding_width=5, hidden_width=16, blocks=2)
ORIGIN = ProxyOrigin("space", "embedding", {"minutes": 1})


@pytest.fixture
def proxy() -> Proxy:
    torch.manual_seed(0)
    return Proxy(CONFIG).eval()


@pytest.fixture
def path(proxy: Proxy, tmp_path: Path) -> Path:
    path = tmp_path / "proxy.safetensors"
    path.write_bytes(proxy_bytes(proxy, ORIGIN))
    return path


def read(path: Path, space: str = "space", embedding: str = "embedding") -> Proxy:
    return load_proxy(path, spec_fingerprint=space, embedding_sha256=embedding)


def test_it_can_be_differentiated_by_the_setting(proxy: Proxy) -> None:
    vectors = torch.zeros(3, 7, requires_grad=True)
    proxy(vectors).square().sum().backward()
    assert vectors.grad is not None
    assert bool((vectors.grad != 0).any(dim=1).all())


def test_a_file_gives_the_same_predictions_within_half_precision(proxy: Proxy, path: Path) -> None:
    vectors = torch.randn(20, 7)
    back = read(path)
    assert not back.training
    assert not any(weight.requires_grad for weight in back.parameters())
    torch.testing.assert_close(back(vectors), proxy(vectors), atol=5e-3, rtol=5e-3)


@pytest.mark.parametrize("other", [{"space": "another"}, {"embedding": "another"}])
def test_it_serves_no_other_space_or_embedding(path: Path, other: dict[str, str]) -> None:
    with pytest.raises(CheckpointError, match="goes with another .* Use the files shipped"):
        read(path, **other)


def test_missing_cut_and_foreign_files(path: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="cannot be read"):
        read(tmp_path / "none.safetensors")
    data = path.read_bytes()
    for length in (0, 7, 100, len(data) - 1):
        path.write_bytes(data[:length])
        with pytest.raises(CheckpointError, match="cannot be read"):
            read(path)
    path.write_bytes(data.replace(b"synthmatch-proxy-1", b"synthmatch-proxy-9"))
    with pytest.raises(CheckpointError, match="is no proxy"):
        read(path)
    path.write_bytes(data.replace(rb"\"blocks\": 2", rb"\"blocks\": 3"))
    with pytest.raises(CheckpointError, match="does not hold what it says"):
        read(path)


def test_numbers_that_are_not_finite_are_not_written(proxy: Proxy) -> None:
    with torch.no_grad():
        proxy.first.weight[0, 0] = float("nan")
    with pytest.raises(CheckpointError, match=r"first\.weight .* not finite"):
        proxy_bytes(proxy, ORIGIN)
