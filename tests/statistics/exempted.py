"""How many figures of each group differ from R on purpose, by reference: an engine cannot exempt itself.

Some differences are recognised by the engine's own warnings and limits, so that their number is held here. A count that
changes is to be looked at, figure by figure, before it is written down.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from tests.statistics.conformance import Outcome
from tests.statistics.reference import COMMITTED, Reference

OF_THE_COMMITTED: Mapping[str, Mapping[str, int]] = {
    "chisq": {"sorted_shares": 2},
    "ciprop": {"exact_profile": 20},
    "ciprop_rep": {"exact_profile": 4, "extreme_replicates": 4},
    "glm": {"numeric_hessian": 1, "ordinal_optimum": 1},
    "quantile": {"score_interval": 3, "top_answer": 9},
    "table": {"rescaled_table": 1},
    "unweighted": {"studentised_range": 1},
}
OF_THE_LARGER: Mapping[str, Mapping[str, int]] = {
    "chisq": {"rounded_denominator": 3},
    "ciprop": {"exact_profile": 26, "extreme_share": 29, "profile_rescaled": 2},
    "ciprop_rep": {"exact_profile": 2, "extreme_replicates": 2},
    "glm": {"numeric_hessian": 1},
    "quantile": {"score_interval": 9, "tie": 17},
}


def pinned(reference: Reference, group: str) -> dict[str, int]:
    """Return how many figures of a group are known to differ, by the key of the reason."""
    return dict((OF_THE_COMMITTED if reference.root == COMMITTED else OF_THE_LARGER).get(group, {}))


def exempted(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """Count the figures that were accepted although they differ, by the key of the reason."""
    return dict(Counter(key for outcome in outcomes for key in outcome.deliberate.values()))
