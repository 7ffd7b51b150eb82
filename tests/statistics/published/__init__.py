"""Figures that others published from real surveys, computed again with the engine's own functions."""
