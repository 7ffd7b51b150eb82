"""Comparing two runs: which numbers changed, and what of data, specification, code or environment made them change."""
