"""The sound that comes in: checks, decoding, choice of the window; and WAV files out."""
