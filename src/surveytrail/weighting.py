"""The weighting stage: population margins, raking as declared, trimming, and what it all cost."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from surveyspec.identifiers import UNWEIGHTED
from surveyspec.problems import Problem, StudyError, did_you_mean, listed
from surveyspec.study import CONFIG, WaveSpec
from surveyspec.weights import ColumnWeight, RakedWeight, Trim
from surveytrail.frames import columns_of
from surveytrail.inputs import arrays_digest
from surveytrail.masks import evaluate, is_known
from surveytrail.statistics.calibration import CalibrationModel, RegressionStep
from surveytrail.statistics.design import SurveyDesign
from surveytrail.statistics.errors import StatisticsError
from surveytrail.statistics.weighting import rake, summarise, trim

MARGIN_COLUMNS = ["margin", "level", "share", "count", "source", "year", "status", "comment"]
STATUSES = ["published", "derived", "assumed"]
DIAGNOSTIC_COLUMNS = ["weight", "statistic", "margin", "level", "value", "input_digest"]


@dataclass(frozen=True)
class Weights:
    """Weights of a wave's analysed records.

    Parameters
    ----------
    frame : ``record``, then per weight its id and, where raked, ``id:raked`` (before trimming)
    diagnostics : one row per weight and statistic (margin and level where it has one)
    """

    frame: pd.DataFrame
    diagnostics: pd.DataFrame


def weight_responses(analysis: pd.DataFrame, wave: WaveSpec, margins: Mapping[str, pd.DataFrame]) -> Weights:
    """Make the weights that a wave declares.

    Parameters
    ----------
    analysis : analysed records with derived variables
    margins : per weight id, the population margins that ``read_margins`` gave

    Raises
    ------
    StudyError : a margin and the sample do not fit, raking does not converge, or a file's weight is missing
    """
    columns = columns_of(analysis)
    frame = pd.DataFrame({"record": analysis["record"]})
    diagnostics: list[dict[str, object]] = []
    for name, weight in wave.wave.weights.items():
        rows: list[dict[str, object]] = []
        if isinstance(weight, ColumnWeight):
            frame[name] = _column_weight(columns, wave, weight)
            taken = arrays_digest([frame[name].to_numpy()])
        else:
            raked, final, rows = _raked_weight(columns, wave, name, weight, margins[name])
            frame[f"{name}:raked"], frame[name] = raked, final
            taken = design_digest(analysis, frame, wave, name)
        rows += _summary(name, frame[name].to_numpy())
        diagnostics += [{**row, "input_digest": taken} for row in rows]
    return Weights(frame, pd.DataFrame(diagnostics, columns=DIAGNOSTIC_COLUMNS))


def design_of(analysis: pd.DataFrame, weights: pd.DataFrame, wave: WaveSpec, name: str) -> SurveyDesign:
    """Return the survey design of a weight: the weights and, after raking, the model behind them."""
    if name == UNWEIGHTED:
        return SurveyDesign(np.ones(len(analysis)))
    final = weights[name].to_numpy()
    weight = wave.wave.weights[name]
    if isinstance(weight, ColumnWeight):
        return SurveyDesign(final)
    base = (final > 0).astype(np.float64)
    model = _raking_model(analysis, wave, weight, base)
    step = RegressionStep.from_model(model, base, weights[f"{name}:raked"].to_numpy())
    return SurveyDesign(final, calibration=CalibrationModel((step,)))


def design_digest(analysis: pd.DataFrame, weights: pd.DataFrame, wave: WaveSpec, name: str) -> str:
    """Digest what the design of a weight reads of all analysed records, beyond the weights of a number's own base.

    Standard errors need the number of records; after raking also everybody's margins and weights.
    """
    size = np.array([len(analysis)])
    weight = wave.wave.weights.get(name)
    if weight is None or isinstance(weight, ColumnWeight):
        return arrays_digest([size])
    final = weights[name].to_numpy()
    model = _raking_model(analysis, wave, weight, (final > 0).astype(np.float64))
    return arrays_digest([size, model, weights[f"{name}:raked"].to_numpy(), final])


def _raking_model(analysis: pd.DataFrame, wave: WaveSpec, weight: RakedWeight, base: np.ndarray) -> np.ndarray:
    """Return (n, p) indicators of the raking variables' categories, 0 for records outside the population."""
    return np.column_stack(
        [
            (analysis[code].to_numpy() == category.code) * base
            for code in weight.variables
            for category in wave.categories(code)
        ]
    )


