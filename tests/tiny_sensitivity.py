"""The tiny study with two headline numbers under other decisions; tests change one thing at a time."""

from tests.tiny import CONFIG

SENSITIVITY = """\
claims:
  on_unsupported: mark
  statements:
    - {id: most, text: {en: most}, holds_if: w1.use.alpha.unweighted > 0.5 and w1.level.unweighted > 0}
    - {id: level, text: {en: level}, holds_if: w1.level.unweighted > w1.use.alpha.unweighted}
sensitivity:
  at_most: 12
  decisions:
    - id: weighting
      label: {en: Weights}
      reported: {en: none}
      options:
        - {id: raked, label: {en: raked}, weight: raked}
    - id: fast
      label: {en: Fast answers}
      reported: {en: out}
      options:
        - {id: kept, label: {en: kept}, without: [speeders]}
        - {id: slower, label: {en: slower}, rules: {speeders: {faster_than: 0.95}}}
    - id: use
      label: {en: Use}
      reported: {en: monthly}
      options:
        - {id: weekly, label: {en: weekly}, share: ">= 3"}
  numbers:
    - {number: w1.use.alpha.unweighted, crossed: [weighting, fast], singly: [use], claims: [most]}
    - {number: w1.level.unweighted, singly: [fast]}
report:
"""
VARIED = CONFIG.replace("report:\n", SENSITIVITY)
