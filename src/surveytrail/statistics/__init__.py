"""Weighting and design-based inference.

Modules are imported one by one (`from surveytrail.statistics import estimators`): nothing is loaded here, so that a job
that only needs weighted means pays for NumPy alone.
"""
