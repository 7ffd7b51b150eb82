"""The second wave, as LimeSurvey exports it."""
