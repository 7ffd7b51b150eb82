"""The specification of a study: typed models of its config and codebooks, and the condition language.

Both engines read it; it reads no survey data and computes no statistic.
"""
