"""Tests of independence and of fit for tables from complex samples.

Pearson's X2 of the weighted table, divided by what the design makes of it: first order (`Chisq`), second order with an
F reference (`F`, the default), or with the distribution itself (`saddlepoint`, `lincom`); and Wald tests. Sources: Rao
& Scott (1984), Annals of Statistics 12, 46-60; Thomas & Rao (1987), JASA 82, 630-636.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from surveytrail.statistics import chisq_sums, tails
from surveytrail.statistics.arrays import FloatArray, IntArray, weighted_counts
from surveytrail.statistics.categories import Levels, code_levels
from surveytrail.statistics.design import ReplicateDesign
from surveytrail.statistics.errors import StatisticsError
from surveytrail.statistics.inference import SINGULAR, AnyDesign, covariance_of_scores, quadratic_form, restrict
from surveytrail.statistics.outcome import TestResult
from surveytrail.statistics.replicates import replicate_covariance
from surveytrail.statistics.smooth import divide
from surveytrail.statistics.unweighted.effect_intervals import chi_square_noncentrality

Statistic = Literal["F", "Chisq", "saddlepoint", "lincom", "Wald", "adjWald"]
STATISTICS: tuple[Statistic, ...] = ("F", "Chisq", "saddlepoint", "lincom", "Wald", "adjWald")

# Variances of shares below the first are rounding error; squares of effects within the second of the largest are the
# largest; matrices of a condition above the third are singular.
NO_VARIANCE, FULL, CONDITION = 1e-22, 1e-6, 1e12


@dataclass(frozen=True, eq=False)
class Table:
    """A weighted two-way table.

    Attributes
    ----------
    row_levels, column_levels: the r and c levels that occur.
    totals: (r, c) sums of weights.
    counts: (r, c) respondents.
    cells: (n,) cell of each row, rows varying fastest; -1 = missing or outside the domain.
    """

    row_levels: Levels
    column_levels: Levels
    totals: FloatArray
    counts: IntArray
    cells: IntArray

    @property
    def proportions(self) -> FloatArray:
        """(r, c) weighted shares of the whole."""
        return self.totals / self.totals.sum()

    @property
    def phi_square(self) -> float:
        """Pearson's X2 of the shares: the sum of (observed - expected)^2 / expected."""
        shares = self.proportions
        expected = np.outer(shares.sum(axis=1), shares.sum(axis=0))
        return float(((shares - expected) ** 2 / expected).sum())

    @property
    def cramer_v(self) -> float:
        """Cramér's V of the weighted table."""
        return math.sqrt(self.phi_square / (min(self.totals.shape) - 1))


def cross_table(design: AnyDesign, row: Any, column: Any) -> Table:
    """Cross two categorical variables (n,) within the design's domain; None and NaN are missing."""
    # an answer that is given only where the other is missing is no level of the table
    present = design.domain_weights > 0
    both = present & (code_levels(row, present)[0] >= 0) & (code_levels(column, present)[0] >= 0)
    (row_codes, row_levels), (column_codes, column_levels) = code_levels(row, both), code_levels(column, both)
    known = (row_codes >= 0) & (column_codes >= 0) & design.in_domain
    cells = np.where(known, row_codes + len(row_levels) * column_codes, -1)
    size = (len(column_levels), len(row_levels))
    count = size[0] * size[1]
    totals = weighted_counts(cells[known], design.weights[known], count).reshape(size).T
    counts = np.bincount(cells[known & (design.weights > 0)], minlength=count).reshape(size).T
    return Table(row_levels, column_levels, totals, counts, cells)


