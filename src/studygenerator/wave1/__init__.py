"""The first wave, as Unipark/EFS exports it."""
