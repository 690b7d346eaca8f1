"""Propose parameter sets for a sound, measure them, put them in order."""
