"""The audit of rendered documents: every digit and number word is accounted for; imports nothing of ``reporting``."""
