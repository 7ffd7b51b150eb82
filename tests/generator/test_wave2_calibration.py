"""What is published about the second wave and what was assumed hold in the file together: without the project."""

from __future__ import annotations

import csv
import re
import statistics
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from studygenerator.calibration import calibration_table
from studygenerator.wave2 import calibrate, load_plan
from studygenerator.wave2.plan import Plan
from tests.generator.independent_wave2 import CHANNELS, GOALS, KPI, RAW, ROOT, SOCIAL, answer, answers, valid_records

DOMAIN_TARGETS = ROOT / ".." / "shared" / "domain" / "targets.csv"


def share(name: str, condition: Callable[[int], bool], among: Callable[[dict[str, str]], bool] | None = None) -> float:
    chosen = [record for record in valid_records() if among is None or among(record)]
    values = [code for record in chosen if (code := answer(record, name)) is not None]
    assert len(values) >= 20
    return sum(map(condition, values)) / len(values)


def small_or_medium(record: dict[str, str]) -> bool:
    return record["SIZE"] in {"1", "2", "3"}


def used(name: str) -> float:
    return share(f"CHS[{name}]", lambda status: status <= 3)


def test_who_answered() -> None:
    assert len(valid_records()) == 116  # T050, P
    frames = Counter(record["attribute_1"] for record in valid_records())
    assert frames == {"SGE": 77, "IKM": 39}  # T052, P
    assert share("FUNC", lambda code: code <= 2) == pytest.approx(2 / 3, abs=0.05)  # T053, P
    assert share("FUNC", lambda code: code == 3) == pytest.approx(1 / 3, abs=0.05)
    assert {record["SMUSE"] for record in valid_records()} == {"1"}  # T054, P
    assert {1, 3, 4, 6, 7, 8} <= set(answers("NOGA"))  # T065, P
    for code, wanted in {1: 0.17, 2: 0.29, 3: 0.27, 4: 0.27}.items():  # T066
        assert share("SIZE", lambda size, code=code: size == code) == pytest.approx(wanted, abs=0.06)


def test_channels() -> None:
    shares = {name: used(name) for name in CHANNELS}
    assert set(sorted(shares, key=shares.__getitem__, reverse=True)[:2]) == {"WEB", "NL"}  # T055, P1
    leaders = {"FB", "YT", "LI"}
    assert min(shares[name] for name in leaders) > max(shares[name] for name in SOCIAL if name not in leaders)
    experience = {name: share(f"CHS[{name}]", lambda status: status == 1) for name in SOCIAL}
    assert set(sorted(experience, key=experience.__getitem__, reverse=True)[:3]) == leaders  # T056, P2
    for name, wanted in zip(SOCIAL, (0.73, 0.68, 0.67, 0.44, 0.41, 0.31, 0.25, 0.16), strict=True):
        assert shares[name] == pytest.approx(wanted, abs=0.05)
    for name, wanted in {"WEB": 0.99, "NL": 0.83}.items():
        assert shares[name] == pytest.approx(wanted, abs=0.05)
    for name, wanted in {"TW": 0.55, "XI": 0.56}.items():  # T057, P3
        found = share(f"CHS[{name}]", lambda status: status <= 4, small_or_medium)
        assert found > 0.5
        assert found == pytest.approx(wanted, abs=0.05)
    undecided = {name: share(f"CHS[{name}]", lambda status: status == 5) for name in SOCIAL}
    assert statistics.fmean(undecided.values()) == pytest.approx(0.20, abs=0.03)  # T058, P4
    assert statistics.fmean(undecided[name] for name in leaders) == pytest.approx(0.12, abs=0.03)


def test_everybody_uses_a_social_channel_and_the_main_one_is_used() -> None:
    for record in valid_records():
        in_use = {name for name in SOCIAL if (answer(record, f"CHS[{name}]") or 9) <= 3}
        unknown = {name for name in SOCIAL if answer(record, f"CHS[{name}]") is None}
        assert in_use or unknown
        assert record["MAINCH"] in in_use | unknown | {""}


def test_goals_and_attainment() -> None:
    goals = {name: share(f"GOAL[{name}]", lambda code: code >= 5) for name in GOALS}
    assert set(sorted(goals, key=goals.__getitem__, reverse=True)[:2]) == {"REACH", "IMAGE"}  # T059, P5
    for name, wanted in {"IMAGE": 0.79, "REACH": 0.77}.items():
        assert goals[name] == pytest.approx(wanted, abs=0.05)
        assert share(f"GOAL[{name}]", lambda code: code >= 5, small_or_medium) > 0.5
    reached = {name: share(f"ATTN[{name}]", lambda code: code >= 5) for name in GOALS}
    assert max(reached["LEAD"], reached["CONV"]) < min(reached["REACH"], reached["IMAGE"])  # T060, P7
    for name, wanted in {"LEAD": 0.15, "CONV": 0.10, "REACH": 0.46, "IMAGE": 0.44}.items():
        assert reached[name] == pytest.approx(wanted, abs=0.05)