def independence(
    design: AnyDesign,
    row: Any,
    column: Any,
    *,
    statistic: Statistic = "F",
    truncate_denominator: bool = False,
    level: float = 0.95,
) -> TestResult:
    """Test whether two categorical variables are independent in the population.

    Parameters
    ----------
    design: the design; its domain restricts the table.
    row, column: (n,) categories; None and NaN = missing, left out.
    statistic: `F` second-order Rao-Scott; `Chisq` first-order; `saddlepoint` and `lincom` Pearson's X2 with the
        (approximate, exact) distribution of a sum of chi-squares; `Wald` and `adjWald` on the differences from
        independence.
    truncate_denominator: for `saddlepoint`, see `chisq_sums.upper_tail`; only to compare with R's figures.
    level: of the interval of the effect size.

    Returns: TestResult; the effect size is Cramér's V of the weighted table. Its interval inverts the noncentral
    chi-square distribution of Rao and Scott's second-order statistic, with as many degrees of freedom as that has (as
    Steiger & Fouladi 1997 do without a design); the tests by Wald have none. `details` hold Pearson's X2, the mean
    generalised design effect, and the smallest number of respondents in a cell.
    Errors: StatisticsError for an unknown statistic, fewer than two levels, no rows.
    """
    if statistic not in STATISTICS:
        raise StatisticsError(
            "Unknown chi-square statistic",
            got=repr(statistic),
            expected=", ".join(STATISTICS),
            hint="choose one of these",
        )
    table = cross_table(design, row, column)
    view = restrict(design, table.cells >= 0, "contingency table")
    if min(table.totals.shape) < 2:
        raise StatisticsError(
            "Too few categories",
            f"{len(table.row_levels)} x {len(table.column_levels)} table",
            expected="at least two levels of each variable",
            got="a single one",
            hint="likely cause: the filter leaves one category only",
        )
    # R scales Pearson's X2 by all rows of the domain, those with missing values included; F and p do not depend on it.
    rows = int(design.in_domain.sum())
    df_design = float(design.degrees_of_freedom)
    if statistic in ("Wald", "adjWald"):
        ratio, ratio_df, tail = _wald(view, table, df_design, adjusted=statistic == "adjWald")
        return _result(table, statistic, "F", ratio, ratio_df, tail, {}, _warnings(table, ratio_df, ratio))
    delta = _design_effects(view, table) * rows
    pearson = rows * table.phi_square
    details = {"pearson_x2": pearson, "mean_design_effect": float(np.trace(delta)) / delta.shape[0]}
    # As R does: an F version for linearised designs, none for replicate designs.
    reference_df = math.inf if isinstance(design, ReplicateDesign) else df_design
    value, letter, df, tail = _rao_scott(pearson, delta, df_design, statistic, reference_df, truncate_denominator)
    most = min(table.totals.shape) - 1
    interval = _effect_interval(table.phi_square / most, delta / rows / most, level, 1.0)
    return _result(table, statistic, letter, value, df, tail, details, _warnings(table, df, value), *interval)


def _effect_interval(square: float, effects: FloatArray, level: float, largest: float) -> tuple[float, float, str]:
    """Limits of the root of `square`, which is at most `largest`, and how they were made.

    Without an effect, `square` is a sum of chi-squares whose factors are the eigenvalues of `effects`. Times their sum
    over that of their squares it is referred to one chi-square (Rao & Scott 1984); with an effect, to a noncentral one.
    Where nothing varies, or the effect is as large as it can be, there is no interval.
    """
    first, second = float(np.trace(effects)), float(np.sum(effects * effects.T))
    if not (first > NO_VARIANCE and square < largest * (1.0 - FULL)):
        return math.nan, math.nan, ""
    limits = chi_square_noncentrality(square * first / second, first**2 / second, level)
    low, high = (math.sqrt(min(largest, limit * second / first)) for limit in limits)
    return low, high, f"noncentral chi-square, Rao-Scott, {level:.0%}"


def _rao_scott(
    pearson: float, delta: FloatArray, df_design: float, statistic: Statistic, reference_df: float, truncate: bool
) -> tuple[float, str, tuple[float, ...], tails.Tail]:
    trace = float(np.trace(delta))
    if not trace > 0:
        return math.nan, "F" if statistic == "F" else "chi2", (), tails.Tail(math.nan, math.nan)
    satterthwaite = trace**2 / float(np.sum(delta * delta.T))
    if statistic == "F":
        df = (satterthwaite, satterthwaite * df_design)
        return pearson / trace, "F", df, tails.f_distribution(pearson / trace, *df)
    if statistic == "Chisq":
        count = float(delta.shape[0])
        return pearson, "chi2", (count,), tails.chi_square(pearson * count / trace, count)
    eigenvalues: FloatArray = np.linalg.eigvals(delta).real.astype(np.float64)
    method: chisq_sums.Method = "saddlepoint" if statistic == "saddlepoint" else "exact"
    tail = chisq_sums.upper_tail(
        pearson, eigenvalues, method=method, denominator_df=satterthwaite * reference_df, truncate_denominator=truncate
    )
    return pearson, "chi2", (), tail


