"""The columns of the ledger: name, type, meaning."""

from __future__ import annotations

import pandas as pd

TEXT, NUMBER, INTEGER, TEXTS = "text", "float64", "Int64", "list of text"

COLUMNS: dict[str, tuple[str, str]] = {
    "id": (TEXT, "number id: wave.estimate[.item][.category][.group=level].weight"),
    "kind": (TEXT, "estimate, test, sensitivity, scale, nonresponse, flow, weighting, response or interview"),
    "wave": (TEXT, "wave id, or 'interviews'"),
    "estimate": (
        TEXT,
        "id of the estimate (in sensitivity, of the one that is varied) or hypothesis; scale, nonresponse, "
        "flow, weights, response, counts, codes and alpha are built in",
    ),
    "item": (
        TEXT,
        "variable code of the item, if the estimate has items; frame of a response rate; code of the interviews",
    ),
    "category": (INTEGER, "code of the category, in a distribution"),
    "groups": (TEXT, "JSON: pairs of variable code and category code"),
    "weight": (TEXT, "weight id, or 'unweighted'"),
    "estimator": (TEXT, "share, mean, quantile, count, or the name of a test"),
    "statistic": (TEXT, "which statistic of the estimator this row holds"),
    "variables": (TEXTS, "codes of the variables the value is computed from"),
    "filter": (TEXT, "condition for the base as written in the study file"),
    "label": (TEXT, "JSON: label per language"),
    "group_label": (TEXT, "JSON: label of the groups per language"),
    "question": (TEXT, "JSON: question wording per language"),
    "value": (NUMBER, "in natural units: a share lies between 0 and 1"),
    "numerator": (INTEGER, "unweighted counts and shares: the exact numerator"),
    "denominator": (INTEGER, "unweighted shares: the exact denominator"),
    "n_in": (INTEGER, "analysed records in the base and groups; specifications, where a number is about all of them"),
    "n_used": (INTEGER, "of these, records with a known value and a positive weight"),
    "n_excluded": (TEXT, "JSON: reason and number of those not used"),
    "n_weighted": (NUMBER, "sum of weights of the records used"),
    "n_effective": (NUMBER, "Kish's effective number of the records used"),
    "se": (NUMBER, "standard error"),
    "se_method": (TEXT, "how the standard error is made"),
    "lower": (NUMBER, "lower end of the interval"),
    "upper": (NUMBER, "upper end of the interval"),
    "interval_level": (NUMBER, "nominal coverage"),
    "interval_method": (TEXT, "wilson, t, logit, bootstrap_percentile, the method of the test, or none"),
    "df": (NUMBER, "degrees of freedom"),
    "df_method": (TEXT, "how they are counted"),
    "unit": (TEXT, "share, mean, quantile, count, statistic, p or weight"),
    "decimals": (INTEGER, "decimals printed (of the percentage, for shares)"),
    "rounding": (TEXT, "rounding rule"),
    "text": (TEXT, "JSON: printed text per language"),
    "interval_text": (TEXT, "JSON: printed interval per language"),
    "warning": (TEXT, "what the estimator had to say"),
    "error": (TEXT, "why there is no value"),
    "settings": (TEXT, "JSON: settings of estimator or test"),
    "seed": (INTEGER, "seed, where random numbers are used"),
    "raw_file": (TEXT, "raw file that the number is computed from"),
    "columns": (TEXTS, "raw columns the value is computed from (DIRECT)"),
    "rule": (TEXT, "Snakemake rule that computed the value"),
    "script": (TEXT, "script of that rule"),
    "script_line": (INTEGER, "line that calls the engine"),
    "config_line": (INTEGER, "line of the study file that declares the number"),
    "spec_digest": (TEXT, "digest of the canonical specification"),
    "input_digest": (TEXT, "digest of the exact input: records, values, reasons, weights, design"),
    "value_digest": (TEXT, "digest of specification, input and value at 12 significant digits"),
    "code_digest": (TEXT, "digest of the script and the engine modules it imports"),
    "environment_digest": (TEXT, "digest of the lock file"),
    "raw_digest": (TEXT, "digest of the raw file"),
    "disclosure": (
        TEXT,
        "'not assessed'; or 'released' and the fewest answers that it, and what is worked out with it, may be about",
    ),
}


def typed(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Return ledger rows as a frame with exactly the ledger's columns and types.

    Raises
    ------
    KeyError : a row has a column that the ledger does not know
    """
    unknown = {name for row in rows for name in row} - set(COLUMNS)
    if unknown:
        raise KeyError(f"not columns of the ledger: {sorted(unknown)}")
    return pd.DataFrame({name: _column([row.get(name) for row in rows], kind) for name, (kind, _) in COLUMNS.items()})


def _column(values: list[object], kind: str) -> pd.Series:
    """Return the values of a column in its type; what is missing is NaN, NA or, among texts, None."""
    known = [None if value is None or value is pd.NA or value != value else value for value in values]
    if kind in {NUMBER, INTEGER}:
        numbers = pd.to_numeric(pd.Series(known, dtype="object"))
        return numbers.astype("float64" if kind == NUMBER else "Int64")
    return pd.Series(known, dtype="object")
