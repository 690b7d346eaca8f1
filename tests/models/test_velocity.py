from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from models.encoder import Encoder
from models.spectrogram_tokens import EncoderConfig
from models.velocity import VelocityBlock, VelocityConfig, VelocityField, time_embedding

SMALL = VelocityConfig(
    parameters=9,
    tokens=5,
    width=16,
    layers=3,
    heads=2,
    ff_width=24,
    context_width=12,
    time_width=8,
    assignment_noise=0.3,
    embedding_noise=0.3,
)


def count(*modules: nn.Module) -> int:
    return sum(p.numel() for module in modules for p in module.parameters())


@pytest.mark.parametrize(
    ("parameters", "final_ffn", "millions"),
    [(300, False, "40.16"), (92, False, "39.92"), (300, True, "40.69")],
)
def test_the_papers_parameter_counts(parameters: int, final_ffn: bool, millions: str) -> None:
    with torch.device("meta"):
        field = VelocityField(VelocityConfig(parameters=parameters, final_ffn=final_ffn))
        encoder = Encoder(EncoderConfig(padding="reference"))
    assert f"{count(field, encoder) / 1e6:.2f}" == millions


def test_time_embedding_is_cosines_then_sines() -> None:
    features = time_embedding(torch.tensor([0.0, 0.5]), 256)
    assert features.shape == (2, 256)
    assert features[0, :128].tolist() == [1.0] * 128
    assert features[0, 128:].tolist() == [0.0] * 128
    torch.testing.assert_close(features[1, 0], torch.tensor(0.5).cos())
    slowest = torch.tensor(0.5 * 10_000 ** (-127 / 128)).sin()
    torch.testing.assert_close(features[1, 255], slowest)


def test_block_is_the_papers_formula() -> None:
    torch.manual_seed(0)
    block = VelocityBlock(16, 2, 24)
    x, condition = torch.randn(4, 5, 16), torch.randn(4, 16)
    s1, b1, g1, s2, b2, g2 = block.modulation(condition).unsqueeze(1).chunk(6, dim=-1)
    y = x + g1 * block.attention(s1 * block.norm_attention(x) + b1)
    expected = y + g2 * block.ff(s2 * block.norm_ff(y) + b2)
    torch.testing.assert_close(block(x, condition), expected, atol=1e-5, rtol=1e-5)


def test_gates_do_not_start_at_zero_and_ff_biases_do() -> None:
    block = VelocityBlock(16, 2, 24)
    assert float(block.modulation[1].weight.detach().abs().min(dim=1).values.max()) > 0.0
    assert float(block.ff[0].bias.detach().abs().max()) == 0.0
    assert float(block.ff[2].bias.detach().abs().max()) == 0.0


def field_and_inputs() -> tuple[VelocityField, dict[str, torch.Tensor]]:
    torch.manual_seed(0)
    inputs = {
        "x": torch.randn(4, 9),
        "t": torch.rand(4),
        "context": torch.randn(4, 3, 12),
    }
    return VelocityField(SMALL), inputs


def test_output_shape_and_dependence_on_every_input() -> None:
    field, inputs = field_and_inputs()
    velocity = field(**inputs)
    assert velocity.shape == (4, 9)
    for name in inputs:
        other = field(**(inputs | {name: inputs[name] * 0.5}))
        assert (other - velocity).abs().max() > 1e-6, name


def test_dropped_items_ignore_their_context_and_only_they() -> None:
    field, inputs = field_and_inputs()
    drop = torch.tensor([True, False, True, False])
    kept = field(**inputs)
    some = field(**inputs, drop=drop)
    other = field(**(inputs | {"context": inputs["context"] + drop.view(-1, 1, 1)}), drop=drop)
    torch.testing.assert_close(some[1::2], kept[1::2])
    assert (some[0::2] - kept[0::2]).abs().max() > 1e-6
    torch.testing.assert_close(other, some)


def test_each_layer_reads_its_own_query() -> None:
    field, inputs = field_and_inputs()
    velocity = field(**inputs)
    swapped = field(**(inputs | {"context": inputs["context"].flip(1)}))
    assert (swapped - velocity).abs().max() > 1e-6


def test_every_parameter_learns() -> None:
    field, inputs = field_and_inputs()
    drop = torch.tensor([True, False, False, False])
    field(**inputs, drop=drop).square().sum().backward()
    for name, parameter in field.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().max() > 0.0, name


def test_bfloat16_autocast_stays_near_float32() -> None:
    field, inputs = field_and_inputs()
    exact = field(**inputs)
    with torch.autocast("cpu", torch.bfloat16):
        rough = field(**inputs)
    assert (rough.float() - exact).abs().max() < 0.05 * exact.abs().max()


@pytest.mark.parametrize(
    "change",
    [{"x": torch.zeros(4, 8)}, {"t": torch.zeros(3)}, {"context": torch.zeros(4, 2, 12)}],
)
def test_wrong_shapes_are_refused(change: dict[str, torch.Tensor]) -> None:
    field, inputs = field_and_inputs()
    with pytest.raises(ValueError, match="The field needs x"):
        field(**(inputs | change))


def test_time_width_must_be_even() -> None:
    with pytest.raises(ValueError, match="even"):
        replace(SMALL, time_width=9)
