from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from models.encoder import Encoder, EncoderLayer
from models.spectrogram_tokens import ConvTokens, EncoderConfig, PatchTokens

SMALL = EncoderConfig(
    kind="conv",
    width=32,
    layers=2,
    heads=2,
    ff_width=32,
    queries=3,
    context_width=24,
    stem_channels=(8, 16),
)


def test_the_papers_token_counts() -> None:
    corrected = PatchTokens(EncoderConfig())
    reference = PatchTokens(EncoderConfig(padding="reference"))
    assert corrected.count == 520 and corrected.padding == (0, 5, 0, 8)
    assert reference.count == 480 and reference.padding == (0, 8, 0, 5)
    for tokens in (corrected, reference):
        assert tokens(torch.zeros(1, 2, 128, 401)).shape == (1, tokens.count, 512)


def test_only_the_corrected_padding_sees_the_topmost_mels() -> None:
    spectrogram = torch.zeros(1, 2, 128, 401)
    spectrogram[:, :, 126:] = 1.0
    torch.manual_seed(0)
    corrected = PatchTokens(EncoderConfig(width=8, heads=1))
    reference = PatchTokens(EncoderConfig(width=8, heads=1, padding="reference"))
    blank = torch.zeros_like(spectrogram)
    assert not torch.equal(corrected(spectrogram), corrected(blank))
    assert torch.equal(reference(spectrogram), reference(blank))


@pytest.mark.parametrize(
    ("patch_mels", "patch_frames", "grid"), [(8, 4, (4, 25)), (4, 4, (8, 25)), (8, 8, (4, 13))]
)
def test_conv_grid(patch_mels: int, patch_frames: int, grid: tuple[int, int]) -> None:
    config = replace(SMALL, stem_patch_mels=patch_mels, stem_patch_frames=patch_frames)
    tokens = ConvTokens(config)
    assert tokens.grid == grid
    assert tokens(torch.zeros(2, 2, 128, 401)).shape == (2, grid[0] * grid[1], 32)


def test_conv_patches_are_those_of_a_strided_convolution() -> None:
    torch.manual_seed(0)
    tokens = ConvTokens(SMALL)
    conv = nn.Conv2d(2, 8, kernel_size=(8, 4), stride=(8, 4))
    with torch.no_grad():
        conv.weight.copy_(tokens.project.weight.view(8, 2, 8, 4))
        assert conv.bias is not None
        conv.bias.copy_(tokens.project.bias)
    x = torch.randn(2, 2, 128, 401)
    expected = tokens.stem(conv(x)).flatten(2).transpose(1, 2)
    torch.testing.assert_close(tokens(x), expected, atol=1e-5, rtol=1e-4)


def test_layer_equals_torchs_pre_norm_layer() -> None:
    torch.manual_seed(0)
    ours = EncoderLayer(16, 2, 24)
    theirs = nn.TransformerEncoderLayer(
        16, 2, 24, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
    )
    pairs = zip(ours.state_dict().values(), theirs.state_dict().values(), strict=True)
    by_shape = [(a.shape, b.shape) for a, b in pairs]
    names = {
        "self_attn.in_proj_weight": "attention.query_key_value.weight",
        "self_attn.in_proj_bias": "attention.query_key_value.bias",
        "self_attn.out_proj.weight": "attention.out.weight",
        "self_attn.out_proj.bias": "attention.out.bias",
        "linear1.weight": "ff.0.weight",
        "linear1.bias": "ff.0.bias",
        "linear2.weight": "ff.2.weight",
        "linear2.bias": "ff.2.bias",
        "norm1.weight": "norm_attention.weight",
        "norm1.bias": "norm_attention.bias",
        "norm2.weight": "norm_ff.weight",
        "norm2.bias": "norm_ff.bias",
    }
    assert len(by_shape) == len(names)
    theirs.load_state_dict({name: ours.state_dict()[own] for name, own in names.items()})
    x = torch.randn(2, 5, 16)
    torch.testing.assert_close(ours(x), theirs(x), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", ["ast", "conv"])
def test_one_output_per_query_and_it_hears_the_sound(kind: str) -> None:
    torch.manual_seed(0)
    encoder = Encoder(replace(SMALL, kind=kind))
    spectrograms = torch.rand(2, 2, 128, 401) * -80.0
    context = encoder(spectrograms)
    assert context.shape == (2, 3, 24)
    assert (context[0] - context[1]).abs().max() > 1e-4


def test_items_of_a_batch_do_not_touch() -> None:
    torch.manual_seed(0)
    encoder = Encoder(SMALL)
    x = torch.rand(3, 2, 128, 401) * -80.0
    torch.testing.assert_close(encoder(x)[1:2], encoder(x[1:2]), atol=1e-5, rtol=1e-5)


def test_standardising_undoes_a_shift_of_the_statistics() -> None:
    torch.manual_seed(0)
    encoder = Encoder(SMALL)
    x = torch.rand(1, 2, 128, 401) * -80.0
    before = encoder(x)
    mean, std = torch.full((2, 128, 1), -40.0), torch.full((2, 128, 1), 20.0)
    encoder.set_statistics(0.5 * mean - 3.0, 0.5 * std)
    torch.testing.assert_close(encoder(0.5 * x - 3.0), before, atol=1e-4, rtol=1e-4)


def test_statistics_have_a_floor_and_a_shape() -> None:
    encoder = Encoder(replace(SMALL, statistics_frames=401))
    encoder.set_statistics(torch.zeros(2, 128, 401), torch.zeros(2, 128, 401))
    assert float(encoder.mel_std.min()) == 1.0
    with pytest.raises(ValueError, match="mean_db"):
        encoder.set_statistics(torch.zeros(2, 128, 1), torch.ones(2, 128, 401))
    with pytest.raises(ValueError, match="std_db"):
        encoder.set_statistics(torch.zeros(2, 128, 401), torch.full((2, 128, 401), torch.nan))


def test_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="the model needs"):
        Encoder(SMALL)(torch.zeros(1, 2, 128, 400))


def test_queries_start_nearly_at_zero() -> None:
    assert float(Encoder(SMALL).queries.detach().abs().max()) < 1e-5
