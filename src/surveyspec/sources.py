"""What a specification reads, down to the questionnaire: derived variables followed, and skip logic where it decides.

A missing answer is NOT_ASKED rather than NOT_REACHED when the question's filter says so, and NO_ANSWER when its page
was sent off; whoever asks for the reason of a missing answer therefore reads the filter's questions and the last page
too. So does whoever reads an option that counts as not ticked because its cell is empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from surveyspec.conditions import All, AnyOf, Condition, Missing, Not, Value, variables_of

if TYPE_CHECKING:
    from surveyspec.study import WaveSpec

Read = str | Condition | Value


def sources(wave: WaveSpec, reads: Iterable[Read]) -> tuple[str, ...]:
    """Return the questionnaire variables behind variable codes and bound conditions, each once."""
    return _sources(wave, tuple(reads))


@lru_cache(maxsize=4096)
def _sources(wave: WaveSpec, reads: tuple[Read, ...]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for read in reads:
        found.update(dict.fromkeys(_of_code(wave, read) if isinstance(read, str) else _of_tree(wave, read)))
    return tuple(found)


def skip_logic_sources(wave: WaveSpec, codes: Iterable[str]) -> tuple[str, ...]:
    """Return the variables that decide whether questions were asked and reached: their filters' and the last page."""
    return _skip_logic_sources(wave, tuple(codes))


@lru_cache(maxsize=4096)
def _skip_logic_sources(wave: WaveSpec, codes: tuple[str, ...]) -> tuple[str, ...]:
    reads: list[Read] = []
    for code in codes:
        variable = wave.codebook.by_code[code]
        condition = wave.codebook.filter_of(variable)
        reads += [condition] if condition is not None else []
        reads += [wave.codebook.last_page] if variable.page is not None and wave.codebook.last_page else []
    return sources(wave, reads)


def _of_code(wave: WaveSpec, code: str) -> Iterator[str]:
    if code not in wave.wave.derived:
        yield code
        variable = wave.codebook.by_code[code]
        if variable.page is not None and wave.codebook.empty_answer(variable) is not None:
            yield from skip_logic_sources(wave, [code])
        return
    conditions, value = wave.derived_parts(code)
    for _, condition in conditions:
        yield from _of_tree(wave, condition)
    if value is not None:
        yield from _of_tree(wave, value)


def _of_tree(wave: WaveSpec, tree: Condition | Value) -> Iterator[str]:
    for name in variables_of(tree):
        yield from _of_code(wave, name)
    asked = [name for name in _reasons_read(tree) if name in wave.codebook.by_code]
    yield from skip_logic_sources(wave, asked)


def _reasons_read(tree: Condition | Value) -> Iterator[str]:
    """Yield the variables whose reason for being missing a condition asks for."""
    match tree:
        case Missing():
            if tree.reason is not None:
                yield tree.name
        case Not():
            yield from _reasons_read(tree.condition)
        case All() | AnyOf():
            for part in tree.conditions:
                yield from _reasons_read(part)
        case _:
            return
