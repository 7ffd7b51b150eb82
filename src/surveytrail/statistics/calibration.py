"""What a variance estimator must know about weights that were adjusted to population figures.

Adjusted weights take part of the variance away. Linearisation sees it by replacing the score of each respondent by
the residual of a regression on the auxiliary variables (Deville & Särndal 1992; Särndal, Swensson & Wretman 1992,
section 6.6).
Each adjustment is one step; steps are applied in the order in which the weights were made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from surveytrail.statistics.arrays import FloatArray, IntArray, group_sums

# With more cells than this, group means are cheaper than a model matrix.
LARGEST_DENSE_MODEL = 64


class CalibrationStep(Protocol):
    """One adjustment of the weights: turns scores (n, k) into their residuals (n, k)."""

    def residuals(self, scores: FloatArray) -> FloatArray:
        """Return what is left of the weighted scores once the auxiliary variables explain their part."""


@dataclass(frozen=True, eq=False)
class RegressionStep:
    """Generalised regression (GREG), calibration and raking with the exact residual.

    Parameters
    ----------
    basis:
        (n, p) orthonormal columns that span the model matrix times the square root of the weights before the adjustment
        (divided by the square root of the residual variances where the calibration used any).
    scale:
        (n,) adjusted weight divided by the square root of the weight before: a weighted score over `scale` is on the
        scale of `basis`. Rows with scale 0 have no weight and no residual.
    """

    basis: FloatArray
    scale: FloatArray

    @classmethod
    def from_model(
        cls,
        model: FloatArray,
        weights_before: FloatArray,
        weights_after: FloatArray,
        variances: FloatArray | None = None,
    ) -> RegressionStep:
        """Build the step from the model matrix (n, p) and the weights (n,) before and after.

        `variances` (n,) are the working residual variances of the regression, 1 when left out. Columns that others
        already span are dropped (singular values below 1e-10 of the largest), so margins that share a total are fine.
        """
        spread = np.ones_like(weights_before) if variances is None else np.sqrt(variances)
        root = np.sqrt(weights_before)
        left, values, _ = np.linalg.svd(model * (root / spread)[:, None], full_matrices=False)
        basis = left[:, values > values.max(initial=0.0) * 1e-10]
        ratio = np.divide(weights_after, weights_before, out=np.zeros_like(weights_after), where=weights_before > 0)
        return cls(basis=basis, scale=ratio * root * spread)

    def residuals(self, scores: FloatArray) -> FloatArray:
        """Return the residuals (n, k) of weighted scores (n, k) from the regression."""
        scale = self.scale[:, None]
        standard = np.divide(scores, scale, out=np.zeros_like(scores), where=scale != 0)
        standard -= self.basis @ (self.basis.T @ standard)
        left: FloatArray = standard * scale
        return left


@dataclass(frozen=True, eq=False)
class PostStratificationStep:
    """Post-stratification: residuals from the cell means, weighted by the weights before the adjustment.

    Parameters
    ----------
    cells:
        (n,) cell code 0..m-1 of each row.
    weights_before, weights_after:
        (n,) weights before and after the adjustment.
    """

    cells: IntArray
    weights_before: FloatArray
    weights_after: FloatArray

    def as_regression(self) -> RegressionStep | None:
        """Return the same residuals as a regression on the cells; None when so many cells would make it slow."""
        count = int(self.cells.max(initial=-1)) + 1
        if count > LARGEST_DENSE_MODEL:
            return None
        size = np.bincount(self.cells, weights=self.weights_before, minlength=count)
        root = np.sqrt(self.weights_before)
        basis = np.zeros((self.cells.shape[0], count))
        share = np.divide(root, np.sqrt(size)[self.cells], out=np.zeros_like(root), where=root > 0)
        basis[np.arange(self.cells.shape[0]), self.cells] = share
        return RegressionStep(basis, np.divide(self.weights_after, root, out=np.zeros_like(root), where=root > 0))

    def residuals(self, scores: FloatArray) -> FloatArray:
        """Return the residuals (n, k) of weighted scores (n, k) from the means of their cells."""
        count = int(self.cells.max(initial=-1)) + 1
        size = np.bincount(self.cells, weights=self.weights_before, minlength=count)
        after = self.weights_after
        back = np.divide(self.weights_before, after, out=np.zeros_like(after), where=after > 0)
        sums = group_sums(scores * back[:, None], self.cells, count)
        means = np.divide(sums, size[:, None], out=np.zeros_like(sums), where=size[:, None] > 0)
        left: FloatArray = scores - means[self.cells] * after[:, None]
        return left


@dataclass(frozen=True, eq=False)
class SweptRakingStep:
    """Raking with the approximate residual of R's `rake()`: ten rounds of unweighted margin means.

    Kept to compare with figures made that way; weights from our raking carry a `RegressionStep`, which is exact.

    Parameters
    ----------
    margins:
        One (n,) code column per raking margin, in raking order.
    weights:
        One (n,) weight column per margin: the weights after that margin's last adjustment.
    rounds:
        How many times all margins are swept out.
    """

    margins: Sequence[IntArray]
    weights: Sequence[FloatArray]
    rounds: int = 10

    def residuals(self, scores: FloatArray) -> FloatArray:
        """Return what is left of weighted scores (n, k) after sweeping out the margin means."""
        left = scores.copy()
        for _ in range(self.rounds):
            for cells, weights in zip(self.margins, self.weights, strict=True):
                count = int(cells.max(initial=-1)) + 1
                column = weights[:, None]
                standard = np.divide(left, column, out=np.zeros_like(left), where=column != 0)
                size = np.bincount(cells, minlength=count).astype(np.float64)
                means = group_sums(standard, cells, count) / np.maximum(size, 1.0)[:, None]
                left = left - means[cells] * column
        return left


@dataclass(frozen=True, eq=False)
class CalibrationModel:
    """The adjustments behind the weights of a design, in the order in which they were made."""

    steps: tuple[CalibrationStep, ...] = ()

    def then(self, step: CalibrationStep) -> CalibrationModel:
        """Return the model with one more adjustment at the end."""
        return CalibrationModel((*self.steps, step))

    def residuals(self, scores: FloatArray) -> FloatArray:
        """Return the residual scores (n, k) after all adjustments."""
        for step in self.steps:
            scores = step.residuals(scores)
        return scores
