"""The codebook of a wave as tables: variables with wording and answers, derived ones, columns without a variable."""

from __future__ import annotations

from itertools import groupby

from surveyspec.codebook import Variable
from surveyspec.study import Study, WaveSpec
from surveytrail.reporting.codebook_texts import Texts, codebook_texts, unused_columns
from surveytrail.reporting.spans import anchor, codebook, note, param, source, word

RULE = "|:--------------------|:-------------------------------|:--------------------------------|"
RULES = {"derived": "|:------------------------------|:-------------------------|:----------------------------|"}
SEPARATOR = " · "


def codebook_tables(study: Study, wave: str) -> str:
    """Write a wave's codebook in the order of the questionnaire.

    A question with several items starts with a row for the wording and the answers that they share.
    """
    spec = study.waves[wave]
    texts = codebook_texts(study, list(study.config.report.languages))
    rows: list[list[str]] = []
    for _, members in groupby(spec.codebook.variables, key=lambda variable: variable.battery or variable.code):
        rows += _question_rows(wave, list(members), texts)
    variables = _table(["variable", "question", "answers"], rows, "codebook", wave)
    parts = [f"{variables}\n{source(f'waves.{wave}.codebook')}"]
    if spec.wave.derived:
        derived = _table(["variable", "label", "definition"], _derived_rows(spec), "derived", wave)
        parts.append(f"{derived}\n{note(word('tables.codebook.note'))}")
    left_out = []
    for place, unused in enumerate(unused_columns(spec.codebook)):
        treatment = "dropped" if unused in spec.codebook.dropped else "not_analysed"
        key = f"{wave}.unused.{place}"
        left_out.append([codebook(key), word(f"tables.codebook.{treatment}"), codebook(f"{key}.reason")])
    if left_out:
        parts.append(_table(["column", "treatment", "reason"], left_out, "unused", wave))
    return "\n".join(parts)


def _question_rows(wave: str, members: list[Variable], texts: Texts) -> list[list[str]]:
    """Write the rows of one question: the shared wording and answers first where there are several items."""

    def key(variable: Variable, part: str) -> str:
        return f"{wave}.{variable.code}.{part}"

    first = members[0]
    described = ["answers", "missing", "filter"]
    if first.battery is None:
        cell = SEPARATOR.join([word(f"types.{first.type}"), *_details(wave, first, described, texts)])
        return [[_name(wave, first), codebook(f"{wave}.{first.code}"), cell]]
    shared = [part for part in described if len({str(texts.get(key(member, part))) for member in members}) == 1]
    head = SEPARATOR.join([word(f"types.{first.type}"), *_details(wave, first, shared, texts)])
    stem = codebook(key(first, "stem")) if first.stem else word("tables.codebook.battery")
    rows = [["", f"**{stem}**", head]]
    for member in members:
        own = _details(wave, member, [part for part in described if part not in shared], texts)
        rows.append([_name(wave, member), codebook(f"{wave}.{member.code}"), SEPARATOR.join(own)])
    return rows


def _name(wave: str, variable: Variable) -> str:
    return f"{codebook(f'{wave}.{variable.code}.name')} ({codebook(f'{wave}.{variable.code}.column')})"


def _details(wave: str, variable: Variable, parts: list[str], texts: Texts) -> list[str]:
    """Write answers, missing codes, filter and access of a variable, as far as it has them."""
    details = []
    for part in parts:
        key = f"{wave}.{variable.code}.{part}"
        if key in texts:
            shown = codebook(key)
            details.append(shown if part == "answers" else f"*{word(f'tables.codebook.{part}')}* {shown}")
    if variable.sensitivity != "public":
        details.append(f"*{word(f'sensitivity.{variable.sensitivity}')}*")
    return details


def _derived_rows(spec: WaveSpec) -> list[list[str]]:
    rows = []
    for code, derived in spec.wave.derived.items():
        base = f"waves.{spec.id}.derived.{code}"
        if derived.categories is not None:
            definition = SEPARATOR.join(
                f"{param(f'{base}.categories.{place}.label')}: {param(f'{base}.categories.{place}.when')}"
                for place in range(len(derived.categories))
            )
        elif derived.mean_of is not None:
            definition = f"{word('tables.codebook.mean_of')} {param(f'{base}.mean_of')}"
        else:
            definition = param(f"{base}.value")
        if derived.min_answered is not None:
            definition += f"{SEPARATOR}{word('tables.codebook.min_answered')} {param(f'{base}.min_answered')}"
        rows.append([codebook(f"{spec.id}.{code}.name"), codebook(f"{spec.id}.{code}"), definition])
    return rows


def _table(head: list[str], rows: list[list[str]], name: str, wave: str) -> str:
    lines = [f"| {' | '.join(cells)} |" for cells in ([word(f"tables.codebook.{part}") for part in head], *rows)]
    written = "\n".join([lines[0], RULES.get(name, RULE), *lines[1:]])
    caption = f"{param(f'waves.{wave}.label')} – {word(f'tables.codebook.captions.{name}')}"
    return f"{written}\n\n: {caption} {{#{anchor('tbl', f'{name}-{wave}')}}}\n"
