"""What runs beside the DAW: sound in, presets out."""
