"""Studies with finished results: one with everything that an edge can come from, and this project's first wave."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import yaml

from surveyspec.study import Study, load_study
from surveytrail.cleaning import clean_responses
from surveytrail.frames import write_frame
from surveytrail.importing.coding import code_responses
from surveytrail.pipeline import compute_ledger, read_tables
from tests.tiny import MARGINS, write_tiny

ROOT = Path(__file__).parents[2]
CODEBOOK = """\
wave: w1
title: {en: A small survey}
languages: [en]
scales:
  FREQ:
    - {code: 1, slug: never, label: {en: never}}
    - {code: 2, slug: monthly, label: {en: monthly}}
    - {code: 3, slug: weekly, label: {en: weekly}}
    - {code: 8, slug: dont_know, reason: DONT_KNOW, label: {en: don't know}}
  SIZE:
    - {code: 1, slug: small, label: {en: small}}
    - {code: 2, slug: large, label: {en: large}}
missing:
  closed: {"0": NO_ANSWER, "-77": NOT_REACHED}
variables:
  - {code: ID, column: lfdn, slug: id, type: numeric, label: {en: Respondent}}
  - {code: TIME, column: duration, slug: time, type: numeric, range: [0, 9999], label: {en: Seconds}}
  - {code: TOKEN, column: token, slug: token, type: text, missing: closed, label: {en: Invitation}}
  - {code: SIZE, column: v_1, slug: size, type: single, scale: SIZE, missing: closed, label: {en: Size}}
  - {code: USE_A, column: v_2, slug: alpha, type: scale, scale: FREQ, missing: closed, label: {en: Alpha}}
  - {code: USE_B, column: v_3, slug: beta, type: scale, scale: FREQ, missing: closed, filter: USE_A >= 2,
     label: {en: Beta}}
  - {code: LATE, column: v_4, slug: late, type: scale, scale: FREQ, missing: closed, label: {en: Late question}}
  - {code: TEXT, column: v_5, slug: text, type: open, sensitivity: restricted, label: {en: Comment}}
  - {code: POST, column: weight, slug: weight, type: numeric, range: [0, 100], label: {en: Weight}}
  - {code: SPARE, column: v_6, slug: spare, type: single, scale: SIZE, missing: closed, label: {en: Nobody reads this}}
dropped:
  - {column: ip, reason: direct identifier}
not_analysed:
  - {column: "rts*", reason: page time stamps}
"""
CONFIG = """\
study:
  id: small
  title: {en: A small study}
  languages: [en]
waves:
  w1:
    label: {en: Wave one}
    raw: data/raw/w1.csv
    reader: {tool: unipark, encoding: utf-8-sig, delimiter: ";"}
    codebook: data/codebooks/w1.yaml
    respondent: ID
    derived:
      ANY:
        slug: any
        label: {en: Any use}
        categories:
          - {code: 1, slug: "yes", label: {en: some}, when: "max(USE_*, min_answered=1) >= 2"}
          - {code: 0, slug: "no", label: {en: none}, when: "max(USE_*, min_answered=1) < 2"}
    cleaning:
      - {id: no_size, label: {en: Size not given}, exclude: missing(SIZE)}
      - {id: again, label: {en: Answered twice}, duplicates_of: [TOKEN]}
      - {id: speeders, label: {en: Too fast}, faster_than: 0.5, variable: TIME}
    weights:
      raked:
        label: {en: Weighted by size}
        method: raking
        base: none
        margins: data/raw/margins.csv
        variables: [SIZE]
      post:
        label: {en: Weight of the file}
        method: column
        variable: POST
estimates:
  - id: use
    label: {en: Use at least monthly}
    wave: w1
    items: USE_*
    share: ">= 2"
    by: [SIZE]
    weights: [unweighted, raked, post]
  - id: level
    label: {en: Mean use}
    wave: w1
    mean: USE_A
    where: not missing(USE_B, NOT_ASKED)
    weights: [unweighted, raked]
  - id: late
    label: {en: Late question among users}
    wave: w1
    share: LATE >= 2
    where: ANY == 1
    weights: [unweighted, post]
hypotheses:
  - {id: H1, label: {en: Alpha goes with beta}, wave: w1, plan: confirmatory, family: use, test: spearman,
     x: USE_A, y: USE_B, expect: positive}
  - {id: H2, label: {en: Alpha goes with the late question}, wave: w1, plan: confirmatory, family: use, test: spearman,
     x: USE_A, y: LATE, expect: positive}
  - {id: E1, label: {en: "Size and use, weighted"}, wave: w1, plan: exploratory, family: use, test: rao_scott,
     x: SIZE, y: ANY, expect: different, weight: raked, where: TIME > 60}
report:
  languages: [en]
  pages: [report/index.qmd]
"""
SENSITIVITY = """\
claims:
  on_unsupported: mark
  statements:
    - {id: most, text: {en: most}, holds_if: w1.use.alpha.unweighted > 0.5 and w1.late.unweighted > 0}
sensitivity:
  at_most: 20
  decisions:
    - id: weighting
      label: {en: Weights}
      reported: {en: none}
      options:
        - {id: raked, label: {en: raked}, weight: raked}
        - {id: file, label: {en: of the file}, weight: post}
    - id: fast
      label: {en: Fast answers}
      reported: {en: out}
      options:
        - {id: kept, label: {en: kept}, without: [speeders]}
        - {id: stricter, label: {en: more out}, rules: {speeders: {faster_than: 0.9, among: USE_A >= 2}}}
    - id: twice
      label: {en: Answered twice}
      reported: {en: first answer}
      options:
        - {id: last, label: {en: last answer}, rules: {again: {keep: last}}}
    - id: use
      label: {en: Use}
      reported: {en: at least monthly}
      options:
        - {id: weekly, label: {en: weekly}, share: ">= 3"}
        - {id: late, label: {en: late question answered}, where: LATE >= 1}
    - id: large
      label: {en: Large firms}
      reported: {en: "in, not weighted"}
      options:
        - id: out
          label: {en: "out, weighted"}
          weight: raked
          rules: {no_size: {exclude: missing(SIZE) or SIZE == 2}}
  numbers:
    - {number: w1.use.alpha.unweighted, crossed: [weighting, fast], singly: [twice, use, large], claims: [most]}
    - {number: w1.level.unweighted, crossed: [fast], singly: [twice]}
report:
"""
VARIED = CONFIG.replace("report:\n", SENSITIVITY)
PEERS = """\
  - id: peers
    label: {en: Mean use}
    wave: w1
    mean: USE_A
    by: [SIZE, LATE, [SIZE, LATE]]
    weights: [unweighted]
    min_n: 5
    dominance: 0.4
  - id: peers_quartiles
    label: {en: Quartiles of use}
    wave: w1
    quantiles: [0.25, 0.5]
    of: USE_A
    by: [LATE]
    weights: [unweighted]
    min_n: 8
  - id: peers_late
    label: {en: Late question}
    wave: w1
    share: LATE >= 2
    where: ANY == 1
    by: [SIZE]
    weights: [unweighted]
    min_n: 5
hypotheses:
"""
# numbers that are published only where they give away nothing about fewer than five; the others read other variables
GUARDED = (
    CONFIG.replace("items: USE_*", "items: USE_B")
    .replace("mean: USE_A\n    where", "mean: USE_B\n    where")
    .replace("share: LATE >= 2", "share: LATE >= USE_B")
    .replace("hypotheses:\n", PEERS)
)
HEADER = '"lfdn";"duration";"token";"v_1";"v_2";"v_3";"v_4";"v_5";"weight";"v_6";"ip";"rts1";"rts2"'


def records(count: int = 60) -> list[str]:
    """Return raw records: some too fast, some twice, some without a size, some with a weight of 0."""
    rng = np.random.default_rng(5)
    found = []
    for number in range(1, count + 1):
        alpha = rng.choice(["1", "2", "3", "8", "0", "7"], p=[0.3, 0.3, 0.25, 0.05, 0.05, 0.05])
        beta = rng.choice(["1", "2", "3"]) if alpha in {"2", "3"} else "-77"
        cells = [
            str(number),
            str(rng.choice([20, 80, 100, 120, 150])),
            rng.choice(["-77", f"t{rng.integers(15)}"], p=[0.6, 0.4]),
            rng.choice(["1", "2", "0"], p=[0.55, 0.4, 0.05]),
            alpha,
            beta,
            rng.choice(["1", "2", "3", "-77"], p=[0.3, 0.3, 0.2, 0.2]),
            rng.choice(["", 'a line; and a ""quote""']),
            rng.choice(["0", "0.5", "1", "2.25"], p=[0.25, 0.25, 0.25, 0.25]),
            rng.choice(["1", "2"]),
            f"192.0.2.{number}",
            str(rng.integers(90)),
            "",
        ]
        found.append(";".join(f'"{cell}"' for cell in cells))
    return found


def small_study(folder: Path, config: str = CONFIG) -> Study:
    """Write the small study and its results to a folder."""
    write_tiny(folder, config=config, codebook=CODEBOOK, header=HEADER, records=records(), margins=MARGINS)
    return finished(folder)


def first_wave(folder: Path) -> Study:
    """Copy this project's own study to a folder, with its first wave alone, and compute its results."""
    for name in ("data/codebooks", "data/raw"):
        shutil.copytree(ROOT / name, folder / name)
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    config["waves"] = {"wave1": config["waves"]["wave1"]}
    config["waves"]["wave1"].pop("dispositions", None)
    for section in ("estimates", "hypotheses"):
        config[section] = [entry for entry in config.get(section, []) if entry["wave"] == "wave1"]
    config = {name: config[name] for name in ("study", "waves", "estimates", "hypotheses")}
    config["report"] = {"languages": ["en"], "pages": ["report/index.qmd"]}
    (folder / "config.yaml").write_text(yaml.safe_dump(config, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return finished(folder)


def finished(folder: Path) -> Study:
    """Compute a study's results and write what proofs and forward tracing read of them."""
    study = load_study(folder)
    for name, table in read_tables(study).items():
        wave = study.waves[name]
        responses = code_responses(table, wave.wave, wave.codebook).frame
        clean = clean_responses(responses, wave)
        write_frame(responses, folder / f"results/{name}/responses.parquet")
        write_frame(clean.analysis, folder / f"results/{name}/analysis.parquet")
        write_frame(clean.exclusions, folder / f"results/{name}/exclusions.csv")
    ledger = compute_ledger(study)
    for name, frame in (("ledger", ledger.frame), ("lineage", ledger.edges), ("row_sets", ledger.row_sets)):
        write_frame(frame, folder / f"results/ledger/{name}.parquet")
    return study
