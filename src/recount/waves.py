"""A wave from its raw bytes to every statistic that the ledger must hold."""

from __future__ import annotations

from dataclasses import dataclass, replace

import duckdb

from recount.cleaning import exclude_records
from recount.coding import code_answers, names_of
from recount.conditions import Names
from recount.estimates import estimate_numbers
from recount.hypotheses import test_hypotheses
from recount.items import recount_items
from recount.raw import load_raw
from recount.response import recount_response
from recount.results import Result
from recount.sensitivity import recount_sensitivity
from recount.weighting import Weight, add_weights, make_weight
from surveyspec.identifiers import UNWEIGHTED, number_id
from surveyspec.items import plan_items
from surveyspec.plan import digest, plan_numbers, plan_tests
from surveyspec.study import Study, WaveSpec

COUNTS = {"n", "records_outside", "trimmed"}


@dataclass(frozen=True)
class Analysed:
    """A wave after coding, cleaning and weighting.

    Parameters
    ----------
    records : in the raw file
    flow : records per step of cleaning
    table : DuckDB table of the analysed records, with one column per weight
    """

    wave: WaveSpec
    names: Names
    records: int
    flow: dict[str, int]
    weights: dict[str, Weight]
    table: str

    def column(self, weight: str) -> str:
        """Return the table's column of a weight; 1 without one."""
        return "1" if weight == UNWEIGHTED else f"w{list(self.weights).index(weight)}"


def analysed_records(connection: duckdb.DuckDBPyConnection, study: Study, name: str) -> Analysed:
    """Code, clean and weight the records of a wave, from its raw bytes.

    Raises
    ------
    StudyError : whatever in raw file, codebook or margins stops the recount
    """
    wave, table = study.waves[name], "analysed"
    raw = load_raw(connection, study.directory / wave.wave.raw, wave.wave.reader, wave.wave.raw, "raw_cells")
    names = names_of(wave)
    code_answers(connection, raw, wave, "coded")
    connection.execute(f"DROP TABLE {raw.table}")
    flow = exclude_records(connection, wave, names, "coded", table)
    weights = {
        weight: make_weight(connection, wave, weight, study.directory, names, table) for weight in wave.wave.weights
    }
    add_weights(connection, weights, table)
    return Analysed(wave, names, raw.records, flow, weights, table)


def recount_wave(connection: duckdb.DuckDBPyConnection, study: Study, name: str) -> list[Result]:
    """Recompute all statistics of a wave: flow, weighting, estimates, tests, sensitivity, questions, response.

    Parameters
    ----------
    connection : DuckDB connection with one thread
    study : the study
    name : id of the wave

    Raises
    ------
    StudyError : whatever in raw file, codebook or margins stops the recount
    """
    analysed = analysed_records(connection, study, name)
    wave, names, flow, weights = analysed.wave, analysed.names, analysed.flow, analysed.weights
    results = [
        Result(
            number_id(name, "flow", UNWEIGHTED, step.split(".")), float(count), "count", 0,
            n_in=analysed.records, n_used=analysed.records, numerator=count,
            identity={"wave": name, "kind": "flow", "estimate": "flow", "weight": UNWEIGHTED},
        )
        for step, count in flow.items()
    ]  # fmt: skip
    for weight, made in weights.items():
        results += [
            replace(_diagnostic(name, weight, statistic, value), n_in=flow["analysed"])
            for statistic, value in made.diagnostics.items()
        ]
    specs = {spec.id: spec for spec in plan_numbers(study, name)}
    for result in estimate_numbers(connection, wave, list(specs.values()), names, weights, analysed.table):
        spec = specs[result.id]
        identity: dict[str, object] = {
            "wave": name, "kind": "estimate", "estimate": spec.estimate, "item": spec.item, "category": spec.category,
            "weight": spec.weight, "estimator": spec.estimator,
            "interval_level": None if spec.quantile is not None else spec.level,
            "interval_method": spec.interval_method, "spec_digest": digest(spec.canonical()),
        }  # fmt: skip
        results.append(replace(result, identity=identity))
    results += test_hypotheses(connection, wave, plan_tests(study, name), names, weights, analysed.table)
    results += recount_items(connection, wave, plan_items(study, name), analysed.table)
    results += recount_sensitivity(connection, study, name, names, "coded")
    return [*results, *recount_response(connection, study, name)]


def _diagnostic(wave: str, weight: str, statistic: str, value: float) -> Result:
    """Return one row of the weighting diagnostics; those of margins are shares."""
    kind, _, group = statistic.partition(".")
    groups = [(group.split("=")[0], group.split("=")[1])] if group else []
    unit, decimals = ("share", 1) if group else ("count", 0) if kind in COUNTS else ("weight", 2)
    identity: dict[str, object] = {"wave": wave, "kind": "weighting", "estimate": "weights", "weight": weight}
    identifier = number_id(wave, "weights", weight, [kind], groups)
    return Result(identifier, value, unit, decimals, iterative=True, identity=identity)
