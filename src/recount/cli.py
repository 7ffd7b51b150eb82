"""``python -m recount``: recompute a study's numbers from its raw files and compare them with the ledger."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb

from recount.by_r import recount_by_r
from recount.claims import compare_claims, judge_claims
from recount.comparing import compare, read_ledger
from recount.interviews import recount_interviews
from recount.raw import connect
from recount.reporting import Outcome, judge, screen, write_outcome
from recount.results import Result
from recount.waves import recount_wave
from surveyspec.conditions import ConditionError
from surveyspec.problems import Problem, StudyError, did_you_mean, listed
from surveyspec.study import CONFIG, INTERVIEWS, Study, load_study


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a recount; return 0 only if every number is reproduced."""
    options = _options(arguments)
    try:
        study = load_study(options.directory)
        waves = _waves(study, options.waves)
        if options.engine == "r":
            return _by_r(study, options.ledger[0], waves, options.json)
        if len(options.ledger) > 1:
            return _compare_many(study, options.ledger, waves)
        if len(options.claims) > 1:
            return _judge_many(study, options.claims, waves)
        outcome = recount(study, options.ledger[0], waves, options.claims)
        write_outcome(outcome, options.out)
    except StudyError as error:
        print(error, file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(outcome.summary(), indent=1, sort_keys=True, ensure_ascii=False))
    else:
        print(screen(outcome))
    return 0 if outcome.holds else 1


def recount(study: Study, ledger: Path, waves: Sequence[str], claims: Sequence[Path] = ()) -> Outcome:
    """Recompute the numbers of some waves and compare them with a ledger.

    Parameters
    ----------
    claims : verdicts on the study's claims, compared too if they are given

    Raises
    ------
    StudyError : ledger, raw file, codebook or margins are missing or cannot be used
    """
    with _engine() as connection:
        rows = read_ledger(connection, ledger, waves)
        results = recompute(connection, study, waves)
        outcome = judge(rows, compare(rows, results, study.config.study.languages))
        if not claims:
            return outcome
        return replace(outcome, claims=compare_claims(connection, claims[0], judge_claims(connection, study, results)))


def recount_many(study: Study, ledgers: Sequence[Path], waves: Sequence[str]) -> Iterator[Outcome]:
    """Recompute the numbers of some waves once and compare them with each of several ledgers.

    Raises
    ------
    StudyError : the first ledger, raw file, codebook or margins are missing or cannot be used
    """
    with _engine() as connection:
        rows = read_ledger(connection, ledgers[0], waves)
        results = recompute(connection, study, waves)
        languages = study.config.study.languages
        yield judge(rows, compare(rows, results, languages))
        for ledger in ledgers[1:]:
            rows = read_ledger(connection, ledger, waves)
            yield judge(rows, compare(rows, results, languages))


def recompute(connection: duckdb.DuckDBPyConnection, study: Study, waves: Sequence[str]) -> list[Result]:
    """Recompute the numbers of some waves.

    Raises
    ------
    StudyError : raw file, codebook or margins are missing or cannot be used
    """
    results: list[Result] = []
    for wave in waves:
        try:
            if wave == INTERVIEWS:
                results += recount_interviews(connection, study)
            else:
                results += recount_wave(connection, study, wave)
        except ConditionError as error:
            todo = "compare numbers with numbers and texts with 'texts'"
            problem = Problem(CONFIG, f"a condition of {wave}", str(error), "comparable values", todo)
            raise StudyError(problem) from None
    return results


@contextmanager
def _engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with tempfile.TemporaryDirectory(prefix="recount-") as scratch, connect(Path(scratch)) as connection:
        yield connection


def _by_r(study: Study, ledger: Path, waves: Sequence[str], as_json: bool) -> int:
    """Let R compute the design-based numbers and print what it found; return 0 only if all are reproduced."""
    with _engine() as connection:
        found = recount_by_r(connection, study, waves, read_ledger(connection, ledger, waves))
    if as_json:
        print(json.dumps(found.summary(), indent=1, sort_keys=True, ensure_ascii=False))
    else:
        print("\n".join([*(f"differs: {number}: {fault}" for number, fault in found.mismatches.items()), found.line]))
    return 0 if found.holds else 1


def _compare_many(study: Study, ledgers: Sequence[Path], waves: Sequence[str]) -> int:
    """Print the summary of each ledger as one line of JSON; return 0 only if all hold."""
    held = True
    for outcome in recount_many(study, ledgers, waves):
        print(json.dumps(outcome.summary(), sort_keys=True, ensure_ascii=False), flush=True)
        held = held and outcome.holds
    return 0 if held else 1


def _judge_many(study: Study, files: Sequence[Path], waves: Sequence[str]) -> int:
    """Print what came of each file of verdicts on claims as one line of JSON; return 0 only if all hold."""
    with _engine() as connection:
        judged = judge_claims(connection, study, recompute(connection, study, waves))
        found = [compare_claims(connection, file, judged) for file in files]
    for claims in found:
        content = {"summary": claims.line, "claims": claims.judged, "mismatches": dict(claims.mismatches)}
        print(json.dumps(content, sort_keys=True, ensure_ascii=False), flush=True)
    return 0 if all(claims.holds for claims in found) else 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m recount", description=__doc__)
    parser.add_argument("--directory", type=Path, default=Path(), help="study folder with config.yaml")
    several = (
        "the ledger, a Parquet file; of several, the summaries are printed, one line of JSON each, and nothing else"
    )
    parser.add_argument("--ledger", type=Path, required=True, nargs="+", help=several)
    verdicts = (
        "verdicts on the study's claims to compare; of several, one line of JSON each is printed, and nothing else"
    )
    parser.add_argument("--claims", type=Path, nargs="+", default=[], help=verdicts)
    parser.add_argument("--engine", choices=["own", "r"], default="own", help="r: the design-based part, by R's survey")
    parser.add_argument("--out", type=Path, required=True, help="folder for verification.parquet and summary.json")
    parser.add_argument("--waves", nargs="+", help=f"recount these waves only ({INTERVIEWS}: the interviews)")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    return parser.parse_args(arguments)


def _waves(study: Study, wanted: Sequence[str] | None) -> list[str]:
    known = [*study.waves, *([INTERVIEWS] if study.config.interviews is not None else [])]
    unknown = [wave for wave in wanted or [] if wave not in known]
    if unknown:
        hint = did_you_mean(unknown[0], known) or "correct --waves"
        raise StudyError(Problem("--waves", "", f"'{unknown[0]}'", f"one of {listed(known)}", hint))
    return [wave for wave in known if not wanted or wave in wanted]