def margins_of(directory: Path, wave: WaveSpec) -> dict[str, pd.DataFrame]:
    """Read the population margins of each raked weight of a wave, from the files in a study's folder."""
    return {
        name: read_margins(directory / weight.margins, wave, name, weight)
        for name, weight in wave.wave.weights.items()
        if isinstance(weight, RakedWeight)
    }


def read_margins(path: Path, wave: WaveSpec, name: str, weight: RakedWeight) -> pd.DataFrame:
    """Read the population margins of a raked weight.

    Returns
    -------
    one row per cell: ``margin`` (variable code), ``level`` (category code), ``slug``, ``share``, ``status``, ``line``

    Raises
    ------
    StudyError : a column, variable or level that is not known, a share that is no number, or a margin without rows
    """
    shown = weight.margins
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except FileNotFoundError:
        todo = f"put it there or correct waves.{wave.id}.weights.{name}.margins in {CONFIG}"
        raise StudyError(Problem(shown, "", "no such file", "a CSV of population margins", todo)) from None
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise StudyError(Problem(shown, "", str(error), "a UTF-8 CSV of population margins", "repair it")) from None
    absent = [column for column in MARGIN_COLUMNS if column not in table.columns]
    if absent:
        found = f"columns {listed(table.columns)}"
        raise StudyError(Problem(shown, "header", found, f"also {listed(absent)}", "add them", 1))
    rows: list[dict[str, object]] = []
    problems: list[Problem] = []
    for place, row in enumerate(table.to_dict("records")):
        if row["margin"] in weight.variables:
            checked = _margin_row({str(key): str(value) for key, value in row.items()}, wave, shown, place + 2)
            rows.extend([checked] if isinstance(checked, dict) else [])
            problems.extend([checked] if isinstance(checked, Problem) else [])
    for variable in weight.variables:
        if not any(row["margin"] == variable for row in table.to_dict("records")):
            hint = did_you_mean(variable, table["margin"].unique())
            expected = f"rows with margin '{variable}'"
            problems.append(Problem(shown, f"margin '{variable}'", "no row", expected, hint or "add its shares"))
    if problems:
        raise StudyError(problems)
    return pd.DataFrame(rows)


def _margin_row(row: dict[str, str], wave: WaveSpec, shown: str, line: int) -> dict[str, object] | Problem:
    categories = {category.slug: category for category in wave.categories(row["margin"])}
    place = f"margin {row['margin']}, level {row['level']}"
    if row["level"] not in categories:
        hint = did_you_mean(row["level"], categories) or "correct the level, or the codebook"
        return Problem(shown, place, f"'{row['level']}'", f"one of {listed(categories)}", hint, line)
    if row["status"] not in STATUSES:
        hint = did_you_mean(row["status"], STATUSES) or "say where the share comes from"
        return Problem(shown, place, f"status '{row['status']}'", f"one of {listed(STATUSES)}", hint, line)
    try:
        share = float(row["share"])
    except ValueError:
        share = np.nan
    if not 0 < share <= 1:
        return Problem(shown, place, f"share '{row['share']}'", "a number above 0, at most 1", "correct it", line)
    return {
        "margin": row["margin"],
        "level": categories[row["level"]].code,
        "slug": row["level"],
        "share": share,
        "status": row["status"],
        "line": line,
    }


def _column_weight(columns: dict[str, np.ndarray], wave: WaveSpec, weight: ColumnWeight) -> np.ndarray:
    values = columns[weight.variable]
    bad = np.flatnonzero(~(is_known(values) & (values >= 0)))
    if len(bad):
        record = int(columns["record"][bad[0]])
        raise StudyError(
            Problem(
                wave.wave.raw,
                f"variable {weight.variable}, first at record {record}",
                f"{len(bad)} missing or negative weights",
                "a weight of 0 or more for every analysed record",
                "exclude these records with a cleaning rule, or correct the codebook",
                int(columns["first_line"][bad[0]]),
            )
        )
    return values.astype(np.float64)


