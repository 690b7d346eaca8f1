"""The picture of a match: the target's spectrogram above each candidate's, on one scale.

Every spectrogram is drawn relative to its own loudest cell, as the metrics hear it: colour shows
the timbre, not the level.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import matplotlib
import matplotlib.style
import numpy as np
import numpy.typing as npt
import torch
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from backend.matching.spectra import mel_power, spectrum
from backend.matching.tells import note_text
from backend.records import AudioRegion, Match
from models.features import FeatureConfig, slaney_mel_filters

#: Windows of 46 ms every 10 ms: fine enough for single partials, short enough for an attack.
RESOLUTION = FeatureConfig(window_samples=2048, hop_samples=441, mels=128)
RANGE_DB = 80.0
#: Cells below this count as silence; a peak below the second is shown darker than it is loud.
POWER_FLOOR, LOWEST_PEAK = 1e-12, 1e-4

COLOURS = "magma_r"  # perceptually uniform, dark is loud
SILENCE = "white"
INK, FAINT_INK = "#222222", "#777777"
TICKS_HZ = {200: "200", 500: "500", 1000: "1k", 2000: "2k", 4000: "4k", 8000: "8k", 16000: "16k"}

# Layout, in pixels of a 1200 pixel wide picture.
DPI = 100
WIDTH = 1200
LEFT, RIGHT, TOP, BOTTOM = 78, 24, 60, 52
TITLE, GAP = 24, 14
TARGET_HEIGHT, CANDIDATE_HEIGHT, ALONE_HEIGHT = 200, 130, 460


def draw_matches(region: AudioRegion, matches: Sequence[Match], path: Path) -> None:
    """Write a PNG with the target on top and the candidates below, best first.

    The bytes depend on the arguments and the version of matplotlib alone.

    Args:
        region: the target, 44.1 kHz.
        matches: in order of rank; without any render the target stands alone.
        path: the file, replaced if there.

    Raises:
        OSError: the file cannot be written.
    """
    rendered = any(match.render is not None for match in matches)
    shown = list(matches) if rendered else []
    heights = [TARGET_HEIGHT if rendered else ALONE_HEIGHT, *[CANDIDATE_HEIGHT] * len(shown)]
    total = TOP + BOTTOM + sum(heights) + TITLE * len(heights) + GAP * len(shown)
    duration_s = max(
        [region.duration_s, *(match.render.duration_s for match in matches if match.render)]
    )
    with matplotlib.style.context("default"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # a sound may have any name
        figure = Figure(figsize=(WIDTH / DPI, total / DPI), dpi=DPI, facecolor="white")
        FigureCanvasAgg(figure)
        _draw_head(figure, region.name, total)
        edge = TOP
        for place, height in enumerate(heights):
            edge += TITLE
            axes = figure.add_axes(
                (
                    LEFT / WIDTH,
                    1 - (edge + height) / total,
                    (WIDTH - LEFT - RIGHT) / WIDTH,
                    height / total,
                )
            )
            if place == 0:
                alone = "" if rendered else "   no candidate rendered: that needs Surge XT"
                _title(axes, "target", f"{region.duration_s:.2f} s{alone}")
                _draw_spectrogram(axes, region, tall=True)
            else:
                _draw_match(axes, shown[place - 1])
            axes.set_xlim(0, duration_s)
            axes.tick_params(labelbottom=place == len(shown))
            edge += height + GAP
        axes.set_xlabel("seconds", color=INK)
        figure.savefig(path, format="png", metadata={"Software": None})


def spectrogram_db(region: AudioRegion) -> npt.NDArray[np.float32]:
    """Return dB below the loudest cell, -80..0, ``(mels, frames)``, of all channels together."""
    with torch.inference_mode():
        audio = torch.from_numpy(region.audio)
        cells = mel_power(spectrum(audio, RESOLUTION), RESOLUTION).mean(dim=0)  # (mels, frames)
        decibel = 10 * cells.clamp_min(POWER_FLOOR).log10()
        peak_db = 10 * cells.max().clamp_min(LOWEST_PEAK).log10()
        below: npt.NDArray[np.float32] = (decibel - peak_db).clamp(-RANGE_DB, 0).numpy()
    return below


def _draw_head(figure: Figure, name: str, total: int) -> None:
    title = "".join(letter for letter in name if letter.isprintable())
    figure.text(
        LEFT / WIDTH,
        1 - 30 / total,
        title[:70],
        size=15,
        weight="bold",
        color=INK,
        va="center",
        parse_math=False,  # a dollar in a name is no formula
    )
    place = ((WIDTH - RIGHT - 200) / WIDTH, 1 - 34 / total, 200 / WIDTH, 10 / total)
    scale = figure.colorbar(
        ScalarMappable(Normalize(-RANGE_DB, 0), COLOURS),
        cax=figure.add_axes(place),
        orientation="horizontal",
        ticks=[-80, -60, -40, -20, 0],
    )
    scale.ax.tick_params(labelsize=8.5, length=2, color=FAINT_INK, labelcolor=FAINT_INK)
    scale.outline.set_visible(False)
    figure.text(
        (WIDTH - RIGHT - 210) / WIDTH,
        1 - 29 / total,
        "dB below own peak",
        size=8.5,
        color=FAINT_INK,
        ha="right",
        va="center",
    )


def _draw_match(axes: Axes, match: Match) -> None:
    left = f"{match.rank}   {note_text(match.candidate.parameters.note)}"
    if match.render is None:
        _title(axes, left, "not rendered")
        _style(axes)
        return
    right = "" if match.distance is None else f"distance {match.distance:.3f}"
    if match.score is not None:
        score = match.score
        right += (
            f"   MSS {score.mss_db:.1f} dB   wMFCC {score.wmfcc:.1f}   SOT {score.sot:.3f}   "
            f"RMS {score.rms:.2f}"
        )
    _title(axes, left, right)
    _draw_spectrogram(axes, match.render)


def _title(axes: Axes, left: str, right: str) -> None:
    axes.set_title(left, loc="left", size=10.5, weight="bold", color=INK, pad=5)
    axes.set_title(right, loc="right", size=9.5, color=FAINT_INK, pad=5)


def _draw_spectrogram(axes: Axes, region: AudioRegion, *, tall: bool = False) -> None:
    hop_s = RESOLUTION.hop_samples / region.sample_rate_hz
    decibel = spectrogram_db(region)
    mels, frames = decibel.shape
    axes.imshow(
        np.where(decibel > -RANGE_DB, decibel, -RANGE_DB - 1),
        cmap=matplotlib.colormaps[COLOURS].with_extremes(under=SILENCE),
        interpolation="bilinear",
        vmin=-RANGE_DB,
        vmax=0,
        origin="lower",
        aspect="auto",
        extent=(-hop_s / 2, (frames - 0.5) * hop_s, -0.5, mels - 0.5),
    )
    _style(axes, tall=tall)


def _style(axes: Axes, *, tall: bool = False) -> None:
    """Frame, and ticks at round frequencies on the mel rows."""
    axes.set_ylim(-0.5, RESOLUTION.mels - 0.5)
    step = 1 if tall else 2
    axes.set_yticks(_mel_rows()[::step], list(TICKS_HZ.values())[::step])
    axes.set_ylabel("Hz", color=FAINT_INK, size=9)
    axes.tick_params(labelsize=9, color=FAINT_INK, labelcolor=INK)
    for spine in axes.spines.values():
        spine.set_color("#bbbbbb")


@cache
def _mel_rows() -> npt.NDArray[np.float64]:
    """Return where the frequencies of the ticks lie among the mel rows."""
    filters = slaney_mel_filters(RESOLUTION).astype(np.float64)
    bins_hz = np.linspace(0, RESOLUTION.sample_rate_hz / 2, filters.shape[1])
    centres_hz = filters @ bins_hz / filters.sum(axis=1)
    rows: npt.NDArray[np.float64] = np.interp(
        list(TICKS_HZ), centres_hz, np.arange(len(centres_hz))
    )
    return rows
