"""YAML files with the line of every key, validated into typed models with all errors at once."""

from __future__ import annotations

import types
import typing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from surveyspec.problems import Problem, StudyError, did_you_mean, listed

Model = TypeVar("Model", bound=BaseModel)
KeyPath = tuple[str | int, ...]
Share = Annotated[float, Field(gt=0, lt=1)]
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_]*$")]
VariableCode = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")]
# the same safe loader, written in C where PyYAML was built with it
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Strict(BaseModel):
    """Base of every model: a key that the model does not know is an error, never ignored."""

    # built when a file of the kind is read: most commands read few of them
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


@dataclass(frozen=True)
class Document:
    """A YAML file: its content and the 1-based line of every key and list item."""

    path: str
    data: Any
    lines: dict[KeyPath, int]

    def line(self, keys: KeyPath) -> int | None:
        """Return the line of a key path, or of its nearest known parent."""
        for length in range(len(keys), -1, -1):
            if keys[:length] in self.lines:
                return self.lines[keys[:length]]
        return None


def load_document(path: Path, shown_as: str | None = None) -> Document:
    """Read a YAML file with PyYAML and remember the line of each key.

    Parameters
    ----------
    path : file to read
    shown_as : how messages name the file; the path itself by default

    Raises
    ------
    StudyError : the file is missing or cannot be read, is not UTF-8, is empty, is not YAML, or repeats a key
    """
    name = shown_as or str(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise StudyError(
            Problem(name, "", "no such file", "a YAML file", "create it or correct the path that names it")
        ) from None
    except OSError as error:
        found = (error.strerror or "not readable").lower()
        raise StudyError(Problem(name, "", found, "a YAML file", "correct the path that names it")) from None
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise StudyError(
            Problem(name, "", f"byte {error.start} is not UTF-8", "UTF-8 text", "save the file as UTF-8", line)
        ) from None
    try:
        loader = LOADER(text)
        node = loader.get_single_node()
        lines: dict[KeyPath, int] = {}
        repeated: list[Problem] = []
        if node is not None:
            _walk(node, (), lines, repeated, name)
        data = loader.construct_document(node) if node is not None else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise StudyError(
            Problem(
                name,
                "",
                error.problem or "text that is not YAML",
                "valid YAML",
                "check indentation, quotes and brackets on this line and the one before",
                mark.line + 1 if mark else None,
            )
        ) from None
    if repeated:
        raise StudyError(repeated)
    if data is None:
        raise StudyError(Problem(name, "", "an empty file", "a YAML mapping", "write its content", 1))
    return Document(name, data, lines)


def _walk(node: yaml.Node, keys: KeyPath, lines: dict[KeyPath, int], repeated: list[Problem], name: str) -> None:
    """Record the line of every key below ``node`` and every key that stands twice in one mapping."""
    lines.setdefault(keys, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        seen: dict[Any, int] = {}
        for key_node, value_node in node.value:
            key = yaml.safe_load(key_node.value) if key_node.tag == "tag:yaml.org,2002:int" else key_node.value
            line = key_node.start_mark.line + 1
            if key in seen:
                where = ".".join(map(str, (*keys, key)))
                repeated.append(
                    Problem(
                        name,
                        where,
                        f"the key '{key}' twice",
                        f"it once (first on line {seen[key]})",
                        "remove or rename one of the two",
                        line,
                    )
                )
            seen[key] = line
            lines[(*keys, key)] = line
            _walk(value_node, (*keys, key), lines, repeated, name)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _walk(item, (*keys, index), lines, repeated, name)


def parse_document(model: type[Model], document: Document) -> Model:
    """Validate a document against a model.

    Returns
    -------
    the typed model

    Raises
    ------
    StudyError : every wrong key and value of the file together, each with its line
    """
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        details = error.errors(include_url=False)
        raise StudyError([_problem(model, document, detail) for detail in details]) from None


def _problem(model: type[BaseModel], document: Document, detail: ErrorDetails) -> Problem:
    keys = _keys_in(document.data, detail["loc"])
    where = ".".join(map(str, keys))
    line = document.line(keys)
    kind = detail["type"]
    if kind == "extra_forbidden":
        allowed = sorted(_fields_at(model, detail["loc"][:-1]))
        key = detail["loc"][-1]
        hint = did_you_mean(key, allowed) or "remove it or use one of the keys expected here"
        return Problem(document.path, where, f"unknown key '{key}'", f"one of {listed(allowed)}", hint, line)
    if kind == "missing":
        missing = str(detail["loc"][-1])
        parent = document.line(keys[:-1]) if keys and keys[-1] == missing else line
        return Problem(document.path, where, "nothing", f"the key '{missing}'", f"add '{missing}:' here", parent)
    if kind in {"literal_error", "enum"}:
        expected = str(detail.get("ctx", {}).get("expected", detail["msg"]))
        choices = [word.strip(" '") for word in expected.replace(" or ", ", ").split(",")]
        hint = did_you_mean(detail["input"], choices) or "use one of the values expected here"
        return Problem(document.path, where, repr(detail["input"]), f"one of {expected}", hint, line)
    message = detail["msg"].removeprefix("Value error, ")
    return Problem(document.path, where, _shortened(detail["input"]), message, "correct the value", line)


def _keys_in(data: Any, location: tuple[str | int, ...]) -> KeyPath:
    """Drop the parts of a pydantic location that name union members and do not stand in the file."""
    keys: list[str | int] = []
    for position, part in enumerate(location):
        last = position == len(location) - 1
        if isinstance(data, dict) and (part in data or last):
            keys.append(part)
            data = data.get(part)
        elif isinstance(data, list) and isinstance(part, int):
            keys.append(part)
            data = data[part] if part < len(data) else None
    return tuple(keys)


def _fields_at(annotation: Any, location: tuple[str | int, ...]) -> set[str]:
    """Return the keys that the models reachable at a location allow."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if not location:
            return {field.alias or name for name, field in annotation.model_fields.items()}
        for name, field in annotation.model_fields.items():
            if location[0] in {name, field.alias}:
                return _fields_at(field.annotation, location[1:])
        # a union member's own name inside the location: stay at this model
        return _fields_at(annotation, location[1:])
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _fields_at(arguments[0], location)
    if origin in {typing.Union, types.UnionType}:
        found = [_fields_at(argument, location) for argument in arguments]
        return set().union(*found)
    if origin in {list, tuple, dict} and location:
        return _fields_at(arguments[-1] if origin is dict else arguments[0], location[1:])
    return set()


def _shortened(value: Any, limit: int = 80) -> str:
    text = repr(value)
    return text if len(text) <= limit else f"{text[:limit]}…"
