"""What a firm's report says, in its language: plain texts and figures, written to HTML and PDF from the same values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from typing import Any

from surveyspec.study import Study
from surveyspec.toolbox import BUILT_IN, UNANSWERED, Dimension
from surveytrail.ledger.display import value_text
from surveytrail.manifest import DataStatus
from surveytrail.toolbox.answers import Firm, Form
from surveytrail.toolbox.assessment import Assessment, cuts_of
from surveytrail.toolbox.page import word
from surveytrail.toolbox.peers import MEAN, Figure, Group, Peers, Shown

Content = dict[str, Any]


def report_content(
    study: Study, form: Form, peers: Peers, firm: Firm, assessment: Assessment, status: DataStatus
) -> Content:
    """Return the texts of a report, all in the firm's language.

    Returns
    -------
    plain JSON values; every figure of peers is ``{id, text, value}``, every answer names where it was read
    """
    return _Writer(study, form, peers, firm, assessment, status).content()


class _Writer:
    """Writes one firm's report; keeps the ledger's figures that it uses."""

    def __init__(
        self, study: Study, form: Form, peers: Peers, firm: Firm, assessment: Assessment, status: DataStatus
    ) -> None:
        self.study, self.form, self.peers, self.firm = study, form, peers, firm
        self.found, self.status, self.language = assessment, status, firm.language
        self.toolbox = form.spec.toolbox
        self.figures: dict[str, Content] = {}
        self.references: list[Content] = []

    def content(self) -> Content:
        """Return the whole report."""
        toolbox, language = self.toolbox, self.language
        self.read_from = _common_place(self.firm.places.values())
        names = (
            "level", "position", "plot", "how_peers", "strengths", "recommendations", "gates", "own_cells", "origin",
            "first_step", "because", "peer_value", "question", "answer", "place", "open_questions", "skip", "colon",
            "semicolon", "references", "in_brackets",
        )  # fmt: skip
        made = {
            "language": language,
            "firm": self.firm.name,
            "title": toolbox.title[language],
            "study": self._local(study_title(self.study)),
            "report": self.say("report"),
            "words": {name: self.say(name, of=len(self.peers.fallback)) for name in names},
            "notice": self.say("notice") if self.status == "synthetic" else None,
            "left_out": self.say("left_out") if self.firm.record is not None else None,
            **self._level(),
            "rows": [self._row(entry) for entry in self.found["dimensions"]],
            "columns": [self.say(f"columns.{name}") for name in
                        ("dimension", "own", "median", "middle", "mean", "reference", "standing", "group")],
            "amounts": self._amounts(),
            "strengths": [self._dimension(name) for name in self.found["strengths"]],
            "no_strengths": self.say("no_strengths"),
            "recommendations": [self._recommendation(given) for given in self.found["recommendations"]],
            "no_recommendations": self.say("no_recommendations"),
            "notes": self._notes(),
            "open": [self.wording(code) for code in self.found["open"]],
            "answers": [
                [self.wording(code), self.answer(code, value), self.firm.places.get(code, "")]
                for code, value in self.firm.answers.items()
            ],
            "read_from": self.read_from,
            "origin_text": self.say("origin_text", least=toolbox.peers.least_n),
        }  # fmt: skip
        figures = list(self.figures.values())
        return made | {"figures": figures, "folded": _folded(figures), "references": self.references}

    def say(self, path: str, **values: object) -> str:
        """Return a fixed word."""
        return word(path, self.language, **values)

    def _local(self, text: Mapping[str, str]) -> str:
        return text.get(self.language) or next(iter(text.values()))

    def number(self, value: float, decimals: int = 0) -> str:
        """Write a figure of the firm's own."""
        return value_text(value, MEAN, decimals, self.language)

    # ---- Level
    def _level(self) -> Content:
        overall, toolbox = self.found["overall"], self.toolbox
        levels = [
            {"code": level.code, "label": self._local(level.label), "meaning": self._local(level.meaning),
             "here": level.code == overall["level"]}
            for level in toolbox.levels
        ]  # fmt: skip
        if overall["score"] is not None:
            score = self.say("overall", score=self.number(overall["score"]))
        else:
            score = self.say("absent" if self.found["absent"] else "no_level")
        gates = []
        for gate, declared in zip(overall["gates"], toolbox.gates, strict=True):
            verdict = "held" if gate["held"] else "open" if gate["open"] else "shut" if gate["known"] else "unknown"
            text = self.say("gate.above", level=declared.above, label=self._local(declared.label))
            gates.append({"text": f"{text} – {self.say(f'gate.{verdict}')}", "held": gate["held"]})
        return {"levels": levels, "score": score, "gates": gates}

    # ---- Position
    def _row(self, entry: Content) -> Content:
        dimension = self._declared(entry["id"])
        own = self.say("not_assessable") if entry["score"] is None else self.number(entry["score"])
        row: Content = {"label": self._local(dimension.label), "meaning": self._local(dimension.meaning), "own": own,
                        "score": entry["score"], "peers": None, "no_peers": self.say("no_peers")}  # fmt: skip
        if entry["peers"] is None:
            return row
        group = self.peers.dimensions[entry["id"]][entry["peers"]["group"]]
        cuts = cuts_of(group)
        standing = "–"
        if entry["band"] is not None and cuts:
            name = f"below_{cuts[0]}" if entry["band"] == 0 else f"from_{cuts[entry['band'] - 1]}"
            standing = self.say(f"bands.{name}")
        figures = {name: self._figure(group[name], group) for name in (MEAN, "q25", "q50", "q75") if name in group}
        reference = self.number(entry["peers"]["shrunk"])
        self.references.append(
            {"text": self.say("reference", dimension=row["label"], value=reference), "parts": self._formula(entry)}
        )
        row["peers"] = figures | {
            "reference": reference,
            "standing": standing,
            "group": self._group(entry["peers"], self.peers.dimensions, entry["id"], "place_of"),
        }
        return row

    def _formula(self, entry: Content) -> list[str | Content]:
        """Return how a reference comes from the means of its groups, from the widest inwards: texts and figures."""
        shown, weight = self.peers.dimensions[entry["id"]], self.number(self.toolbox.peers.shrink)
        *narrower, widest = entry["peers"]["chain"]
        parts: list[str | Content] = [self._figure(shown[widest][MEAN], shown[widest])]
        for key in reversed(narrower):
            n, own = self.number(shown[key]["n"]), self._figure(shown[key][MEAN], shown[key])
            parts = ["(", f"{n} × ", own, f" + {weight} × ", *parts, f") / ({n} + {weight})"]
            parts = parts if key == narrower[0] else ["(", *parts, ")"]
        return parts

    def _figure(self, figure: Figure, group: Group) -> Content:
        text = figure["text"].get(self.language) or self.number(figure["value"])
        entry = {"id": figure["id"], "text": text, "n": self.number(group["n"]), "with_firm": ""}
        if "with_firm" in figure:
            whole = {"text": self._local(figure["with_firm"]["text"]), "n": self.number(figure["with_firm"]["n"])}
            entry |= {"with_firm": self.say("with_firm", **whole), "whole": whole}
        self.figures[figure["id"]] = entry
        return {"id": figure["id"], "text": text, "value": figure["value"]}

    def _group(self, beside: Content, shown: Shown, name: str, fallback: str = "fallback") -> str:
        group = shown[name][beside["group"]]
        label = self._local(group["label"]) if beside["group"] else self.say("all_firms")
        place = self.say(fallback, at=beside["fallback"] + 1, of=len(self.peers.fallback))
        return f"{label}, n = {self.number(beside['n'])} ({place})"

    def _amounts(self) -> list[Content]:
        made = []
        for entry, amount in zip(self.found["amounts"], self.toolbox.peers.amounts, strict=True):
            if entry["own"] is None or entry["peers"] is None:
                continue
            group = self.peers.amounts[amount.id][entry["peers"]["group"]]
            made.append({
                "label": self._local(amount.label), "own": self.say("amount", own=self.number(entry["own"])),
                "figure": self._figure(group[MEAN], group),
                "group": self._group(entry["peers"], self.peers.amounts, amount.id),
            })  # fmt: skip
        return made

    def _declared(self, name: str) -> Dimension:
        return next(dimension for dimension in self.toolbox.dimensions if dimension.id == name)

    def _dimension(self, name: str) -> list[str]:
        dimension = self._declared(name)
        return [self._local(dimension.label), self._local(dimension.meaning)]

    # ---- Recommendations
    def _recommendation(self, given: Content) -> Content:
        rule = next(entry for entry in self.toolbox.rules if entry.id == given["id"])
        own = next(entry for entry in self.found["dimensions"] if entry["id"] == rule.dimension)
        figure = group = None
        if own["peers"] is not None:
            found = self.peers.dimensions[own["id"]][own["peers"]["group"]]
            figure = self._figure(found[MEAN], found)
            group = self._group(own["peers"], self.peers.dimensions, own["id"])
        sources = self.say("semicolon").join(self._local(self.toolbox.sources[name]) for name in rule.sources)
        return {
            "id": rule.id, "rule": f"{self.say('rule')} {rule.id}",
            "title": self._local(rule.title), "advice": self._local(rule.advice),
            "first_step": self._local(rule.first_step), "because": self._because(given["values"]),
            "dimension": self._local(self._declared(rule.dimension).label), "figure": figure,
            "group": group or self.say("no_peers"),
            "evidence": [self.say("evidence.label"), f"{self.say(f'evidence.{rule.evidence}')}. {sources}"],
            "effort": [self.say("effort.label"), self.say(f"effort.{rule.effort}")],
        }  # fmt: skip

    def _because(self, values: list[list[Any]]) -> list[Content]:
        """Return the answers behind a recommendation; those of one battery share its stem."""
        made: list[Content] = []
        for code, value in values:
            if code in BUILT_IN:
                decimals = 2 if code == UNANSWERED else 0
                text = self._said(self.say(f"built_in.{code}"), self.number(value, decimals))
                made.append({"stem": "", "items": [{"text": text, "place": ""}]})
                continue
            question = self.form.by_code[code]
            stem = question.variable.stem
            label = self._local(question.variable.label)
            place = self.firm.places.get(code, "").removeprefix(f"{self.read_from}, " if self.read_from else "")
            item = {"text": self._said(label, self.answer(code, value)), "place": place}
            heading = self._local(question.codebook.stems[stem]) if stem is not None else ""
            if made and heading and made[-1]["stem"] == heading:
                made[-1]["items"].append(item)
            else:
                made.append({"stem": heading, "items": [item]})
        return made

    def _said(self, what: str, answer: str) -> str:
        return f"{what} {answer}" if what.endswith("?") else f"{what}{self.say('colon')}{answer}"

    def wording(self, code: str) -> str:
        """Return a question's wording."""
        question = self.form.by_code[code]
        return self._local(question.codebook.question(question.variable))

    def answer(self, code: str, value: float) -> str:
        """Return an answer in words."""
        question = self.form.by_code[code]
        for part in question.codebook.categories(question.variable):
            if part.code == value:
                return self._local(part.label)
        return self.number(value)

    def _notes(self) -> list[str]:
        notes = [self.say("further") + ", ".join(self.found["further"])] if self.found["further"] else []
        return notes + [
            self.say("withheld", id=entry["id"], other=entry["because"]) for entry in self.found["withheld"]
        ]


