"""Frames in memory and on disk."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from surveytrail.frames import read_frame, rows_of, write_frame


def test_rows_are_those_of_pandas_as_plain_values(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": ["a", None], "value": [0.5, float("nan")], "n": pd.array([3, None], dtype="Int64")})
    write_frame(frame, tmp_path / "frame.parquet")
    first, second = rows_of(read_frame(tmp_path / "frame.parquet"))
    assert first == {"id": "a", "value": 0.5, "n": 3} and list(map(type, first.values())) == [str, float, int]
    assert second["id"] is None and pd.isna(second["value"]) and pd.isna(second["n"])
