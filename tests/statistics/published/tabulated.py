"""Surveys that published tables: weighted and unweighted counts and percentages, from raw exports with their quirks."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from surveytrail.statistics import estimators
from surveytrail.statistics.arrays import BoolArray, FloatArray
from surveytrail.statistics.count_intervals import clopper_pearson
from surveytrail.statistics.design import SurveyDesign
from surveytrail.statistics.weighting.diagnostics import kish_design_effect
from tests.statistics.published.comparison import Figure, Item, dataset, printed

CLAUSE = re.compile(r'(\w+) == "([^"]*)"')


class Tables:
    """Counts and shares of rows, weighted or not; each call asks the estimators for many at once."""

    def __init__(self, rows: int, weights: np.ndarray | None = None) -> None:
        self.design = SurveyDesign(np.ones(rows) if weights is None else weights)

    def counts(self, masks: Sequence[BoolArray]) -> FloatArray:
        return estimators.total(self.design, np.column_stack(masks)).value[:, 0]

    def percents(self, masks: Sequence[BoolArray], bases: Sequence[BoolArray]) -> FloatArray:
        items = np.where(np.column_stack(bases), np.column_stack(masks), np.nan)
        return estimators.mean(self.design, items).value[:, 0] * 100


def _table(path: Path, encoding: str = "utf-8", delimiter: str = ",") -> tuple[list[str], np.ndarray]:
    """Return the header cells and an array of text cells, empty lines aside."""
    with path.open(encoding=encoding, newline="") as file:
        header, *rows = [row for row in csv.reader(file, delimiter=delimiter) if row]
    return header, np.array(rows, dtype=object)


@dataset("published/masculinity")
def masculinity(folder: Path, items: list[Item]) -> Iterator[Figure]:
    """A pollster's crosstab: weighted percentages of those asked, whole numbers, in ten columns."""
    frame = pd.read_csv(folder / "raw-responses.csv", low_memory=False)
    masks, bases = [], []
    for item in items:
        # Some apostrophes were damaged to question marks before publication.
        answer = frame[item["variable"]].str.replace("'", "?")
        masks.append((answer == item["category"].replace("'", "?")).to_numpy())
        base = answer.notna()
        for column, value in CLAUSE.findall(item["filter"]):
            base &= frame[column] == value
        bases.append(base.to_numpy())
    shares = Tables(len(frame), frame["weight"].to_numpy(float)).percents(masks, bases)
    yield from (printed(item, share, decimals=0) for item, share in zip(items, shares, strict=True))


@dataset("published/cps_illinois")
def illinois(folder: Path, items: list[Item]) -> Iterator[Figure]:
    """Census supplement, 36,207 weighted rows: toplines, crosstabs, margins of error with Kish's design effect."""
    frame = pd.read_csv(folder / "illinois.csv")
    labels = json.loads((folder / "value_labels.json").read_text("utf-8"))
    for name in set(labels) & set(frame.columns):
        frame[name] = frame[name].map({float(code): label for code, label in labels[name].items()})
    weights = frame["weight"].to_numpy(float)
    masks, bases = [], []
    for item in items:
        answer = frame[item["variable"]] if item["variable"] else pd.Series(np.ones(len(frame)))
        column, _, value = item["filter"].partition(" == ")
        base = answer.notna() & (frame[column] == value if value else True)
        bases.append(base.to_numpy())
        masks.append((answer == item["category"]).to_numpy() if item.get("category") else bases[-1])
    weighted = Tables(len(frame), weights)
    sums, shares, numbers = weighted.counts(masks), weighted.percents(masks, bases), Tables(len(frame)).counts(bases)
    # Kish's design effect is about the rows with a weight; the package's author took all rows.
    effect = kish_design_effect(weights) * len(frame) / np.count_nonzero(weights)
    for item, total, share, n in zip(items, sums, shares, numbers, strict=True):
        kind = item["statistic"]
        if kind == "mean":
            yield printed(item, estimators.mean(weighted.design, frame[item["variable"]]).value[0, 0])
        elif kind == "n":
            yield printed(item, n)
        elif kind in ("weighted count", "sum of weights"):
            yield printed(item, total)
        elif kind.startswith("MOE"):
            yield printed(item, 1.96 * math.sqrt(effect * share * (100 - share) / (n - 1)))
        else:
            yield printed(item, share)


@dataset("published/rse_germany_2017")
def research_software(folder: Path, items: list[Item]) -> Iterator[Figure]:
    """LimeSurvey export with question texts as headers; what the authors print as MISSING are empty cells."""
    header, cells = _table(folder / "public_data.csv")
    place = {name: index for index, name in enumerate(header)}
    wanted = ["" if item["category"] == "MISSING" else item["category"] for item in items]
    masks = [cells[:, place[item["variable"]]] == text for item, text in zip(items, wanted, strict=True)]
    counts = Tables(len(cells)).counts(masks)
    yield from (printed(item, count, decimals=0) for item, count in zip(items, counts, strict=True))


@dataset("published/haskell_2018")
def haskell(folder: Path, items: list[Item]) -> Iterator[Figure]:
    """Several answers in one cell, an option with a comma quoted within it; percentages of all respondents."""
    header, cells = _table(folder / "2018-state-of-haskell-survey-results.csv")
    asked = {item["variable"] for item in items}
    columns = {n: [cell.strip() for cell in cells[:, place]] for place, n in enumerate(header) if n in asked}
    masks = [np.array([_chosen(item, cell) for cell in columns[item["variable"]]]) for item in items]
    tables = Tables(len(cells))
    everybody = np.ones(len(cells), dtype=bool)
    shares = tables.percents(masks, [everybody] * len(masks))
    for item, count, share in zip(items, tables.counts(masks), shares, strict=True):
        yield printed(item, count)
        yield printed(item, share, key="published_percent")