def _raked_weight(
    columns: dict[str, np.ndarray], wave: WaveSpec, name: str, weight: RakedWeight, margins: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray, list[dict[str, object]]]:
    """Return the raked weights before and after trimming (0 outside the population) and the margins' diagnostics."""
    size = len(columns["record"])
    inside = np.logical_and.reduce([is_known(columns[code]) for code in weight.variables])
    if weight.population is not None:
        inside &= evaluate(wave.condition(weight.population), columns)[0]
    answers = {code: columns[code][inside] for code in weight.variables}
    beyond = {code: set(columns[code][is_known(columns[code])]) - set(answers[code]) for code in weight.variables}
    targets = _targets(answers, beyond, weight, margins)
    try:
        margins_to_meet = {code: (answers[code], dict[Hashable, float](targets[code].items())) for code in targets}
        result = rake(np.ones(int(inside.sum())), margins_to_meet)
        bound = weight.trim or Trim(upper=np.inf)
        trimmed = trim(result.weights, upper=bound.upper, unit=bound.relative_to, strict=True)
    except StatisticsError as error:
        where, expected = f"weight '{name}' of {wave.id}", "margins and a bound that the sample can meet"
        todo = "merge rare categories with a derived variable, correct the margins, or raise trim.upper"
        raise StudyError(Problem(weight.margins, where, str(error), expected, todo)) from None
    raked, final = np.zeros(size), np.zeros(size)
    raked[inside] = result.weights
    final[inside] = trimmed.weights
    rows: list[dict[str, object]] = [
        _row(name, "records_outside", size - int(inside.sum())),
        _row(name, "trimmed", int(trimmed.trimmed.sum())),
    ]
    for code in weight.variables:
        for level, target in targets[code].items():
            at = (columns[code] == level) & inside
            shares = {
                "margin_target": target / inside.sum(),
                "margin_before": at.sum() / inside.sum(),
                "margin_after": final[at].sum() / final.sum(),
            }
            rows += [_row(name, statistic, value, code, int(level)) for statistic, value in shares.items()]
    return raked, final, rows


def _targets(
    answers: dict[str, np.ndarray], beyond: dict[str, set[float]], weight: RakedWeight, margins: pd.DataFrame
) -> dict[str, dict[float, float]]:
    """Return target totals per variable and level; sample and margins must have the same levels.

    Levels that only records beyond the population have (``beyond``) are left out of the margins.
    """
    targets: dict[str, dict[float, float]] = {}
    problems = []
    for code, values in answers.items():
        cells = margins[margins["margin"] == code]
        present = set(np.unique(values))
        inside = cells[~cells["level"].isin(beyond[code])]
        for row in inside[~inside["level"].isin(present)].to_dict("records"):
            place = f"margin {code}, level {row['slug']}"
            found = f"a population share of {row['share']:g} and no respondent"
            todo = "merge the level with another by a derived variable, or restrict 'population'"
            problems.append(Problem(weight.margins, place, found, "at least one respondent", todo, int(row["line"])))
        for level in sorted(present - set(cells["level"])):
            place, count = f"margin {code}, code {level:g}", int((values == level).sum())
            todo = "add its population share, or restrict 'population'"
            problems.append(Problem(weight.margins, place, f"{count} respondents and no row", "a row", todo))
        targets[code] = {
            float(row["level"]): len(values) * row["share"] / inside["share"].sum() for row in inside.to_dict("records")
        }
    if problems:
        raise StudyError(problems)
    return targets


def _summary(name: str, weights: np.ndarray) -> list[dict[str, object]]:
    summary = summarise(weights)
    return [
        _row(name, "n", summary.n),
        _row(name, "deff", summary.kish_design_effect),
        _row(name, "n_effective", summary.effective_n),
        _row(name, "minimum", summary.minimum),
        _row(name, "maximum", summary.maximum),
    ]


def _row(weight: str, statistic: str, value: float, margin: str = "", level: int | None = None) -> dict[str, object]:
    return {"weight": weight, "statistic": statistic, "margin": margin, "level": level, "value": float(value)}
