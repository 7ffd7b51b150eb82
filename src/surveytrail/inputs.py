"""Digests of exact inputs: what a rebuild must read again to arrive at the same row of the ledger.

A number's exact input is its base, record by record: who it is (raw record number and respondent id), the value that is
used or the reason why there is none, and the weight; and of the design behind it what standard errors need: how many
records were analysed, where among them the base stands (sums run over all of them in order), and after raking the
weights and margins of all. Physical lines are not part of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

Memo = dict[str, Any]  # results by what they were computed from, to the last bit
NO_WEIGHT = "NO_WEIGHT"  # a value is known, and its record has no weight
NOT_DEFINED = "NOT_DEFINED"  # all questions are answered, and no category fits or a divisor is zero
_IDENTITY_BYTES = 16


def identities(records: np.ndarray, respondents: np.ndarray) -> np.ndarray:
    """Return (n, 16) bytes that stand for raw record numbers and respondent ids."""
    digests = [
        hashlib.sha256(f"{record} {respondent}".encode()).digest()[:_IDENTITY_BYTES]
        for record, respondent in zip(records.tolist(), respondents, strict=True)
    ]
    return np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(-1, _IDENTITY_BYTES)


def arrays_digest(arrays: Iterable[np.ndarray]) -> str:
    """Return the SHA-256 of arrays of numbers, truth values or texts (None where missing), in order."""
    content = hashlib.sha256()
    for array in arrays:
        content.update(f"{array.shape}".encode())
        if array.dtype == object:
            content.update("\x1f".join("\x00" if value is None else str(value) for value in array).encode())
        elif array.dtype.kind == "f":
            content.update(np.ascontiguousarray(array).astype("<f8").tobytes())
        else:
            content.update(np.ascontiguousarray(array).tobytes())
    return content.hexdigest()


def base_digest(
    design: str,
    identity: np.ndarray,
    inside: np.ndarray,
    used: np.ndarray,
    values: np.ndarray,
    reasons: np.ndarray,
    weights: np.ndarray,
) -> str:
    """Digest a number's exact input.

    Parameters
    ----------
    design : digest of what the design behind the weights reads of all analysed records; empty where nothing is read
        beyond the base
    identity : (n, 16) as ``identities`` gives them, of all analysed records
    inside, used : (n,) records in the base, and those of them whose value is used
    values : (n,) or (n, k) values
    reasons : (n,) why a value is missing, as ``missing_reasons`` gives them
    weights : (n,) weights
    """
    left_out = reasons[inside & ~used]
    content = hashlib.sha256(design.encode())
    if design:
        content.update(np.packbits(inside).tobytes())
    content.update(identity[inside].tobytes())
    content.update(used[inside].tobytes())
    taken = values[used].astype("<f8")
    taken[np.isnan(taken)] = np.nan  # one bit pattern for what is unknown
    content.update(np.ascontiguousarray(taken).tobytes())
    content.update("\n".join(left_out).encode())
    content.update(weights[inside].astype("<f8").tobytes())
    return content.hexdigest()


def joint_digest(digests: Iterable[str]) -> str:
    """Return the digest of several inputs that a number depends on together."""
    return hashlib.sha256(" ".join(digests).encode()).hexdigest()


def missing_reasons(found: Iterable[np.ndarray], known: np.ndarray) -> np.ndarray:
    """Return per record why its value is not used: the reason of its first answer that is missing.

    Parameters
    ----------
    found : (n,) reasons of each question that the value is made of, None where it is answered
    known : (n,) whether the value is known; a known value that is not used lacks a weight
    """
    reasons = np.full(len(known), NOT_DEFINED, dtype=object)
    for column in reversed(list(found)):
        missing = pd.notna(column)
        reasons[missing] = column[missing]
    reasons[known] = NO_WEIGHT
    return reasons
