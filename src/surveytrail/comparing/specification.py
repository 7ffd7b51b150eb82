"""What a study file and its codebooks say, entry by entry, with the lines where each entry stands.

An entry is the smallest part that a number can depend on: a field of an estimate or a test, a cleaning rule, a derived
variable, a weight, a codebook variable, a scale. Two runs are compared entry by entry, so that a number is told what of
its own specification changed and nothing else.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from surveyspec.conditions import Condition, Value, variables_of
from surveyspec.decisions import Sensitivity
from surveyspec.documents import Document, KeyPath, load_document
from surveyspec.identifiers import UNWEIGHTED
from surveyspec.items import KINDS as ITEM_KINDS
from surveyspec.plan import canonical, plan_tests
from surveyspec.sensitivity import KIND as SENSITIVITY
from surveyspec.slices import WORDING, without
from surveyspec.study import Study, WaveSpec

Role = Literal["value", "wording", "format"]
Part = tuple[Role, str, KeyPath, object]
SHOWN_LINES = 4
_FORMAT_FIELDS = {"decimals"}
_NOT_OF_ONE_NUMBER = {"by", "weights", "wave", "id"}  # they say which numbers there are, not what one of them is
_OF_THE_FAMILY = {"p_adjusted", "verdict"}


@dataclass(frozen=True)
class Entry:
    """One part of a specification: its content in a form that compares by meaning, and where it stands."""

    role: Role
    content: str
    document: Document
    keys: KeyPath


class Specification:
    """The entries of a study, and which of them each number depends on."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self._lines: dict[str, list[str]] = {}

    @cached_property
    def entries(self) -> dict[str, Entry]:
        """Every entry by a name that does not depend on its place in the file."""
        found: dict[str, Entry] = {}
        for role, name, keys, content in self._config_entries():
            found[name] = Entry(role, _text(content), self.study.document, keys)
        declared = self.study.config.interviews
        books = [(wave.wave.codebook, _codebook_entries(wave)) for wave in self.study.waves.values()]
        books += [(declared.codebook, _interview_code_entries(self.study))] if declared is not None else []
        for path, entries in books:
            document = load_document(self.study.directory / path, path)
            for role, name, keys, content in entries:
                found[name] = Entry(role, _text(content), document, keys)
        return found

    def entries_of(self, row: Mapping[str, Any], *, with_own: bool) -> set[str]:
        """Return the names of the entries that a number depends on.

        Parameters
        ----------
        row : the number's row of the ledger
        with_own : whether the fields that define the number itself count; its ``spec_digest`` tells if they changed
        """
        if row["kind"] in {"response", "interview"}:
            return {"languages", *self._entries_beside(row, with_own)}
        wave = self.study.waves.get(row["wave"])
        if wave is None:
            return set()
        codes = [code for code in self._variables(row, wave) if code in wave.names]
        names = {f"{wave.id}.reader", f"{wave.id}.respondent", f"{wave.id}.last_page", "languages"}
        names |= self._own_fields(row, with_own) | self._decisions(row, with_own)
        names |= {f"{wave.id}.cleaning", *(f"{wave.id}.cleaning.{rule.id}" for rule in wave.wave.cleaning)}
        for rule in wave.wave.cleaning:
            codes += wave.rule_variables(rule)
        if row["weight"] != UNWEIGHTED and row["weight"] in wave.wave.weights:
            names.add(f"{wave.id}.weights.{row['weight']}")
            codes += wave.weight_variables(wave.wave.weights[row["weight"]])
        for code in _with_inputs(wave, [*codes, wave.wave.respondent]):
            names |= _entries_of_variable(wave, code)
        return names

    def _entries_beside(self, row: Mapping[str, Any], with_own: bool) -> set[str]:
        """Return the entries of a number that is not computed from a wave's export."""
        if row["kind"] == "response":
            return {f"{row['wave']}.dispositions", f"{row['wave']}.dispositions.label"}
        code = row["item"]
        own = {name for name in self.entries if name.startswith("interviews.settings.")} if with_own else set()
        if code is None:
            return own | {"interviews.codes"}
        return own | {f"interviews.codes.{code}", f"interviews.codes.{code}.label"}

    def _decisions(self, row: Mapping[str, Any], with_own: bool) -> set[str]:
        """Return the entries that say what is decided otherwise: of one specification its own, else of all."""
        if row["kind"] != SENSITIVITY:
            return set()
        settings = json.loads(row["settings"])
        if "options" in settings:
            stems = [f"sensitivity.decisions.{name}.{option}" for name, option in settings["options"].items()]
            stems += [f"sensitivity.decisions.{name}.label" for name in settings["options"]]
        else:
            stems = ["sensitivity.decisions.", f"sensitivity.numbers.{settings['reported']}"]
        names = {name for name in self.entries if name.startswith(tuple(stems))}
        return {name for name in names if with_own or self.entries[name].role != "value"}

    def lines(self, entry: Entry) -> list[tuple[int, str]]:
        """Return the lines of an entry in its file, numbered from 1; empty lines and comments are left out.

        An entry that is not written, because its default holds, has no lines.
        """
        path = entry.document.path
        if entry.keys not in entry.document.lines:
            return []
        if path not in self._lines:
            text = (self.study.directory / path).read_text(encoding="utf-8-sig")
            self._lines[path] = text.splitlines()
        start = entry.document.lines[entry.keys]
        beyond = [line for keys, line in entry.document.lines.items()
                  if line > start and keys[: len(entry.keys)] != entry.keys]  # fmt: skip
        end = min(beyond, default=len(self._lines[path]) + 1)
        numbered = enumerate(self._lines[path][start - 1 : end - 1], start)
        return [(line, text.strip()) for line, text in numbered if text.strip() and not text.strip().startswith("#")]

    def _variables(self, row: Mapping[str, Any], wave: WaveSpec) -> list[str]:
        """Return the variables that a number's value, filter and groups read."""
        groups = [code for code, _ in json.loads(row["groups"] or "[]")]
        filtered = variables_of(wave.condition(row["filter"])) if row["filter"] else ()
        related = [code for other in self._family(row) for code in self._test_variables(other, wave)]
        return [*(row["variables"] or ()), *filtered, *groups, *related]

    def _family(self, row: Mapping[str, Any]) -> list[int]:
        """Return the places of the hypotheses whose p-values are adjusted together with a number's."""
        tests = self.study.config.hypotheses
        if row["kind"] != "test" or row["statistic"] not in _OF_THE_FAMILY:
            return []
        own = next((test for test in tests if test.id == row["estimate"]), None)
        return [place for place, test in enumerate(tests)
                if own is not None and (test.plan, test.family) == (own.plan, own.family)]  # fmt: skip

    def _test_variables(self, place: int, wave: WaveSpec) -> list[str]:
        """Return the variables that one hypothesis reads."""
        specs = [spec for spec in plan_tests(self.study, wave.id) if spec.keys == ("hypotheses", place)]
        return [code for spec in specs for code in (*spec.value_variables, *spec.filter_variables)]

    def _own_fields(self, row: Mapping[str, Any], with_own: bool) -> set[str]:
        """Return the fields of the entry that declares a number, and for adjusted p-values those of its family."""
        if row["kind"] in ITEM_KINDS:
            return {f"{row['wave']}.described.{row['kind']}"} if with_own else set()
        section = {"estimate": "estimates", SENSITIVITY: "estimates", "test": "hypotheses"}.get(row["kind"])
        if section is None:
            return set()
        tests = self.study.config.hypotheses
        stems = [f"{section}.{row['estimate']}.", *(f"hypotheses.{tests[place].id}." for place in self._family(row))]
        names = {name for name in self.entries if name.startswith(tuple(stems))}
        wanted = with_own or bool(self._family(row))
        return {name for name in names if wanted or self.entries[name].role != "value"}

    def _config_entries(self) -> Iterator[Part]:
        config = self.study.config
        yield "format", "languages", ("study", "languages"), config.study.languages
        for wave in self.study.waves.values():
            yield from _wave_entries(wave)
        if config.interviews is not None:
            settings = config.interviews.model_dump(mode="json", exclude={"metadata", "segments", "codebook"})
            for field, value in settings.items():
                yield "value", f"interviews.settings.{field}", ("interviews", field), value
        if config.sensitivity is not None:
            yield from _sensitivity_entries(config.sensitivity)
        sections: dict[str, Iterable[Any]] = {"estimates": config.estimates, "hypotheses": config.hypotheses}
        for section, declared in sections.items():
            for place, entry in enumerate(declared):
                for field, value in entry.model_dump(mode="json", exclude=_NOT_OF_ONE_NUMBER).items():
                    role: Role = "wording" if field == "label" else "format" if field in _FORMAT_FIELDS else "value"
                    yield role, f"{section}.{entry.id}.{field}", (section, place, field), value


