from __future__ import annotations

import math

import pytest
import torch

from models.param2tok import Param2Tok


def make(**changes: object) -> Param2Tok:
    torch.manual_seed(0)
    settings: dict = {"parameters": 11, "tokens": 5, "width": 16} | changes
    return Param2Tok(**settings)


def test_encode_is_the_papers_formula() -> None:
    layer = make(assignment_noise=0.3, embedding_noise=0.3)
    x = torch.randn(4, 11)
    rows = x.unsqueeze(-1) * layer.embedding_in  # diag(x) Z, for each item
    expected = layer.assignment @ layer.ffn_in(rows)
    torch.testing.assert_close(layer.encode(x), expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("final_ffn", [False, True])
def test_decode_is_the_papers_formula(final_ffn: bool) -> None:
    layer = make(assignment_noise=0.3, embedding_noise=0.3, final_ffn=final_ffn)
    tokens = torch.randn(4, 5, 16)
    out = layer.ffn_out(tokens) if layer.ffn_out is not None else tokens
    expected = (layer.embedding_out * (layer.assignment.T @ out)).sum(dim=-1)
    torch.testing.assert_close(layer.decode(tokens), expected, atol=1e-5, rtol=1e-4)


def test_permuting_parameters_permutes_the_output() -> None:
    layer = make(assignment_noise=0.3, embedding_noise=0.3)
    x, order = torch.randn(2, 11), torch.randperm(11)
    other = make()
    other.load_state_dict(layer.state_dict())
    with torch.no_grad():
        other.assignment.copy_(layer.assignment[:, order])
        other.embedding_in.copy_(layer.embedding_in[order])
        other.embedding_out.copy_(layer.embedding_out[order])
    tokens = layer.encode(x)
    torch.testing.assert_close(other.encode(x[:, order]), tokens, atol=1e-5, rtol=1e-4)
    expected = layer.decode(tokens)[:, order]
    torch.testing.assert_close(other.decode(tokens), expected, atol=1e-5, rtol=1e-4)


def test_initial_values() -> None:
    layer = make(parameters=300, tokens=64, width=256)
    level = 1.0 / math.sqrt(300 * 64)
    deviation = layer.assignment.detach() - level
    assert abs(float(deviation.std()) - 1e-4) < 1e-5
    assert float(deviation.abs().max()) < 1e-3
    assert torch.equal(layer.embedding_in, layer.embedding_out)
    assert layer.embedding_in is not layer.embedding_out
    assert abs(float(layer.embedding_in[0].detach().norm()) - 1.0) < 0.2
    assert float((layer.embedding_in[0] - layer.embedding_in[1]).detach().abs().max()) < 1e-3


def test_penalty_is_the_mean_magnitude() -> None:
    layer = make()
    with torch.no_grad():
        layer.assignment.fill_(-0.25)
    assert float(layer.penalty().detach()) == 0.25
