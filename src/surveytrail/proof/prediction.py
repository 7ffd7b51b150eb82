"""Which numbers' exact inputs a change of the raw file alters, predicted without estimating anything.

The lineage says which numbers read a cell, and why. The row-level rules (coding, derived variables, filters, cleaning)
say whether the change of that cell matters for that reason. A number without an edge on the cell is never predicted:
a cell that the lineage lacks is a cell that the rebuild finds missed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from surveyspec.catalogue import TESTS
from surveyspec.guarded import families
from surveyspec.identifiers import UNWEIGHTED, number_id
from surveyspec.items import plan_items
from surveyspec.plan import plan_numbers, plan_tests
from surveyspec.problems import StudyError
from surveyspec.sensitivity import Specification, plan_sensitivity
from surveyspec.sources import skip_logic_sources
from surveyspec.study import Study, WaveSpec
from surveytrail.cleaning import apply_rules, derive_variables, rule_inputs
from surveytrail.importing.coding import code_responses
from surveytrail.importing.reading import RawTable
from surveytrail.lineage import (
    COUNT,
    DISCLOSURE,
    EXCLUSION,
    FILTER,
    NOT_USED,
    RESPONDENT,
    SKIPPED,
    VALUE,
    WEIGHT,
    column_names,
)
from surveytrail.proof.changes import Change
from surveytrail.proof.index import CellIndex, Tie
from surveytrail.proof.members import Family, Member, Token, weight_tokens
from surveytrail.testing import OF_FAMILY

Answers = dict[str, np.ndarray]
ROW = "ROW"  # a record added or deleted: no cell of it is in the lineage
Prediction = dict[str, set[str]]


@dataclass(frozen=True)
class _Effect:
    """What the change of one record does, before any number is looked at.

    Parameters
    ----------
    pair : columns of two records: the changed one before and after
    rules : places of the cleaning rules that read something else of it
    analysed_before, analysed_after : (n,) masks of analysed records
    """

    pair: Answers
    rules: frozenset[int]
    analysed_before: np.ndarray
    analysed_after: np.ndarray

    @property
    def moved(self) -> np.ndarray:
        """0-based rows that the change brings into the analysis or takes out of it."""
        return np.flatnonzero(self.analysed_before != self.analysed_after)


class Predictor:
    """Predicts for one wave, from its raw table as it is and the index of its cells.

    Numbers of the sensitivity have other respondents where cleaning rules are decided otherwise: they are predicted by
    a predictor of their own for each way of cleaning. A number about all specifications changes with any of them.
    """

    def __init__(self, study: Study, wave: WaveSpec, table: RawTable, index: CellIndex) -> None:
        self.wave, self.table, self.index = wave, table, index
        self.columns = _answers(table, wave)
        self.analysed = apply_rules(self.columns, wave) < 0
        multiverses = plan_sensitivity(study, wave.id)
        specs = [spec for multiverse in multiverses for spec in multiverse.alternatives]
        self.parts = {
            summary.id: [spec.id for spec in multiverse.specifications]
            for multiverse in multiverses
            for summary in multiverse.summaries
        }
        elsewhere = {*self.parts, *(spec.id for spec in specs)}
        tied = dict.fromkeys(tie.number for tie in index.ties if tie.wave == wave.id)
        self.numbers = [number for number in tied if number not in elsewhere]
        self.members = _members(study, wave, self.numbers)
        self.families = {
            spec.id: family
            for specs_of in families(plan_numbers(study, wave.id))
            for family in [Family.of_numbers(wave, specs_of)]
            for spec in specs_of
        }
        self.flow = _flow_numbers(wave)
        self.variants = [
            self._variant([spec for spec in specs if spec.cleaning == cleaning])
            for cleaning in dict.fromkeys(spec.cleaning for spec in specs)
        ]

    def _variant(self, specs: Sequence[Specification]) -> Predictor:
        """Return the predictor of specifications that clean the same way."""
        other = object.__new__(Predictor)
        members = {spec.id: [Member.of_number(self.wave, spec.number)] for spec in specs}
        wave = replace(self.wave, wave=self.wave.wave.model_copy(update={"cleaning": specs[0].wave.wave.cleaning}))
        other.__dict__.update(
            self.__dict__, wave=wave, analysed=apply_rules(self.columns, wave) < 0, numbers=list(members),
            members=members, flow={}, variants=[], parts={},
        )  # fmt: skip
        return other

    def with_index(self, index: CellIndex) -> Predictor:
        """Return the same predictor on another index."""
        other = object.__new__(Predictor)
        variants = [variant.with_index(index) for variant in self.variants]
        other.__dict__.update(self.__dict__, index=index, variants=variants)
        return other

    def predict(self, change: Change) -> Prediction:
        """Return the numbers whose exact input changes, each with the kinds of the edges that say so.

        A change that no study could be computed from (a respondent without an id) predicts nothing.
        """
        if change.column is None:
            found = self._whole_record(change)
            for variant in self.variants:
                found |= variant._whole_record(change)
            return found | self._of_parts(found, self.parts)
        ties = self.index.of_cell(self.wave.id, change.record, change.column)
        pair = self._pair(change) if ties else None
        if pair is None:
            return {}
        of_number: dict[str, list[Tie]] = {}
        for tie in ties:
            of_number.setdefault(tie.number, []).append(tie)
        found = {}
        for predictor in (self, *self.variants):
            found |= predictor._altered(of_number, pair, change)
        return found | self._of_parts(found, of_number)

    def _altered(self, of_number: Mapping[str, list[Tie]], pair: Answers, change: Change) -> Prediction:
        """Return which of the predictor's own numbers a changed cell alters."""
        ties = [tie for number in self.numbers for tie in of_number.get(number, ())]
        found: Prediction = {}
        if ties:
            judge = _Judge(self, self._effect(pair, change))
            for tie in ties:
                if judge.alters(tie):
                    found.setdefault(tie.number, set()).add(tie.kind)
        return found

    def _of_parts(self, found: Prediction, tied: Iterable[str]) -> Prediction:
        """Return which numbers about all specifications change with one of these; ``tied`` are tied to the cell."""
        kinds = {
            number: set().union(*(found.get(part, set()) for part in self.parts[number]))
            for number in tied
            if number in self.parts
        }
        return {number: why for number, why in kinds.items() if why}

    def reads(self, member: Member, tie: Tie) -> bool:
        """Say whether an edge on answers names the columns that a member's value, or its skip logic, reads."""
        codes = skip_logic_sources(self.wave, member.roots) if tie.why == SKIPPED else member.roots
        return tuple(column_names(self.wave, codes)) == tie.columns

    def _pair(self, change: Change) -> Answers | None:
        """Code the changed record on its own: columns of two records, before and after; None if it has no meaning."""
        place = change.record - 1
        assert change.cells is not None
        try:
            after = _answers(_one_record(self.table, change.cells), self.wave)
        except StudyError:
            return None
        after["record"] = np.array([change.record])
        before = {name: column[place : place + 1] for name, column in self.columns.items()}
        return {name: np.concatenate([column, after[name]]) for name, column in before.items()}

    def _effect(self, pair: Answers, change: Change) -> _Effect:
        """Clean all records with the changed one in place of the old one."""
        place = change.record - 1
        rules = frozenset(
            number
            for number, read in enumerate(rule_inputs(pair, self.wave))
            if any(not _same(array[0], array[1]) for array in read)
        )
        analysed_after = self.analysed
        if rules:
            columns = self.columns.items()
            changed = {name: _replaced(column, place, pair[name]) for name, column in columns}
            analysed_after = apply_rules(changed, self.wave) < 0
        return _Effect(pair, rules, self.analysed, analysed_after)

    def _whole_record(self, change: Change) -> Prediction:
        """Predict for a record added or deleted: later records get new numbers, and the analysed ones may be others."""
        place = change.record - 1
        if change.cells is None:
            after = {name: np.delete(column, place) for name, column in self.columns.items()}
            aligned = np.delete(self.analysed, place)
            joined = bool(self.analysed[place])
        else:
            try:
                added = _answers(_one_record(self.table, change.cells), self.wave)
            except StudyError:
                return {}
            after = {
                name: np.concatenate([column[:place], added[name], column[place:]])
                for name, column in self.columns.items()
            }
            aligned, joined = self.analysed, False
        after["record"] = np.arange(1, len(after["record"]) + 1)
        analysed = apply_rules(after, self.wave) < 0
        others = analysed
        if change.cells is not None:
            others, joined = np.delete(analysed, place), bool(analysed[place])
        cleaned_anew = joined or bool((aligned != others).any())
        own = set(self.numbers)
        found: Prediction = {number: {ROW} for number in self.flow}
        for tie in self.index.ties:
            here = tie.wave == self.wave.id and tie.why == RESPONDENT and tie.number in own
            if here and self.index.records[tie.row_set].max() >= change.record:
                found[tie.number] = {ROW}
        if cleaned_anew:
            found |= {number: {ROW} for number in self.numbers if self._sees_the_analysed(number, after, analysed)}
        return found

    def _sees_the_analysed(self, number: str, after: Answers, analysed: np.ndarray) -> bool:
        """Say whether a number depends on who is analysed beyond its own base, or has another base now."""
        members = self.members.get(number)
        if members is None or any(member.knows_design for member in members):
            return True
        return any(_base(member, self.columns, self.analysed) != _base(member, after, analysed) for member in members)