def _design_effects(view: AnyDesign, table: Table) -> FloatArray:
    """The generalised design effect matrix ((r-1)(c-1), same) per respondent: its eigenvalues scale Pearson's X2.

    NaN where too many cells are empty for it.
    """
    shares = table.proportions.T.reshape(-1)
    inverse = np.divide(1.0, shares, out=np.zeros_like(shares), where=shares > 0)
    contrasts = np.kron(_contrasts(table.totals.shape[1]), _contrasts(table.totals.shape[0]))
    weighted = contrasts * inverse[:, None]
    simple = contrasts.T @ weighted
    if np.linalg.cond(simple) > CONDITION:
        return np.full_like(simple, np.nan)
    return np.linalg.solve(simple, weighted.T @ _share_covariance(view, table, shares) @ weighted)


def _contrasts(levels: int) -> FloatArray:
    """(levels, levels - 1) orthonormal columns that add up to 0."""
    q, _ = np.linalg.qr(np.column_stack([np.ones(levels), np.eye(levels)[:, 1:]]))
    return np.asarray(q[:, 1:])


def _indicators(table: Table) -> FloatArray:
    return (table.cells[:, None] == np.arange(table.totals.size)).astype(np.float64)


def _share_covariance(view: AnyDesign, table: Table, shares: FloatArray) -> FloatArray:
    indicators = _indicators(table)
    if isinstance(view, ReplicateDesign):
        totals = np.vstack([block.T @ indicators for block in view.blocks()])
        return replicate_covariance(view, divide(totals, totals.sum(axis=1, keepdims=True)), shares)
    influence = (indicators - shares) * view.in_domain[:, None] / float(table.totals.sum())
    return covariance_of_scores(view, influence)


def _wald(
    view: AnyDesign, table: Table, df_design: float, *, adjusted: bool
) -> tuple[float, tuple[float, float], tails.Tail]:
    """Wald test on cell total - row total * column total / total, for all but the first row and column."""
    r, c = table.totals.shape
    row, column, total = table.totals.sum(axis=1), table.totals.sum(axis=0), float(table.totals.sum())
    difference = table.totals - np.outer(row, column) / total
    indicators = _indicators(table).reshape(-1, c, r)
    of_row, of_column = indicators.sum(axis=1), indicators.sum(axis=2)
    influence = (
        indicators
        - of_row[:, None, :] * (column / total)[None, :, None]
        - of_column[:, :, None] * (row / total)[None, None, :]
        + (np.outer(column, row) / total**2)[None] * view.in_domain[:, None, None]
    )
    tested = influence[:, 1:, 1:].reshape(-1, (r - 1) * (c - 1))
    deviation = difference[1:, 1:].T.reshape(-1)
    covariance = covariance_of_scores(view, tested)
    count = float((r - 1) * (c - 1))
    wald = quadratic_form(deviation, covariance)
    if not adjusted:
        return wald / count, (count, df_design), tails.f_distribution(wald / count, count, df_design)
    df = df_design - count + 1
    value = wald * df / (count * df_design)
    return value, (count, df), tails.f_distribution(value, count, df)


