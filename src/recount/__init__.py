"""The second engine: recomputes every number of a study's ledger from the raw bytes.

It shares the specification (``surveyspec``) with the pipeline and nothing else: another CSV parser, SQL instead of
array masks, own raking, own variances, own distribution functions, own rounding and printing. What both engines agree
on is therefore what the specification says, not what one implementation happens to do.
"""
