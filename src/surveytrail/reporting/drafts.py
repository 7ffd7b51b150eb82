"""Drafts: what a job makes is moved into place when it is complete, so that a killed job leaves nothing half made."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def draft_of(out: Path, name: str) -> Iterator[Path]:
    """Give a path to write to in a temporary folder beside ``out``; remove what a killed job of this name has left."""
    out.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{out.name}-{name}-"
    for left_over in out.parent.glob(f"{prefix}{'?' * 8}"):  # as tempfile names them
        shutil.rmtree(left_over)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=out.parent) as temporary:
        yield Path(temporary) / "draft"


def replace_files(draft: Path, names: Iterable[str], out: Path) -> None:
    """Put new files and folders in the place of the old, each by renaming."""
    out.mkdir(parents=True, exist_ok=True)
    for name in names:
        if (out / name).exists():
            (out / name).rename(draft.parent / f"old {name}")
        (draft / name).rename(out / name)
