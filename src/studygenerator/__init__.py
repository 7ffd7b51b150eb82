"""Synthetic survey waves with known properties, written exactly as a survey tool would export them.

Not part of the analysis: the pipeline never imports this package, it only reads the file that was made with it.
"""
