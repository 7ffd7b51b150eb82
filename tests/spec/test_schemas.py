"""The JSON schemas for editors say the same as the typed models."""

import pytest

from scripts.write_schemas import FOLDER, MODELS, schema_text


@pytest.mark.parametrize("name", MODELS)
def test_schemas_are_in_step_with_the_models(name: str) -> None:
    stored = (FOLDER / f"{name}.schema.json").read_text(encoding="utf-8")
    assert stored == schema_text(MODELS[name]), "the models changed: run `make schemas` and commit the result"


@pytest.mark.parametrize("name", MODELS)
def test_schemas_refuse_unknown_keys(name: str) -> None:
    assert schema_text(MODELS[name]).count('"additionalProperties": false') >= 2