def goodness_of_fit(design: AnyDesign, y: Any, shares: Mapping[Any, float], *, level: float = 0.95) -> TestResult:
    """Test whether a categorical variable has given shares in the population (second-order correction).

    Parameters
    ----------
    design: the design; its domain restricts the test.
    y: (n,) categories; None and NaN = missing, left out.
    shares: level -> share; they are scaled to add up to 1.
    level: of the interval of the effect size.

    Returns: TestResult with Pearson's X2 of the weighted totals and its scaled chi-square reference (df, and `scale`
    among the details); the effect size is Cohen's w, with an interval as that of `independence`. Errors:
    StatisticsError when levels and shares do not match.
    """
    present = design.domain_weights > 0
    codes, levels = code_levels(y, present)
    if set(levels) - set(shares) or any(value <= 0 for value in shares.values()):
        raise StatisticsError(
            "Shares do not match the levels",
            expected=f"a positive share for each of {', '.join(map(str, levels))}",
            got=", ".join(f"{level}: {share:g}" for level, share in shares.items()),
            hint="give every level a share",
        )
    named = list(shares)
    index = np.full(codes.shape, -1, dtype=np.int64)
    for position, present_level in enumerate(levels):
        index[codes == position] = named.index(present_level)
    view = restrict(design, index >= 0, "goodness of fit")
    expected_share = np.array([shares[name] for name in named]) / sum(shares.values())
    inside = view.domain_weights > 0
    observed = np.bincount(index[inside], weights=view.weights[inside], minlength=len(named))
    total = float(observed.sum())
    expected = expected_share * total
    root = np.sqrt(expected)
    pearson = float((((observed - expected) / root) ** 2).sum())
    pull = expected_share * (1 / root + (observed - expected) / (2 * expected * root))
    indicators = (index[:, None] == np.arange(len(named))) & view.in_domain[:, None]
    influence = indicators / root - indicators.sum(axis=1)[:, None] * pull
    covariance = covariance_of_scores(view, influence)
    eigenvalues = np.linalg.eigvalsh(covariance)
    first, second = float(eigenvalues.sum()), float((eigenvalues**2).sum())
    # Shares that the design fixes, as those of its strata, do not vary: nothing can be tested.
    varies = second > 0
    df = first**2 / second if varies else math.nan
    tail = tails.chi_square(pearson * first / second, df) if varies else tails.Tail(math.nan, math.nan)
    lower, upper, method = _effect_interval(
        pearson / total, covariance / total, level, 1.0 / expected_share.min() - 1.0
    )
    return TestResult(
        test="goodness of fit",
        statistic=pearson,
        statistic_name="chi2",
        df=(df,),
        p=tail.p,
        log_p=tail.log_p,
        effect_size=math.sqrt(pearson / total),
        effect_name="Cohen's w",
        effect_lower=lower,
        effect_upper=upper,
        interval_method=method,
        n_used=int(inside.sum()),
        library="surveytrail",
        warnings=() if varies else (SINGULAR,),
        details={"scale": second / first if varies else math.nan},
    )


def _warnings(table: Table, df: tuple[float, ...], statistic: float) -> tuple[str, ...]:
    found = [SINGULAR] if math.isnan(statistic) else []
    if (table.counts == 0).any():
        found.append(f"{int((table.counts == 0).sum())} empty cells: the large-sample distribution is doubtful")
    elif (table.counts < 5).any():
        found.append(f"{int((table.counts < 5).sum())} cells with fewer than 5 respondents")
    if any(value <= 0 for value in df):
        found.append(
            "no denominator degrees of freedom left: the table has too many cells for the number of sampled units"
        )
    return tuple(found)


def _result(
    table: Table,
    test: str,
    letter: str,
    value: float,
    df: tuple[float, ...],
    tail: tails.Tail,
    details: Mapping[str, float],
    warnings: tuple[str, ...],
    lower: float = math.nan,
    upper: float = math.nan,
    method: str = "",
) -> TestResult:
    return TestResult(
        test=f"independence, {test}",
        statistic=value,
        statistic_name=letter,
        df=df,
        p=tail.p,
        log_p=tail.log_p,
        effect_size=table.cramer_v,
        effect_name="Cramér's V",
        effect_lower=lower,
        effect_upper=upper,
        interval_method=method,
        n_used=int(table.counts.sum()),
        library="surveytrail",
        warnings=warnings,
        details={**details, "smallest_cell": float(table.counts.min())},
    )