class _Judge:
    """Says of one edge whether the change of one record alters the number's exact input by way of it."""

    def __init__(self, predictor: Predictor, effect: _Effect) -> None:
        self.predictor, self.effect = predictor, effect
        self.rules = [rule.id for rule in predictor.wave.wave.cleaning]
        self._answers: dict[int, list[tuple[bool, Token]]] = {}
        self._decided: dict[int, bool] = {}

    def alters(self, tie: Tie) -> bool:
        pair, why = self.effect.pair, tie.why
        if why == RESPONDENT:
            return pair["respondent"][0] != pair["respondent"][1]
        if why == COUNT:
            return self._counted(tie.number)
        if why.startswith(f"{EXCLUSION} "):
            return self.rules.index(why.removeprefix(f"{EXCLUSION} ")) in self.effect.rules and self._excluded(tie)
        if why.startswith(f"{WEIGHT} "):
            before, after = weight_tokens(self.predictor.wave, why.removeprefix(f"{WEIGHT} "), pair)
            return before != after
        if why == DISCLOSURE:
            return self._decided_anew(self.predictor.families[tie.number])
        if why == FILTER:
            inside = [member.inside(pair) for member in self.predictor.members[tie.number]]
            return any(before != after for before, after in inside)
        assert why in {VALUE, NOT_USED, SKIPPED}, why
        return any(self._answered(member, used=why == VALUE) for member in self._tied(tie))

    def _counted(self, number: str) -> bool:
        """Whether a count of records reads something else: who the records are, or what rules up to it read."""
        last = self.predictor.flow[number]
        if last == 0:
            return self.effect.pair["respondent"][0] != self.effect.pair["respondent"][1]
        return any(place < last for place in self.effect.rules)

    def _excluded(self, tie: Tie) -> bool:
        """Whether the records that come into the analysis or leave it are any of the number's concern."""
        effect = self.effect
        if not len(effect.moved):
            return False
        members = self.predictor.members.get(tie.number)
        if members is None:
            return True
        return any(self._concerned(member) for member in members)

    def _concerned(self, member: Member) -> bool:
        effect, columns = self.effect, self.predictor.columns
        if member.knows_design:
            return True
        moved = {name: column[effect.moved] for name, column in columns.items()}
        if effect.pair["record"][0] in moved["record"] and any(member.inside(effect.pair)):
            return True
        return any(member.inside(moved))

    def _decided_anew(self, family: Family) -> bool:
        """Whether what decides on the publication of a family reads something else of the record."""
        if id(family) not in self._decided:
            before, after = family.tokens(self.effect.pair)
            self._decided[id(family)] = before != after
        return self._decided[id(family)]

    def _answered(self, member: Member, used: bool) -> bool:
        """Whether the record's value, or the reason why there is none, changes; the edge says if it was used."""
        if id(member) not in self._answers:
            self._answers[id(member)] = member.answers(self.effect.pair)
        before, after = self._answers[id(member)]
        both_known = before[0] and after[0]  # without a weight, one answer is as good as another
        return before != after and (used or not both_known)

    def _tied(self, tie: Tie) -> list[Member]:
        """Return the members that an edge on answers can come from: of a family, the one test whose columns it names.

        The edge itself says that the record is in the base. Only where several tests read the same columns in
        different bases, the record must be looked at.
        """
        members = self.predictor.members[tie.number]
        if len(members) > 1:
            members = [member for member in members if self.predictor.reads(member, tie)]
        if len(members) > 1:
            members = [member for member in members if member.inside(self.effect.pair)[0]]
        return members


