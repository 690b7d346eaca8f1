from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from tiny_model import tiny_model_config

from models.config_json import ConfigError
from models.encoder import Encoder
from models.features import FeatureConfig
from models.flow import FlowConfig, data_loss, flow_loss, sample_path
from models.inversion import InversionModel, ModelConfig
from models.velocity import SHORTEST_TIME_LEFT, VelocityConfig, VelocityField

CONFIG = tiny_model_config(
    encoder={"stem_patch_frames": 8, "stem_channels": (16, 16), "summary": 4},
    velocity={
        "parameters": 10,
        "tokens": 4,
        "time_width": 8,
        "prediction": "data",
        "hint": True,
        "assignment_noise": 0.1,
        "embedding_noise": 0.1,
    },
)
FIELD, ENCODER = CONFIG.velocity, CONFIG.encoder


def field(config: VelocityConfig = FIELD) -> VelocityField:
    torch.manual_seed(0)
    return VelocityField(config)


def inputs(batch: int = 5) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(batch, 10, generator=generator)
    context = torch.randn(batch, FIELD.context_rows, 16, generator=generator)
    return x, torch.linspace(0.0, 1.0, batch), context


def test_the_velocity_leads_from_x_to_the_predicted_data() -> None:
    model = field()
    x, t, context = inputs()
    data = model.estimate(x, t, context)
    velocity = model(x, t, context)
    torch.testing.assert_close((x + (1 - t).unsqueeze(1) * velocity)[:-1], data[:-1])
    torch.testing.assert_close(velocity[-1], (data[-1] - x[-1]) / SHORTEST_TIME_LEFT)


def test_with_velocity_prediction_the_output_is_the_velocity() -> None:
    model = field(replace(FIELD, prediction="velocity"))
    x, t, context = inputs()
    torch.testing.assert_close(model(x, t, context), model.estimate(x, t, context))


def test_the_hint_comes_from_the_last_row_alone_and_moves_the_estimate() -> None:
    model = field()
    x, t, context = inputs()
    other = context.clone()
    other[:, :-1] += 1.0
    hint = model.hint(context)
    assert hint is not None and hint.shape == x.shape
    torch.testing.assert_close(model.hint(other), hint)
    other = context.clone()
    other[:, -1] += 1.0
    assert not torch.allclose(model.estimate(x, t, other), model.estimate(x, t, context))


def test_a_dropped_item_hears_neither_context_nor_hint() -> None:
    model = field()
    x, t, context = inputs()
    drop = torch.tensor([True, False, True, False, True])
    first = model.estimate(x, t, context, drop)
    second = model.estimate(x, t, torch.randn_like(context), drop)
    torch.testing.assert_close(first[drop], second[drop])
    assert not torch.allclose(first[~drop], second[~drop])


def test_a_field_without_hint_reads_one_row_per_layer() -> None:
    assert replace(FIELD, hint=False).context_rows == 2
    assert field(replace(FIELD, hint=False)).hint(torch.zeros(1, 2, 16)) is None


def test_the_summary_is_one_more_row_that_every_row_holds() -> None:
    torch.manual_seed(0)
    encoder = Encoder(ENCODER)
    plain = Encoder(replace(ENCODER, summary=0))
    plain.load_state_dict(encoder.state_dict(), strict=False)
    mel_db = -80 * torch.rand(3, 2, 128, 401)
    rows = encoder(mel_db)
    assert rows.shape == (3, 3, 16)
    torch.testing.assert_close(rows[:, :-1] - rows[:, -1:], plain(mel_db), atol=1e-5, rtol=1e-4)


def test_summary_and_hint_go_together() -> None:
    parts = {"feature": FeatureConfig(), "encoder": ENCODER, "velocity": FIELD}
    assert ModelConfig(**parts).width == 10
    with pytest.raises(ConfigError, match="summary"):
        ModelConfig(**{**parts, "encoder": replace(ENCODER, summary=0)})


def test_data_loss_is_flow_loss_while_time_is_left() -> None:
    torch.manual_seed(0)
    path = sample_path(torch.randn(6, 4), torch.randn(6, 4), torch.linspace(0.0, 0.7, 6))
    data = torch.randn(6, 4)
    velocity = (data - path.x_t) / (1 - path.t).unsqueeze(1)
    torch.testing.assert_close(data_loss(data, path), flow_loss(velocity, path))
    assert float(data_loss(path.x_1, path)) == 0.0


def test_data_loss_is_bounded_at_the_end() -> None:
    path = sample_path(torch.zeros(1, 4), torch.zeros(1, 4), torch.ones(1))
    assert float(data_loss(torch.full((1, 4), 0.5), path)) == pytest.approx(0.25 * 16)


def test_training_teaches_the_hint() -> None:
    torch.manual_seed(0)
    model = InversionModel(ModelConfig(feature=FeatureConfig(), encoder=ENCODER, velocity=FIELD))
    mel_db = -80 * torch.rand(8, 2, 128, 401)
    path = sample_path(torch.randn(8, 10), torch.rand(8, 10) * 2 - 1, torch.rand(8))
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)

    def error() -> float:
        hint = model.velocity.hint(model.encoder(mel_db))
        assert hint is not None
        return float(((hint - path.x_1) ** 2).mean().detach())

    before = error()
    for _ in range(40):
        optimizer.zero_grad()
        model.loss(mel_db, path, None, FlowConfig()).total.backward()
        optimizer.step()
    assert error() < 0.5 * before
