"""Surge XT: its parameters, its patch files, and the sound of a patch."""