def _members(study: Study, wave: WaveSpec, numbers: Iterable[str]) -> dict[str, list[Member]]:
    """Return the bases that each estimate and each statistic of a test is computed from."""
    estimates = {spec.id: [Member.of_number(wave, spec)] for spec in plan_numbers(study, wave.id)}
    estimates |= {spec.id: [Member.of_items(wave, spec)] for spec in plan_items(study, wave.id)}
    specs = plan_tests(study, wave.id)
    tests = {spec.stem: Member.of_test(wave, spec, TESTS[spec.hypothesis.test].weighted) for spec in specs}
    families: dict[tuple[str, str], list[Member]] = {}
    for spec in specs:
        families.setdefault((spec.hypothesis.plan, spec.hypothesis.family), []).append(tests[spec.stem])
    found = {number: estimates[number] for number in numbers if number in estimates}
    for spec in specs:
        for number in numbers:
            if number.startswith(f"{spec.stem}.") and number not in estimates:
                whole = number.split(".")[-2] in OF_FAMILY
                family = families[spec.hypothesis.plan, spec.hypothesis.family]
                found[number] = family if whole else [tests[spec.stem]]
    return found


def _flow_numbers(wave: WaveSpec) -> dict[str, int]:
    """Return the counts of records, each with how many cleaning rules it reads."""
    rules = [rule.id for rule in wave.wave.cleaning]
    steps = [(["records"], 0), *((["excluded", rule], place) for place, rule in enumerate(rules, 1))]
    steps.append((["analysed"], len(rules)))
    return {number_id(wave.id, "flow", UNWEIGHTED, parts): place for parts, place in steps}


def _base(member: Member, columns: Answers, analysed: np.ndarray) -> list[object]:
    inside = member.inside(columns)
    return [
        respondent
        for respondent, within, kept in zip(columns["respondent"], inside, analysed.tolist(), strict=True)
        if within and kept
    ]


def _answers(table: RawTable, wave: WaveSpec) -> Answers:
    return derive_variables(code_responses(table, wave.wave, wave.codebook).frame, wave)


def _one_record(table: RawTable, cells: np.ndarray) -> RawTable:
    line = np.ones(1, dtype=np.int64)
    return replace(table, cells=cells.reshape(1, -1), first_line=line, last_line=line)


def _replaced(column: np.ndarray, place: int, pair: np.ndarray) -> np.ndarray:
    if _same(pair[0], pair[1]):
        return column
    changed = column.copy()
    changed[place] = pair[1]
    return changed


def _same(left: object, right: object) -> bool:
    return left == right or (left != left and right != right)  # NaN is the same as NaN
