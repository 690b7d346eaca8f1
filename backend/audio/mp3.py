"""A region as MP3: the compressed format that every browser plays."""

from __future__ import annotations

import io

from pedalboard.io import AudioFile

from backend.records import AudioRegion

#: LAME's variable rate; 4 s of dense sound take about 65 kB.
QUALITY = "V4"


def mp3_bytes(region: AudioRegion) -> bytes:
    """Return a region as an MP3 file whose header tells players what to leave out for no gap.

    Args:
        region: mono or stereo, 32, 44.1 or 48 kHz; what exceeds -1..1 is clipped.
    """
    buffer = io.BytesIO()
    channels = region.audio.shape[0]
    with AudioFile(
        buffer, "w", region.sample_rate_hz, channels, format="mp3", quality=QUALITY
    ) as file:
        file.write(region.audio)
    return buffer.getvalue()
