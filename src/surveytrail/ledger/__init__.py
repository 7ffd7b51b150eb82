"""The ledger: one row per statistic, the only door to the report."""
