"""Figures drawn from ledger values: every mark carries the id of the number that it shows, nothing is computed."""
