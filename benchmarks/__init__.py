"""Measurements of the whole product beside a real Surge XT."""