def _common_place(places: Iterable[str]) -> str:
    """Return file and line where all answers were read, if they were read in one line; the rest is their column."""
    rows = {place.rpartition(", ")[0] for place in places}
    return rows.pop() if len(rows) == 1 else ""


def _folded(figures: Sequence[Content]) -> list[Content]:
    """Return figures whose ids begin alike as one line, with the parts that differ in braces, as a shell reads them."""
    alike: dict[tuple[str, ...], list[Content]] = {}
    for figure in figures:
        alike.setdefault(tuple(figure["id"].split(".")[:3]), []).append(figure)
    lines = []
    for found in alike.values():
        whole = [figure.get("whole", figure) for figure in found]
        differs = any("whole" in figure for figure in found)
        lines.append({
            "text": " · ".join(figure["text"] for figure in found),
            "n": _sizes(found),
            "whole": f" [{' · '.join(figure['text'] for figure in whole)}; n = {_sizes(whole)}]" if differs else "",
            "id": _in_braces([figure["id"] for figure in found]),
        })  # fmt: skip
    return lines


def _sizes(figures: Sequence[Content]) -> str:
    """Return the sizes behind figures, once where they are the same."""
    sizes = [figure["n"] for figure in figures]
    return str(sizes[0]) if len(set(sizes)) == 1 else " · ".join(sizes)


def _in_braces(ids: Sequence[str]) -> str:
    """Write ids as one: ``a.{b,c}.d``."""
    if len(ids) == 1:
        return ids[0]
    first = _shared([identifier.split(".") for identifier in ids])
    rest = [identifier.split(".")[len(first) :] for identifier in ids]
    last = _shared([parts[::-1] for parts in rest])[::-1]
    middle = ["".join(f".{part}" for part in parts[: len(parts) - len(last)]) for parts in rest]
    return f"{'.'.join(first)}{{{','.join(middle)}}}{''.join(f'.{part}' for part in last)}"


def _shared(lists: Sequence[Sequence[str]]) -> list[str]:
    """Return the parts that all lists begin with."""
    return [parts[0] for parts in takewhile(lambda parts: len(set(parts)) == 1, zip(*lists, strict=False))]


def study_title(study: Study) -> dict[str, str]:
    """Return the title of a study per language."""
    return dict(study.config.study.title)
