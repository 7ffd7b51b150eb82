"""The second wave, as LimeSurvey exports it."""

from studygenerator.wave2.calibration import calibrate
from studygenerator.wave2.export import export_wave
from studygenerator.wave2.plan import load_plan

__all__ = ["calibrate", "export_wave", "load_plan"]
