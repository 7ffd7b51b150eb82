"""Frames on disk: written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd


def write_whole(path: Path, content: bytes) -> None:
    """Write a file beside its place and move it there, so that a killed job leaves no half-written result."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def write_frame(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame as Parquet or CSV, by the ending of its path; the same frame gives the same bytes."""
    if path.suffix == ".parquet":
        write_whole(path, frame.to_parquet(index=False))
    else:
        write_whole(path, frame.to_csv(index=False, lineterminator="\n").encode())


def read_frame(path: Path) -> pd.DataFrame:
    """Read a frame that ``write_frame`` wrote as Parquet; missing texts come back as None."""
    return with_objects(pd.read_parquet(path))


def with_objects(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose text columns hold str objects and None, as conditions are evaluated on."""
    texts = [name for name in frame.columns if not pd.api.types.is_numeric_dtype(frame[name].dtype)]
    objects = {name: frame[name].astype(object).where(frame[name].notna(), None) for name in texts}
    return frame.assign(**{name: pd.Series(column, dtype=object) for name, column in objects.items()})


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a frame's rows by the names of its columns, as plain values: ``to_dict`` of pandas, but fast."""
    names = [str(name) for name in frame.columns]
    columns = [_plain(column) for _, column in frame.items()]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _plain(column: pd.Series) -> list[Any]:
    if isinstance(column.dtype, pd.api.extensions.ExtensionDtype):
        return [None if value is pd.NA else value for value in column.tolist()]
    return [value.item() if isinstance(value, np.generic) else value for value in column.tolist()]


def frame_of(columns: Mapping[str, Any]) -> pd.DataFrame:
    """Return a frame of equally long arrays whose object arrays stay as they are: texts, and None where missing."""
    return pd.DataFrame(
        {
            name: pd.Series(values, dtype=object, copy=False) if _is_object(values) else values
            for name, values in columns.items()
        }
    )


def columns_of(frame: pd.DataFrame) -> dict[str, Any]:
    """Return a frame's columns as the arrays that conditions are evaluated on.

    Columns of objects are taken as they are: ``frame_of`` and ``read_frame`` leave None where a text is missing.
    """
    missing: Any = None
    return {
        str(name): column.to_numpy()
        if _is_object(column) or pd.api.types.is_numeric_dtype(column.dtype)
        else column.to_numpy(dtype=object, na_value=missing)
        for name, column in frame.items()
    }


def _is_object(values: Any) -> bool:
    return getattr(values, "dtype", None) == np.dtype(object)
