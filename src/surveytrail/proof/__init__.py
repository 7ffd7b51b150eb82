"""Proofs that numbers depend on the raw cells that the lineage names, and on no others."""