def _wave_entries(wave: WaveSpec) -> Iterator[Part]:
    at: KeyPath = ("waves", wave.id)
    declared = wave.wave
    yield "value", f"{wave.id}.reader", (*at, "reader"), declared.reader.model_dump()
    yield "value", f"{wave.id}.respondent", (*at, "respondent"), declared.respondent
    yield "value", f"{wave.id}.cleaning", (*at, "cleaning"), [rule.id for rule in declared.cleaning]
    for place, rule in enumerate(declared.cleaning):
        content = rule.model_dump(exclude={"label", "exclude", "among"})
        content["condition"] = canonical(wave.rule_condition(rule))
        yield "value", f"{wave.id}.cleaning.{rule.id}", (*at, "cleaning", place), content
        yield "wording", f"{wave.id}.cleaning.{rule.id}.label", (*at, "cleaning", place, "label"), dict(rule.label)
    for code, derived in declared.derived.items():
        conditions, value = wave.derived_parts(code)
        parts = [(category, _tree(condition)) for category, condition in conditions]
        keys = (*at, "derived", code)
        yield "value", f"{wave.id}.variables.{code}", keys, [parts, _tree(value)]
        labels = [derived.label, *(category.label for category in derived.categories or [])]
        yield "wording", f"{wave.id}.variables.{code}.label", keys, labels
    for name, weight in declared.weights.items():
        yield "value", f"{wave.id}.weights.{name}", (*at, "weights", name), weight.model_dump(exclude={"label"})
    yield "value", f"{wave.id}.described.scale", (*at, "scales"), declared.scales
    yield "value", f"{wave.id}.described.nonresponse", (*at, "item_nonresponse"), declared.item_nonresponse
    if declared.dispositions is not None:
        keys = (*at, "dispositions")
        yield "value", f"{wave.id}.dispositions", keys, list(declared.dispositions.frames)
        yield "wording", f"{wave.id}.dispositions.label", keys, declared.dispositions.frames


