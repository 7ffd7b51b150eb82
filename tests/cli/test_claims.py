"""What ``trail claims`` prints, and with which exit code it leaves."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from surveyspec.study import load_study
from surveytrail.cli.app import app
from surveytrail.frames import write_frame
from surveytrail.pipeline import compute_ledger
from surveytrail.tracing.frames import LEDGER
from tests.tiny import CONFIG, write_tiny

HOLDS = '{id: most, source: C1, text: {en: most use Alpha}, holds_if: "w1.use.alpha.unweighted > 0.5"}'
FAILS = '{id: few, text: {en: few use Alpha}, holds_if: "w1.use.alpha.unweighted < 0.1"}'
UNBOUND = '{id: lost, text: {en: lost}, holds_if: "w1.use.alfa.unweighted > 0.1"}'


def judged(folder: Path, *statements: str, extra: tuple[str, ...] = ()) -> Result:
    listed = "".join(f"    - {statement}\n" for statement in statements)
    claims = f"claims:\n  on_unsupported: stop\n  statements:\n{listed}" if statements else ""
    study = load_study(write_tiny(folder, config=CONFIG.replace("report:\n", f"{claims}report:\n")))
    write_frame(compute_ledger(study).frame, folder / LEDGER)
    return CliRunner().invoke(app, ["claims", "--directory", str(folder), *extra])


def last_line(text: str) -> str:
    return text.strip().splitlines()[-1]


def test_claims_that_hold(tmp_path: Path) -> None:
    result = judged(tmp_path, HOLDS)
    assert result.exit_code == 0
    assert "holds   most  “most use Alpha”  (C1)" in result.output
    assert "if:       w1.use.alpha.unweighted > 0.5" in result.output
    assert "printed:  w1.use.alpha.unweighted = 75.0%" in result.output
    line = (tmp_path / "config.yaml").read_text().splitlines().index(f"    - {HOLDS}") + 1
    assert f"declared: config.yaml:{line}" in result.output
    assert last_line(result.output) == "1 of 1 claims are bound to numbers of the ledger, 1 of 1 hold"


def test_one_claim_that_fails_is_enough(tmp_path: Path) -> None:
    result = judged(tmp_path, HOLDS, FAILS)
    assert result.exit_code == 1
    assert "fails   few" in result.output
    assert last_line(result.output) == "2 of 2 claims are bound to numbers of the ledger, 1 of 2 hold"


def test_a_claim_without_its_number_is_listed_with_the_others(tmp_path: Path) -> None:
    result = judged(tmp_path, HOLDS, UNBOUND)
    assert result.exit_code == 1
    assert "holds   most" in result.output
    assert "unbound config.yaml:" in result.output
    assert "did you mean 'w1.use.alpha.unweighted'" in result.output
    assert last_line(result.output) == "1 of 2 claims are bound to numbers of the ledger, 1 of 2 hold"


def test_no_claims_do_not_pass(tmp_path: Path) -> None:
    result = judged(tmp_path)
    assert result.exit_code == 1
    assert last_line(result.output).startswith("0 of 0 claims hold: config.yaml declares none")


def test_as_json(tmp_path: Path) -> None:
    content = json.loads(judged(tmp_path, HOLDS, UNBOUND, extra=("--json",)).stdout)
    assert content["ok"] is False
    assert [claim["verdict"] for claim in content["claims"]] == ["holds"]
    assert content["claims"][0]["numbers"] == ["w1.use.alpha.unweighted"]
    assert content["claims"][0]["text"] == {"en": "most use Alpha"}
    assert len(content["unbound"]) == 1


def test_without_a_ledger(tmp_path: Path) -> None:
    write_tiny(tmp_path)
    result = CliRunner().invoke(app, ["claims", "--directory", str(tmp_path)])
    assert result.exit_code == 1
    assert "results/ledger/ledger.parquet\n    found:    no such file" in result.stderr