def _chosen(item: Item, cell: str) -> bool:
    """Whether a cell holds the answer; of several answers it is itself a line of comma-separated values."""
    wanted = item["category"]
    if ">=" in item["filter"]:
        return cell >= wanted
    if "(multiple select)" not in item["description"] and "Which versions" not in item["description"]:
        return cell == wanted
    options = next(csv.reader([cell]), [])
    if wanted.endswith(".x"):
        # Minor releases are merged, and each respondent counts once.
        return any(option.startswith(wanted[:-1]) for option in options)
    return wanted in options


@dataset("exports/surveymonkey")
def surveymonkey(folder: Path, items: list[Item]) -> Iterator[Figure]:
    """Six polls of a news site, two header rows at times; five figures of the press are controls."""
    header, films = _table(folder / "StarWars.csv", "latin-1")
    films = films[1:]
    texts = {name: _table(folder / name) for name in ("comma-survey.csv", "thanksgiving-2015-poll-data.csv")}
    seen = films[:, 3:9] != ""
    for item in items:
        if item["data_file"] == "StarWars.csv":
            cell = films[:, int(item["variable"].removeprefix("column "))]
            what, base = item["description"], cell != ""
            if what.startswith("seen"):
                those, base = cell != "", seen.any(axis=1)
            elif what.startswith("ranked best"):
                those, base = cell == "1", seen.all(axis=1)
            elif what.startswith("favorable"):
                those = np.isin(cell, ["Very favorably", "Somewhat favorably"])
            else:
                those = cell == what.rpartition(" ")[2]
        else:
            header, cells = texts[item["data_file"]]
            place = next(index for index, name in enumerate(header) if name.endswith(item["variable"]))
            those, base = _said(item["description"], cells[:, place]), cells[:, place] != ""
            if item["filter"].startswith("main dish answered"):
                main = next(i for i, name in enumerate(header) if name.startswith("What is typically the main dish"))
                base = cells[:, main] != ""
        yield printed(item, Tables(len(those)).percents([those], [base])[0])


def _said(description: str, cell: np.ndarray) -> BoolArray:
    """Which rows gave the answer that an item of the smaller polls is about."""
    wanted = {
        "prefers the Oxford comma": "kind, and loyal", "prefers no Oxford comma": "kind and loyal",
        "data is (singular)": "data is inconclusive", "data are (plural)": "data are inconclusive",
        "main dish turkey": "Turkey", "will shop Black Friday sales on Thanksgiving Day": "Yes",
    }.get(description, "")  # fmt: skip
    return np.array([wanted in text and text != "" for text in cell])


@dataset("exports/limesurvey_automotive")
def automotive(folder: Path, items: list[Item]) -> Iterator[Figure]:
    """Exported in two languages; three figures of the paper contradict its own chart or a moved free text."""
    for item in items:
        header, cells = _table(folder / item["data_file"], "utf-8-sig", ";")
        column = item["variable"] or _FIELDS.get(item["description"].partition(" as stated")[0], "")
        cell = cells[:, header.index(column)] if column else None
        if cell is None:
            those = np.ones(len(cells), dtype=bool)
        elif column.endswith("[Sonstiges]"):
            physics = np.array(["Physik" in text for text in cell])
            those = physics if "physics" in item["description"] else (cell != "") & (cell != "N/A") & ~physics
        else:
            those = cell == "Ja"
        yield printed(item, Tables(len(cells)).counts([those])[0])


_FIELDS = {
    "electrical engineers": "Welchen fachlichen Hintergrund haben Sie? [Elektrotechnik]",
    "mechanical engineers": "Welchen fachlichen Hintergrund haben Sie? [Maschinenbau]",
}


@dataset("exports/spss_portable_1948")
def election_1948(folder: Path, items: list[Item]) -> Iterator[Figure]:
    """Election study of 1948 from an SPSS portable file: percentages with Clopper-Pearson intervals."""
    import pyreadstat

    frame, _ = pyreadstat.read_por(str(folder / "NES1948.POR"))
    tables = Tables(len(frame))
    everybody = np.ones(len(frame), dtype=bool)
    votes = {"Truman": 1.0, "Dewey": 2.0}
    for item in items:
        answer = frame[item["variable"]].to_numpy(float)
        those, base = answer == votes.get(item["category"], np.nan), np.isin(answer, [1.0, 2.0, 3.0, 4.0])
        kind = item["statistic"]
        if item["category"] in votes:
            income = float(re.findall(r"V480049 == (\d)", item["filter"])[0])
            base = base & (frame["V480049"] == income).to_numpy()
        else:
            those = answer == float(item["category"])
            # The file keeps no user-missing values: those that the vignette declares are dropped for valid percents.
            missing = [float(code) for code in re.findall(r"\d+", item["filter"].partition("user-missing")[2])]
            base = ~np.isnan(answer) & ~np.isin(answer, missing)
        if kind == "count":
            yield printed(item, tables.counts([those])[0])
        elif kind.startswith("Clopper"):
            limits = clopper_pearson((those & base).sum(), base.sum())
            yield printed(item, 100 * float(limits.lower if kind.endswith("low") else limits.upper))
        else:
            yield printed(item, tables.percents([those], [everybody if "all" in kind else base])[0])
