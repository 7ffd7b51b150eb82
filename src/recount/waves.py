"""A wave from its raw bytes to every statistic that the ledger must hold."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from recount.cleaning import exclude_records
from recount.coding import code_answers, names_of
from recount.estimates import estimate_numbers
from recount.hypotheses import test_hypotheses
from recount.items import recount_items
from recount.raw import load_raw
from recount.response import recount_response
from recount.results import Result
from recount.sensitivity import recount_sensitivity
from recount.weighting import add_weights, make_weight
from surveyspec.identifiers import UNWEIGHTED, number_id
from surveyspec.items import plan_items
from surveyspec.plan import digest, plan_numbers, plan_tests
from surveyspec.study import Study

COUNTS = {"n", "records_outside", "trimmed"}


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
    wave = study.waves[name]
    raw = load_raw(connection, study.directory / wave.wave.raw, wave.wave.reader, wave.wave.raw, "raw_cells")
    names = names_of(wave)
    code_answers(connection, raw, wave, "coded")
    connection.execute(f"DROP TABLE {raw.table}")
    flow = exclude_records(connection, wave, names, "coded", "analysed")
    weights = {
        weight: make_weight(connection, wave, weight, study.directory, names, "analysed")
        for weight in wave.wave.weights
    }
    add_weights(connection, weights, "analysed")
    results = [
        Result(
            number_id(name, "flow", UNWEIGHTED, step.split(".")), float(count), "count", 0,
            n_in=raw.records, n_used=raw.records, numerator=count,
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
    for result in estimate_numbers(connection, wave, list(specs.values()), names, weights, "analysed"):
        spec = specs[result.id]
        identity: dict[str, object] = {
            "wave": name, "kind": "estimate", "estimate": spec.estimate, "item": spec.item, "category": spec.category,
            "weight": spec.weight, "estimator": spec.estimator,
            "interval_level": None if spec.quantile is not None else spec.level,
            "interval_method": spec.interval_method, "spec_digest": digest(spec.canonical()),
        }  # fmt: skip
        results.append(replace(result, identity=identity))
    results += test_hypotheses(connection, wave, plan_tests(study, name), names, weights, "analysed")
    results += recount_items(connection, wave, plan_items(study, name), "analysed")
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
