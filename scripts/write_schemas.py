"""Write the JSON schemas that editors check config and codebooks with, from the typed models.

Run ``make schemas`` after a change of the models; a test fails until that is done.
"""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import BaseModel

from surveyspec.codebook import Codebook
from surveyspec.config import StudyConfig
from surveyspec.interview_codebook import InterviewCodebook

FOLDER = Path(__file__).resolve().parents[1] / "workflow" / "schemas"
MODELS: dict[str, type[BaseModel]] = {"config": StudyConfig, "codebook": Codebook, "interviews": InterviewCodebook}


def schema_text(model: type[BaseModel]) -> str:
    """Return a model's JSON schema as it stands in its file."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for name, model in MODELS.items():
        (FOLDER / f"{name}.schema.json").write_text(schema_text(model), encoding="utf-8")
