"""Offline: from a parameter space and a Surge XT to shipped weights, one module a step."""
