"""A study of eight answers, small enough to check by eye, and the results that the engine makes of it."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pandas as pd

from surveyspec.study import Study, load_study
from surveytrail.frames import read_frame, write_frame
from surveytrail.importing.coding import code_responses
from surveytrail.importing.reading import read_raw
from surveytrail.pipeline import compute_ledger

SILENT = "w1.silent.unweighted"
CONFIG = """\
study:
  id: small
  title: {en: A small study, fr: Une petite étude, de: Eine kleine Studie}
  languages: [en, fr, de]
waves:
  w1:
    label: {en: First wave, fr: Première vague, de: Erste Welle}
    raw: data/raw/answers.csv
    reader: {tool: unipark, encoding: utf-8-sig, delimiter: ";"}
    codebook: data/codebooks/w1.yaml
    respondent: RESPONDENT
    derived:
      INDEX: {label: {en: Index of private use, fr: Indice, de: Index}, slug: index, mean_of: "PRIV_*"}
    weights:
      raked:
        method: raking
        label: {en: weighted by size, fr: pondéré par taille, de: nach Grösse gewichtet}
        base: none
        margins: data/raw/margins.csv
        variables: [SIZE]
estimates:
  - id: private_use
    label: {en: Private use at least monthly, fr: Usage privé au moins mensuel, de: Private Nutzung}
    wave: w1
    items: PRIV_*
    share: ">= 3"
    where: not missing(AGE)
    weights: [unweighted]
  - id: professional_use
    label: {en: Professional use, fr: Usage professionnel, de: Berufliche Nutzung}
    wave: w1
    items: PROF_*
    share: ">= 3"
    by: [SIZE]
    weights: [unweighted]
  - {id: index, label: {en: Index, fr: Indice, de: Index}, wave: w1, mean: INDEX, weights: [unweighted, raked]}
  - {id: silent, label: {en: Silent, fr: Muet, de: Stumm}, wave: w1, share: missing(PRIV_FB), weights: [unweighted]}
figures:
  - id: channels
    kind: dots
    title: {en: Private and professional use, fr: Usage privé et professionnel, de: Private und berufliche Nutzung}
    weight: unweighted
    axis: {en: Share of respondents, fr: Part des personnes interrogées, de: Anteil der Befragten}
    series:
      - {estimate: private_use, label: {en: private, fr: privé, de: privat}}
      - {estimate: professional_use, label: {en: professional, fr: professionnel, de: beruflich}}
report: {languages: [en, fr, de], pages: [report/index.qmd]}
"""

CODEBOOK = """\
wave: w1
title: {en: Small, fr: Petit, de: Klein}
languages: [en, fr, de]
stems: {PRIV: {en: "How often in private?", fr: "À quelle fréquence en privé ?", de: "Wie oft privat?"}}
scales:
  FREQ:
    - {code: 1, slug: never, label: {en: never, fr: jamais, de: nie}}
    - {code: 3, slug: monthly, label: {en: at least monthly, fr: au moins une fois par mois, de: mindestens monatlich}}
    - {code: 5, slug: daily, label: {en: daily, fr: tous les jours, de: täglich}}
  SIZE:
    - {code: 1, slug: small, label: {en: small, fr: petite, de: klein}}
    - {code: 2, slug: large, label: {en: large, fr: grande, de: gross}}
missing: {closed: {"0": NO_ANSWER, "-77": NOT_REACHED}}
variables:
  - code: RESPONDENT
    column: lfdn
    slug: respondent
    type: metadata
    label: {en: Number, fr: Numéro, de: Nummer}
  - code: PRIV_FB
    column: v_1
    slug: facebook
    battery: PRIV
    stem: PRIV
    type: scale
    scale: FREQ
    missing: closed
    label: {en: Facebook, fr: Facebook, de: Facebook}
  - code: PRIV_LI
    column: v_2
    slug: linkedin
    battery: PRIV
    stem: PRIV
    type: scale
    scale: FREQ
    missing: closed
    label: {en: LinkedIn, fr: LinkedIn, de: LinkedIn}
  - code: PROF_FB
    column: v_3
    slug: facebook
    battery: PROF
    type: scale
    scale: FREQ
    missing: closed
    label: {en: Facebook, fr: Facebook, de: Facebook}
  - code: PROF_LI
    column: v_4
    slug: linkedin
    battery: PROF
    type: scale
    scale: FREQ
    missing: closed
    label: {en: LinkedIn, fr: LinkedIn, de: LinkedIn}
  - code: SIZE
    column: v_5
    slug: size
    type: single
    scale: SIZE
    label: {en: Size, fr: Taille, de: Grösse}
  - code: AGE
    column: {position: 7}
    slug: age
    type: numeric
    range: [18, 99]
    sensitivity: restricted
    label: {en: Age, fr: Âge, de: Alter}
  - code: COMMENT
    column: v_7
    slug: comment
    type: open
    label: {en: Comment, fr: Remarque, de: Bemerkung}
  - code: EMAIL
    column: email
    slug: email
    type: open
    sensitivity: drop
    label: {en: E-mail, fr: Courriel, de: E-Mail}
