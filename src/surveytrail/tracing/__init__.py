"""From a printed number back to the raw cells that it was computed from."""