def _sensitivity_entries(declared: Sensitivity) -> Iterator[Part]:
    for place, decision in enumerate(declared.decisions):
        name, at = f"sensitivity.decisions.{decision.id}", ("sensitivity", "decisions", place)
        yield "wording", f"{name}.label", (*at, "label"), decision.label
        for at_option, option in enumerate(decision.options):
            keys: KeyPath = (*at, "options", at_option)
            yield "value", f"{name}.{option.id}", keys, option.model_dump(mode="json", exclude={"label"})
            yield "wording", f"{name}.{option.id}.label", (*keys, "label"), option.label
    for place, headline in enumerate(declared.numbers):
        name = f"sensitivity.numbers.{headline.number}"
        yield "value", name, ("sensitivity", "numbers", place), headline.model_dump(mode="json")


def _codebook_entries(wave: WaveSpec) -> Iterator[Part]:
    codebook, naming = wave.codebook, {*WORDING, "slug", "sensitivity", "battery"}
    yield "value", f"{wave.id}.last_page", ("last_page",), codebook.last_page
    for place, variable in enumerate(codebook.variables):
        name, at = f"{wave.id}.variables.{variable.code}", ("variables", place)
        yield "value", name, at, without(variable.model_dump(), naming)
        yield "wording", f"{name}.label", at, [variable.label, variable.stem]
    for scale, categories in codebook.scales.items():
        coded = [(category.code, category.cell, category.reason) for category in categories]
        yield "value", f"{wave.id}.scales.{scale}", ("scales", scale), coded
        labels = [category.label for category in categories]
        yield "wording", f"{wave.id}.scales.{scale}.label", ("scales", scale), labels
    for name, codes in codebook.missing.items():
        yield "value", f"{wave.id}.missing.{name}", ("missing", name), codes
    for name, texts in codebook.stems.items():
        yield "wording", f"{wave.id}.stems.{name}", ("stems", name), texts


