from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny_model import tiny_model_config

from models.config_json import ConfigError
from models.flow import FlowConfig, sample_path
from models.inversion import InversionModel, ModelConfig, draw_noise
from models.sampler import SamplerConfig, integrate

CONFIG = tiny_model_config(
    velocity={"tokens": 4, "time_width": 8, "assignment_noise": 0.3, "embedding_noise": 0.3}
)
QUICK = SamplerConfig(method="heun", steps=3, guidance=2.0)


def tiny_model() -> InversionModel:
    torch.manual_seed(0)
    return InversionModel(CONFIG).eval()


def sound(seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return (0.1 * generator.standard_normal((2, 176_400))).astype(np.float32)


def test_sample_gives_distinct_float32_vectors() -> None:
    vectors = tiny_model().sample(sound(), count=5, seed=1, sampler=QUICK)
    assert vectors.shape == (5, 7) and vectors.dtype == np.float32
    assert np.isfinite(vectors).all()
    assert len({row.tobytes() for row in vectors}) == 5


def test_same_seed_same_vectors_whatever_the_count() -> None:
    model = tiny_model()
    eight = model.sample(sound(), count=8, seed=3, sampler=QUICK)
    three = model.sample(sound(), count=3, seed=3, sampler=QUICK)
    other = model.sample(sound(), count=3, seed=4, sampler=QUICK)
    np.testing.assert_allclose(eight[:3], three, atol=1e-5)
    assert np.abs(other - three).max() > 0.1


def test_sample_depends_on_the_sound() -> None:
    model = tiny_model()
    one = model.sample(sound(0), count=1, seed=3, sampler=QUICK)
    silence = model.sample(np.zeros((2, 176_400), np.float32), count=1, seed=3, sampler=QUICK)
    assert np.abs(one - silence).max() > 1e-5


def test_sample_is_integration_of_the_field() -> None:
    model = tiny_model()
    with torch.no_grad():
        context = model.encoder(model.log_mel(torch.from_numpy(sound())[None]))
        config = SamplerConfig(method="euler", steps=4, guidance=1.0)
        expected = integrate(
            lambda x, t, drop: model.velocity(x, t, context.expand(2, -1, -1), drop),
            draw_noise(2, 7, 5),
            config,
        ).x_1
    vectors = model.sample(sound(), count=2, seed=5, sampler=config)
    np.testing.assert_allclose(vectors, expected.numpy(), atol=1e-5)


def test_a_vector_is_varied_the_less_the_later_it_is_taken_up() -> None:
    model = tiny_model()
    heard, start = model.hear(sound()), np.linspace(-1, 1, 7, dtype=np.float32)
    noise = draw_noise(16, 7, 3)
    steps = SamplerConfig(method="euler", steps=20, guidance=1.0)
    moved = [
        float(np.abs(model.propose(heard, noise, steps, begin=(t, start[None])) - start).mean())
        for t in (0.0, 0.5, 0.9, 0.99)
    ]
    assert moved == sorted(moved, reverse=True) and moved[-1] < 0.1 * moved[0]


def test_begun_at_the_noise_it_is_plain_sampling() -> None:
    model = tiny_model()
    heard, noise = model.hear(sound()), draw_noise(2, 7, 3)
    plain = model.propose(heard, noise, QUICK)
    begun = model.propose(heard, noise, QUICK, begin=(0.0, np.ones((1, 7), np.float32)))
    np.testing.assert_array_equal(plain, begun)


def test_given_numbers_stay_exactly_and_the_rest_goes_with_them() -> None:
    model = tiny_model()
    heard, noise = model.hear(sound()), draw_noise(4, 7, 3)
    given = np.array([True, False, True, False, False, False, True])
    values = np.linspace(-0.9, 0.7, 7, dtype=np.float32)
    vectors = model.propose(heard, noise, QUICK, known=(given, values))
    free = model.propose(heard, noise, QUICK)
    np.testing.assert_array_equal(vectors[:, given], np.tile(values[given], (4, 1)))
    assert np.abs(vectors[:, ~given] - free[:, ~given]).max() > 1e-4


def test_a_start_after_the_end_is_refused() -> None:
    model = tiny_model()
    with pytest.raises(ConfigError, match=r"begin at 0 up to 1; got 1\.5"):
        model.propose(
            model.hear(sound()),
            draw_noise(1, 7, 0),
            QUICK,
            begin=(1.5, np.ones((1, 7), np.float32)),
        )


def test_sample_leaves_the_global_generator_alone() -> None:
    model = tiny_model()
    before = torch.random.get_rng_state()
    model.sample(sound(), count=2, seed=1, sampler=QUICK)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_noise_is_standard_normal_and_its_rows_do_not_depend_on_the_count() -> None:
    noise = draw_noise(500, 40, 0)
    assert abs(float(noise.mean())) < 0.03 and abs(float(noise.std()) - 1.0) < 0.03
    assert torch.equal(draw_noise(3, 40, 0), noise[:3])


def test_loss_is_flow_plus_weighted_penalty() -> None:
    model = tiny_model()
    mel_db = torch.rand(4, 2, 128, 401) * -80.0
    path = sample_path(torch.randn(4, 7), torch.rand(4, 7), torch.rand(4))
    loss = model.loss(mel_db, path, None, FlowConfig(penalty_weight=0.5))
    expected = (model(mel_db, path.x_t, path.t) - path.dx_t).square().mean()
    torch.testing.assert_close(loss.flow, expected)
    torch.testing.assert_close(loss.total, loss.flow + 0.5 * loss.penalty)


def test_training_lowers_the_loss_of_one_batch() -> None:
    model = tiny_model().train()
    generator = torch.Generator().manual_seed(0)
    mel_db = torch.rand(8, 2, 128, 401, generator=generator) * -80.0
    path = sample_path(
        torch.randn(8, 7, generator=generator),
        torch.rand(8, 7, generator=generator),
        torch.rand(8, generator=generator),
    )
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    losses = []
    for _ in range(30):
        loss = model.loss(mel_db, path, None, FlowConfig())
        optimizer.zero_grad()
        loss.total.backward()
        optimizer.step()
        losses.append(float(loss.flow.detach()))
    assert losses[-1] < 0.5 * losses[0]


def test_wrong_requests_are_refused() -> None:
    model = tiny_model()
    with pytest.raises(ValueError, match="the model needs"):
        model.sample(np.zeros((2, 1000), np.float32), count=1, seed=0, sampler=QUICK)
    with pytest.raises(ValueError, match="count is 0"):
        model.sample(sound(), count=0, seed=0, sampler=QUICK)


def test_width_is_the_fields() -> None:
    assert CONFIG.width == 7 and ModelConfig().width == 300
