from __future__ import annotations

import torch

from backend.matching.embedding import BANDS, SLOTS, Sketches, weighted
from training.fit_embedding import fit_embedding, principal

SHARES = torch.tensor([400.0, 300.0, 200.0, 100.0])


def made(count: int, heard: int = SLOTS) -> Sketches:
    """Return sketches that are made of four patterns; of every third only the beginning is heard.

    What was not heard reads as silence.
    """
    draw = torch.Generator().manual_seed(1)
    patterns = torch.linalg.qr(torch.randn(BANDS * SLOTS, 4, generator=draw))[0].T
    shares = torch.randn(count, 4, generator=draw) * SHARES
    decibel = (shares @ patterns).reshape(count, BANDS, SLOTS) - 40.0
    decibel += torch.randn(decibel.shape, generator=draw)
    every = torch.full((count,), SLOTS)
    every[::3] = heard
    decibel[::3, :, heard:] = -80.0
    return Sketches(decibel, every, torch.zeros(count))


def test_patterns_that_sounds_are_made_of_are_found() -> None:
    sketches = made(300)
    embedding = fit_embedding(sketches, components=4)
    basis = embedding.components.flatten(0, 1)
    assert torch.allclose(basis.T @ basis, torch.eye(4), atol=1e-4)
    assert list(embedding.variances) == sorted(embedding.variances, reverse=True)
    centred = weighted(sketches.decibel) - embedding.mean
    left = centred - (embedding.likeliest(sketches) @ basis.T).reshape_as(centred)
    assert float(left.square().sum() / centred.square().sum()) < 0.1


def test_what_is_not_heard_is_guessed_and_does_not_count_as_silence() -> None:
    whole, partly = made(300), made(300, heard=SLOTS // 2)
    embedding = fit_embedding(partly, components=4)
    there = embedding.likeliest(whole)[::3]
    guessed = embedding.likeliest(partly)[::3]
    as_silence = embedding.likeliest(Sketches(partly.decibel, whole.heard, whole.onsets_s))[::3]
    size = there.norm(dim=1).mean()
    error = float((there - guessed).norm(dim=1).mean() / size)
    assert error < 0.2
    assert float((there - as_silence).norm(dim=1).mean() / size) > 3 * error


def test_principal_components_are_those_of_the_definition() -> None:
    draw = torch.Generator().manual_seed(2)
    data = torch.randn(400, 60, generator=draw) * torch.arange(60, 0, -1).float()
    variances, basis = principal(data.T @ data / 400, 5)
    every = torch.linalg.eigvalsh(data.T @ data / 400).flip(0)[:5]
    assert torch.allclose(variances, every, rtol=1e-3)
    assert torch.allclose(basis.T @ basis, torch.eye(5), atol=1e-5)
    assert torch.allclose((data @ basis).square().mean(dim=0), every, rtol=1e-3)
