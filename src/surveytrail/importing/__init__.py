"""From the raw export to coded responses, with nothing lost in silence."""
