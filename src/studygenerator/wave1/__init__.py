"""The first wave, as Unipark/EFS exports it."""

from studygenerator.wave1.calibration import calibrate
from studygenerator.wave1.export import export_wave
from studygenerator.wave1.plan import load_plan

__all__ = ["calibrate", "export_wave", "load_plan"]
