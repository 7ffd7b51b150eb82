"""What a stage beside the waves' own gives: computed rows and the raw cells behind them."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from surveytrail.lineage import Lineage


@dataclass(frozen=True)
class Computed:
    """Computed numbers.

    Parameters
    ----------
    frame : one row per planned number: ``id`` and the ledger's columns that were computed
    lineage : edges from the numbers to the raw cells that they are computed from
    """

    frame: pd.DataFrame
    lineage: Lineage
