"""The tests that a hypothesis may name: what each needs, and what its statistics are called in number ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

TestName = Literal[
    "binomial",
    "tost_share",
    "t_one_sample",
    "t_paired",
    "t_welch",
    "wilcoxon_one_sample",
    "wilcoxon_paired",
    "mann_whitney",
    "kruskal_wallis",
    "chi_square",
    "mcnemar",
    "cochran_q",
    "friedman",
    "pearson",
    "spearman",
    "partial_spearman",
    "bootstrap_ranks",
    "indirect_effect",
    "ols",
    "logit",
    "ordinal_logit",
    "clustered_logit",
    "rao_scott",
]
Role = Literal["x", "y", "group", "items", "given", "mediator", "value", "bound", "seed", "draws", "answer"]
# roles that name what a test is about, and those of them that 'answer' applies to
VALUE_ROLES = ("x", "y", "group", "items", "given", "mediator")
ANSWERED_ROLES = ("x", "y", "items")


@dataclass(frozen=True)
class TestKind:
    """What a test needs and gives.

    Parameters
    ----------
    needs : roles that a hypothesis must fill
    may : roles that it may fill
    statistic : the test statistic's part of the number id; None where the test is an interval only
    effect : the effect size's part of the number id
    yes_no : whether its values are conditions or 0/1 variables
    weighted : whether it takes the weights of a survey design (all others are unweighted)
    per : whether results come one per test, per item or per predictor
    stacked : whether patterns in x and y are taken together, one row per respondent and item
    one_sided : whether the interval is that of two one-sided tests, at ``1 - 2 alpha``
    """

    __test__ = False  # the name makes pytest look here

    needs: tuple[Role, ...]
    may: tuple[Role, ...] = ()
    statistic: str | None = None
    effect: str | None = None
    yes_no: bool = False
    weighted: bool = False
    per: Literal["test", "item", "predictor"] = "test"
    stacked: bool = False
    one_sided: bool = False

    @property
    def has_p(self) -> bool:
        """Whether a p-value comes with it; ranks have intervals only."""
        return self.per != "item"


TESTS: dict[str, TestKind] = {
    "binomial": TestKind(("y", "value"), ("answer",), "successes", "cohens_h", yes_no=True),
    "tost_share": TestKind(
        ("y", "value", "bound"), ("answer",), "successes", "difference", yes_no=True, one_sided=True
    ),
    "t_one_sample": TestKind(("y", "value"), (), "t", "cohens_d"),
    "t_paired": TestKind(("x", "y"), (), "t", "cohens_d"),
    "t_welch": TestKind(("y", "group"), (), "t", "cohens_d"),
    "wilcoxon_one_sample": TestKind(("y", "value"), (), "w", "rank_biserial"),
    "wilcoxon_paired": TestKind(("x", "y"), (), "w", "rank_biserial"),
    "mann_whitney": TestKind(("y", "group"), (), "u", "cliffs_delta"),
    "kruskal_wallis": TestKind(("y", "group"), (), "h", "epsilon_squared"),
    "chi_square": TestKind(("x", "y"), ("answer",), "chi2", "cramers_v"),
    "mcnemar": TestKind(("x", "y"), ("answer",), "chi2", "difference", yes_no=True),
    "cochran_q": TestKind(("items",), ("answer",), "q", "eta_squared", yes_no=True),
    "friedman": TestKind(("items",), (), "q", "kendalls_w"),
    "pearson": TestKind(("x", "y"), (), "r", "r"),
    "spearman": TestKind(("x", "y"), (), "rho", "rho"),
    "partial_spearman": TestKind(("x", "y", "given"), (), "rho", "rho"),
    "bootstrap_ranks": TestKind(("items", "seed", "draws"), ("answer",), None, "rank", per="item"),
    "indirect_effect": TestKind(("x", "mediator", "y", "seed", "draws"), ("given",), None, "indirect_effect"),
    "ols": TestKind(("y", "given"), (), "t", "beta", per="predictor"),
    "logit": TestKind(("y", "given"), (), "z", "odds_ratio", yes_no=True, per="predictor"),
    "ordinal_logit": TestKind(("y", "given"), (), "z", "odds_ratio", per="predictor"),
    "clustered_logit": TestKind(("x", "y"), ("answer",), "z", "odds_ratio", yes_no=True, stacked=True),
    "rao_scott": TestKind(("x", "y"), ("answer",), "f", "cramers_v", weighted=True),
}

assert set(TESTS) == set(get_args(TestName))
