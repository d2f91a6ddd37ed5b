"""JSON Schema (draft 2020-12) for the model's ``SchemaPort``.

* Nothing is fetched: a reference leads inside its own schema or is refused.
* Patterns run in linear time (look-around and back-references are refused), formats are asserted.
* Each schema is compiled once, as long as the same object is passed; the most recent are kept.
* A sentence tells the rule, never the value. A schema may word a rule itself: ``x-holdfast-message`` beside it.

A schema that can't be compiled is told by ``check_is_schema``; ``check`` with one raises ``ValueError``.
"""

from collections import OrderedDict
from typing import Any, Final

import jsonschema_rs

from holdfast.model.json import JSON, Path
from holdfast.schema_words import problems_in

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
MAX_PROBLEMS: Final = 20

_KEPT: Final = 1_000
_REGEX_BYTES: Final = 1 << 20
_MASK: Final = "the value"


class JsonSchemas:
    """The adapter; one for a process."""

    def __init__(self) -> None:
        # By identity, with the schema held, so that an id can't be given to another object meanwhile.
        self._compiled: OrderedDict[int, tuple[JSON, jsonschema_rs.Validator]] = OrderedDict()

    def check(self, schema: JSON, value: JSON) -> list[tuple[Path, str]]:
        """The breaches of a valid ``schema`` by ``value``, at most ``MAX_PROBLEMS``."""
        validator = self._validator(schema)
        if validator.is_valid(value):
            return []
        found: list[tuple[Path, str]] = []
        for error in validator.iter_errors(value):
            found.extend(problems_in(error, schema))
            if len(found) >= MAX_PROBLEMS:
                break
        return list(dict.fromkeys(found))[:MAX_PROBLEMS]

    def check_is_schema(self, schema: JSON) -> list[tuple[Path, str]]:
        """Why ``schema`` isn't a usable schema."""
        if isinstance(schema, dict) and schema.get("$schema", DIALECT) != DIALECT:
            return [(("$schema",), f"only draft 2020-12 is understood: {DIALECT}")]
        try:
            _compile(schema)
        except jsonschema_rs.ValidationError as error:
            return _schema_problems(error)
        except ValueError as error:
            return [((), f"can't be used as a JSON Schema: {str(error).splitlines()[0].lower()}")]
        return []

    def _validator(self, schema: JSON) -> jsonschema_rs.Validator:
        known = self._compiled.get(id(schema))
        if known is not None:
            self._compiled.move_to_end(id(schema))
            return known[1]
        validator = _compile(schema)
        self._compiled[id(schema)] = (schema, validator)
        if len(self._compiled) > _KEPT:
            self._compiled.popitem(last=False)
        return validator


def _refuse(uri: str) -> Any:
    raise ValueError("references to other documents are not followed")


def _compile(schema: JSON) -> jsonschema_rs.Validator:
    if not isinstance(schema, dict | bool):
        raise ValueError("Expected an object or a boolean")
    return jsonschema_rs.Draft202012Validator(
        schema,
        validate_formats=True,
        retriever=_refuse,
        mask=_MASK,
        pattern_options=jsonschema_rs.RegexOptions(size_limit=_REGEX_BYTES),
    )


def _schema_problems(error: jsonschema_rs.ValidationError) -> list[tuple[Path, str]]:
    """What the schema of schemas has against a schema."""
    path = tuple(error.instance_path)
    match error.kind.name:
        case "$ref" | "referencing":
            return [(path, _reference(error))]
        case "format" if path and path[-1] in ("pattern", "patternProperties"):
            return [(path, "is not a pattern that can be matched in linear time (no look-around, no back-references)")]
    return problems_in(error, None)


def _reference(error: jsonschema_rs.ValidationError) -> str:
    first = error.message.splitlines()[0]
    if "retriev" in first:
        return "refers to another document; references must lead inside this schema (#/$defs/…)"
    return f"has a reference that leads nowhere: {first}"