def _interview_code_entries(study: Study) -> Iterator[Part]:
    codebook = study.interview_codebook
    if codebook is not None:
        yield "value", "interviews.codes", ("codes",), [entry.code for entry in codebook.codes]
        for place, entry in enumerate(codebook.codes):
            yield "value", f"interviews.codes.{entry.code}", ("codes", place), entry.code
            yield "wording", f"interviews.codes.{entry.code}.label", ("codes", place), entry.label


def _entries_of_variable(wave: WaveSpec, code: str) -> set[str]:
    """Return the entries that say what a variable is: its own, and of the codebook's its scale and missing codes."""
    names = {f"{wave.id}.variables.{code}", f"{wave.id}.variables.{code}.label"}
    variable = wave.codebook.by_code.get(code)
    if code in wave.wave.derived or variable is None:
        return names
    if variable.scale:
        names |= {f"{wave.id}.scales.{variable.scale}", f"{wave.id}.scales.{variable.scale}.label"}
    if variable.missing:
        names.add(f"{wave.id}.missing.{variable.missing}")
    if variable.stem:
        names.add(f"{wave.id}.stems.{variable.stem}")
    return names


def _with_inputs(wave: WaveSpec, codes: Iterable[str]) -> set[str]:
    """Follow variables to all that they read: parts of derived variables, and what skip logic asks for."""
    found: set[str] = set()
    waiting = list(codes)
    while waiting:
        code = waiting.pop()
        if code in found:
            continue
        found.add(code)
        if code in wave.wave.derived:
            waiting += wave.inputs(code)
        elif code in wave.codebook.by_code:
            variable = wave.codebook.by_code[code]
            condition = wave.codebook.filter_of(variable)
            waiting += variables_of(condition) if condition is not None else ()
            waiting += [wave.codebook.last_page] if variable.page is not None and wave.codebook.last_page else []
    return found


def changed_lines(a: Specification, b: Specification, name: str) -> list[str]:
    """Say which lines of an entry differ between two runs, as ``file:line old → file:line new``."""
    sides = [(spec, spec.entries.get(name)) for spec in (a, b)]
    before, after = ([] if entry is None else spec.lines(entry) for spec, entry in sides)
    found: list[str] = []
    matcher = difflib.SequenceMatcher(a=[text for _, text in before], b=[text for _, text in after], autojunk=False)
    for operation, i1, i2, j1, j2 in matcher.get_opcodes():
        if operation == "equal":
            continue
        removed, added = before[i1:i2], after[j1:j2]
        for place in range(max(len(removed), len(added))):
            old, new = (part[place] if place < len(part) else None for part in (removed, added))
            found.append(_line_change(sides, old, new))
    if len(found) > SHOWN_LINES:
        return [*found[:SHOWN_LINES], f"and {len(found) - SHOWN_LINES} more lines"]
    return found


def _line_change(
    sides: list[tuple[Specification, Entry | None]], old: tuple[int, str] | None, new: tuple[int, str] | None
) -> str:
    shown = [
        f"{entry.document.path}:{line[0]} '{line[1]}'" if entry is not None and line is not None else ""
        for (_, entry), line in zip(sides, (old, new), strict=True)
    ]
    if not shown[0]:
        return f"added {shown[1]}"
    return f"{shown[0]} → {shown[1]}" if shown[1] else f"removed {shown[0]}"


def _tree(condition: Condition | Value | None) -> object:
    return canonical(condition)


def _text(content: object) -> str:
    return json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
