from __future__ import annotations

import pytest
import torch
from torch import nn

from models.blocks import SelfAttention, feed_forward


def test_attention_equals_torchs_multihead_attention() -> None:
    torch.manual_seed(0)
    ours, theirs = SelfAttention(24, 3), nn.MultiheadAttention(24, 3, batch_first=True)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(ours.query_key_value.weight)
        theirs.in_proj_bias.copy_(ours.query_key_value.bias.normal_())
        theirs.out_proj.weight.copy_(ours.out.weight)
        theirs.out_proj.bias.copy_(ours.out.bias.normal_())
    x = torch.randn(2, 7, 24)
    expected, _ = theirs(x, x, x, need_weights=False)
    torch.testing.assert_close(ours(x), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("width", [16, 48])
def test_training_and_inference_kernels_agree(width: int) -> None:
    torch.manual_seed(0)
    attention = SelfAttention(width, 2)
    x = torch.randn(3, 11, width)
    training = attention(x)
    with torch.no_grad():
        torch.testing.assert_close(attention(x), training, atol=1e-5, rtol=1e-5)


def test_feed_forward_widths() -> None:
    assert feed_forward(5, 9, 3)(torch.zeros(2, 5)).shape == (2, 3)