"""

RAW = (
    "\ufefflfdn;v_1;v_2;v_3;v_4;v_5;v_6;v_7;email\r\n"
    '"101";"5";"1";"5";"3";"1";"34";"";"a@example.org"\r\n'
    '"102";"3";"5";"1";"5";"1";"41";"first line\nsecond line";"b@example.org"\r\n'
    '"103";"1";"1";"1";"0";"2";"29";"";"c@example.org"\r\n'
    '"104";"5";"3";"3";"3";"2";"55";"";"d@example.org"\r\n'
    '"105";"-77";"3";"-77";"5";"1";"38";"";"e@example.org"\r\n'
    '"106";"3";"5";"1";"5";"2";"47";"";"f@example.org"\r\n'
    '"107";"5";"1";"3";"3";"1";"";"";"g@example.org"\r\n'
    '"108";"1";"3";"1";"5";"2";"62";"";"h@example.org"\r\n'
)
MARGINS = (
    "margin,level,share,count,source,year,status,comment\n"
    "SIZE,small,0.9,,made for tests,2015,assumed,\n"
    "SIZE,large,0.1,,made for tests,2015,assumed,\n"
)
SHARES = {  # number: numerator, records used
    "w1.private_use.facebook.unweighted": (4, [1, 2, 3, 4, 6, 8]),
    "w1.private_use.linkedin.unweighted": (5, [1, 2, 3, 4, 5, 6, 8]),
    "w1.professional_use.facebook.unweighted": (3, [1, 2, 3, 4, 6, 7, 8]),
    "w1.professional_use.linkedin.unweighted": (7, [1, 2, 4, 5, 6, 7, 8]),
    "w1.professional_use.facebook.size=small.unweighted": (2, [1, 2, 7]),
}
LANGUAGES = ["en", "fr", "de"]


def write_study(directory: Path, status: str = "synthetic") -> Study:
    """Write config, codebook, raw files and manifest into a folder, and load them."""
    for path, content in {
        "config.yaml": CONFIG,
        "data/codebooks/w1.yaml": CODEBOOK,
        "data/raw/answers.csv": RAW,
        "data/raw/margins.csv": MARGINS,
    }.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_bytes(content.encode())
    write_manifest(directory, status)
    return load_study(directory)


def write_manifest(directory: Path, status: str = "synthetic") -> None:
    entries = ["# every raw file, with the digest that says it is unchanged", "files:"]
    for name, kind in (("answers", "responses"), ("margins", "margins")):
        content = (directory / f"data/raw/{name}.csv").read_bytes()
        entries.append(
            f"  - path: data/raw/{name}.csv   # {kind}\n    sha256: {sha256(content).hexdigest()}\n"
            f"    bytes: {len(content)}\n    kind: {kind}\n    status: {status}\n"
            f"    source: made for tests\n    licence: CC0-1.0\n    description: {kind} of eight firms"
        )
    (directory / "data/raw/MANIFEST.yaml").write_text("\n".join(entries) + "\n", encoding="utf-8")


def write_results(study: Study) -> None:
    """Run the engine on the study and write what tracing and figures read of ``results/``."""
    ledger = compute_ledger(study)
    folder = study.directory / "results/ledger"
    origin = {"rule": "estimate_numbers", "script": "scripts/estimate_numbers.py", "script_line": 17}
    write_frame(ledger.frame.assign(**origin), folder / "ledger.parquet")
    write_frame(ledger.edges, folder / "lineage.parquet")
    write_frame(ledger.row_sets, folder / "row_sets.parquet")
    wave = study.waves["w1"]
    raw = read_raw(study.directory / wave.wave.raw, wave.wave.reader, wave.wave.raw)
    write_frame(code_responses(raw, wave.wave, wave.codebook).frame, study.directory / "results/w1/responses.parquet")


def ledger_of(study: Study) -> pd.DataFrame:
    """Return the ledger that ``write_results`` wrote, as stages read it."""
    return read_frame(study.directory / "results/ledger/ledger.parquet")