@pytest.mark.parametrize("goal", ["REACH", "IMAGE"])
def test_small_and_medium_sized_firms_are_ahead(goal: str) -> None:
    """T061, P8: Cohen's d."""
    groups: dict[bool, list[int]] = {True: [], False: []}
    for record in valid_records():
        code = answer(record, f"ATTN[{goal}]")
        if code is not None and code <= 6:
            groups[small_or_medium(record)].append(code)
    first, second = groups[True], groups[False]
    pooled = (
        ((len(first) - 1) * statistics.variance(first) + (len(second) - 1) * statistics.variance(second))
        / (len(first) + len(second) - 2)
    ) ** 0.5
    d = (statistics.fmean(first) - statistics.fmean(second)) / pooled
    assert d > 0
    assert d == pytest.approx(0.35, abs=0.15)


def test_controlling_effort_and_strategy() -> None:
    base = [record for record in valid_records() if any(record[f"KPI[{name}]"] == "Y" for name in KPI)]
    ticked = {name: sum(record[f"KPI[{name}]"] == "Y" for record in base) / len(base) for name in KPI}
    assert min(ticked[name] for name in ("FOLL", "INTER", "WEB")) > max(  # T062, P6
        ticked[name] for name in ("LEAD", "CONV", "REV")
    )
    for name, wanted in zip(KPI, (0.74, 0.66, 0.70, 0.24, 0.17, 0.09, 0.12), strict=True):
        assert ticked[name] == pytest.approx(wanted, abs=0.05)
    marks = [record["COSTB"] for record in valid_records() if record["COSTB"]]
    for mark, wanted in {"1": 0.34, "2": 0.38, "3": 0.16, "8": 0.12}.items():  # T063
        assert marks.count(mark) / len(marks) == pytest.approx(wanted, abs=0.06)
    assert share("STRAT", lambda code: code == 4) == pytest.approx(0.34, abs=0.07)  # T064
    assert statistics.median(answers("FTE")) == pytest.approx(20, abs=10)  # T067
    assert statistics.fmean(answers("FTE")) == pytest.approx(45, abs=10)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_plan(ROOT, "data/generator_wave2.yaml")


def test_own_table_says_the_same(plan: Plan) -> None:
    """The generator's table: all hold, and its figures are those computed here."""
    results = calibrate(plan, RAW.read_bytes())
    assert all(result.holds for result in results)
    table = calibration_table(results)
    assert "FAILS" not in table
    assert "P: 16 of 16 hold" in table
    assert "where SIZE in [1, 2, 3]" in table
    by_id = {(result.target.id, result.target.estimand): result.found for result in results}
    assert by_id["T056", "at_most"] == pytest.approx([used(name) for name in SOCIAL])
    assert by_id["T064", "shares"] == pytest.approx([share("STRAT", lambda code: code == 4)])
    assert by_id["T067", "means"] == pytest.approx([statistics.fmean(answers("FTE"))])


@pytest.mark.parametrize(
    ("column", "cell", "failing"),
    [
        ("CHS[NL]", "6", {"T055"}),
        ("KPI[REV]", "Y", {"T062"}),
        ("FTE", "300", {"T067"}),
        ("ATTN[CONV]", "6", {"T060"}),
    ],
)
def test_table_notices_what_does_not_hold(
    plan: Plan, column: str, cell: str, failing: set[str], tmp_path: Path
) -> None:
    """Negative control: with one column overwritten, the targets on it fail and no other."""
    rows = list(csv.reader(RAW.read_text(encoding="utf-8-sig").splitlines(keepends=True)))
    place = rows[0].index(column)
    for row in rows[1:]:
        row[place] = cell
    changed = tmp_path / "changed.csv"
    with changed.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    results = calibrate(plan, changed.read_bytes())
    assert {result.target.id for result in results if not result.holds} == failing


@pytest.mark.skipif(not DOMAIN_TARGETS.exists(), reason="the collection of domain facts is not beside this checkout")
def test_targets_are_those_of_the_study(plan: Plan) -> None:
    """Each value of the settings' targets stands in the study's table of targets under the same id."""
    with DOMAIN_TARGETS.open(encoding="utf-8", newline="") as file:
        wanted = {row["id"]: row for row in csv.DictReader(file) if row["wave"] == "W2"}
    assert {target.id for target in plan.targets} == set(wanted)
    for target in plan.targets:
        row = wanted[target.id]
        text = row["target"] + " " + row["tolerance_or_rule"]
        numbers = {float(number) for number in re.findall(r"-?\d*\.\d+|-?\d+", text)}
        numbers |= {round(int(top) / int(bottom), 3) for top, bottom in re.findall(r"(\d)/(\d)", text)}
        numbers |= {percent / 100 for percent in numbers} if "%" in text else set()
        missing = [value for value in target.values if value not in numbers]
        assert not missing, f"{target.id}: {missing} not in '{row['target']}'"
        assert target.status == "A" or target.status in row["status"]
