"""Trials shared among processes that are forked from the one in which a study was made ready."""

from __future__ import annotations

import gc
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")
_work: Callable[[Any], Any] | None = None


def in_order(work: Callable[[Job], Result], jobs: Sequence[Job], cores: int) -> Iterator[Result]:
    """Do jobs in several processes and yield their results in the order of the jobs.

    Parameters
    ----------
    work : what is done with each job; whatever it holds on to is inherited and never sent
    cores : processes at the same time; with one, or where processes cannot be forked, the work is done in this one
    """
    # what lives until now lives on: libraries that collect garbage themselves need not look at it again
    gc.freeze()
    if min(cores, len(jobs)) < 2 or "fork" not in multiprocessing.get_all_start_methods():
        yield from map(work, jobs)
        return
    with multiprocessing.get_context("fork").Pool(min(cores, len(jobs)), _begin, (work,)) as pool:
        yield from pool.imap(_do, jobs)


def _begin(work: Callable[[Any], Any]) -> None:
    global _work
    _work = work


def _do(job: Any) -> Any:
    assert _work is not None
    return _work(job)
