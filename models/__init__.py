"""The network: sound in, parameter vectors out. Knows neither Surge XT nor the rest of us."""
