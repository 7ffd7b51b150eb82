"""Weights: raking, post-stratification, calibration, trimming, adjustment for nonresponse, and what they did.

`rake`, `poststratify`, `calibrate` and `trim` work on plain weights; the functions that end in `_design` do the same to
a design, with its variances. The base weight is always named: there is no default, not even 1.
"""

from surveytrail.statistics.weighting import diagnostics
from surveytrail.statistics.weighting.calibrating import CalibratedTotal, CalibrateResult, calibrate
from surveytrail.statistics.weighting.designs import (
    adjust_by_class_design,
    adjust_by_propensity_design,
    calibrate_design,
    poststratify_design,
    rake_design,
    trim_design,
)
from surveytrail.statistics.weighting.diagnostics import WeightSummary, kish_design_effect, summarise
from surveytrail.statistics.weighting.margins import MarginLevel
from surveytrail.statistics.weighting.nonresponse import (
    ClassAdjustment,
    PropensityAdjustment,
    adjust_by_class,
    adjust_by_propensity,
    propensity_classes,
)
from surveytrail.statistics.weighting.poststratification import PoststratifyResult, cross, poststratify
from surveytrail.statistics.weighting.raking import RakeResult, rake
from surveytrail.statistics.weighting.trimming import TrimResult, trim

__all__ = [
    "CalibrateResult",
    "CalibratedTotal",
    "ClassAdjustment",
    "MarginLevel",
    "PoststratifyResult",
    "PropensityAdjustment",
    "RakeResult",
    "TrimResult",
    "WeightSummary",
    "adjust_by_class",
    "adjust_by_class_design",
    "adjust_by_propensity",
    "adjust_by_propensity_design",
    "calibrate",
    "calibrate_design",
    "cross",
    "diagnostics",
    "kish_design_effect",
    "poststratify",
    "poststratify_design",
    "propensity_classes",
    "rake",
    "rake_design",
    "summarise",
    "trim",
    "trim_design",
]
