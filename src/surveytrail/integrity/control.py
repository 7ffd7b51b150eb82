"""The negative control of the seal: one byte flipped in every class of file, and a ledger row left out."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from surveytrail.frames import read_frame, write_frame
from surveytrail.integrity.check import check_seal
from surveytrail.integrity.files import LEDGER, LEDGER_ROWS, SEAL, WORKFLOW, RunFile
from surveytrail.integrity.seal import LEDGER_FILE, read_seal


@dataclass(frozen=True)
class SealControl:
    """What a control found.

    Parameters
    ----------
    changed : what was changed: a file of each class, and a ledger row
    named : those that the check named
    others : what it named beside them
    """

    changed: tuple[RunFile, ...]
    named: tuple[RunFile, ...]
    others: tuple[RunFile, ...]

    @property
    def reported(self) -> bool:
        """Say whether something was changed, all of it was named and nothing else."""
        return bool(self.changed) and self.named == self.changed and not self.others


def negative_control(directory: Path, workflow: Path = WORKFLOW) -> SealControl:
    """Check a scratch copy of a sealed run in which one file of each class has another byte; links stand for the rest.

    Raises
    ------
    StudyError : there is no seal
    """
    seal = read_seal(directory / SEAL)
    with tempfile.TemporaryDirectory(prefix="check-") as scratch:
        folder, other = Path(scratch) / "study", Path(scratch) / "workflow"
        changed = []
        for kind, leaves in sorted(seal.classes.items()):
            if kind == LEDGER_ROWS:
                continue
            files = [RunFile(kind, name) for name in leaves]
            spoiled = next((file for file in files if file.name != LEDGER_FILE), None)
            for file in files:
                place = file.path(folder, other)
                place.parent.mkdir(parents=True, exist_ok=True)
                if file == spoiled:
                    content = bytearray(file.path(directory, workflow).read_bytes() or b" ")
                    content[len(content) // 2] ^= 1
                    place.write_bytes(content)
                    changed.append(file)
                else:
                    place.symlink_to(file.path(directory, workflow).resolve())
        (folder / SEAL).write_bytes((directory / SEAL).read_bytes())
        changed += _without_a_row(folder / LEDGER_FILE)
        found = [RunFile(finding.kind, finding.name) for finding in check_seal(folder, other).findings]
    named = tuple(file for file in changed if file in found)
    return SealControl(tuple(changed), named, tuple(file for file in found if file not in changed))


def _without_a_row(ledger: Path) -> list[RunFile]:
    """Leave the last row out of a copy of the ledger; return the ledger and the row."""
    frame = read_frame(ledger)
    ledger.unlink()
    write_frame(frame.iloc[:-1], ledger)
    return [RunFile(LEDGER, LEDGER_FILE), RunFile(LEDGER_ROWS, str(frame["id"].iloc[-1]))]
