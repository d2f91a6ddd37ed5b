"""JSON Schema (draft 2020-12) for the model's ``SchemaPort``.

* Nothing is fetched: a reference leads inside its own schema or is refused. A schema's cost is bounded.
* Patterns run in linear time (look-around and back-references are refused), formats are asserted.
* Each schema is compiled once, as long as the same object is passed; the most recent are kept.
* A sentence tells the rule, never the value. A schema may word a rule itself: ``x-holdfast-message`` beside it.
* Of a large value only the first breaches are looked for: collecting all of them costs far more than the check itself.

A schema that can't be used is told by ``check_is_schema``; ``check`` with one raises ``ValueError``.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import jsonschema_rs

from holdfast.model.json import JSON, JSONObject, Path
from holdfast.schema_bounds import Cost, Unbounded, cost_of, depth_of, is_larger
from holdfast.schema_words import problems_in

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
MAX_PROBLEMS: Final = 20

_KEPT: Final = 1_000
_REGEX_BYTES: Final = 1 << 20
_MASK: Final = "the value"
# Parts of the value times rules of the schema: each meeting may become an error object of about 20 µs.
_COLLECTED: Final = 20_000
# What a schema says of a value without looking into its parts.
_SHALLOW: Final = (
    "type", "required", "minItems", "maxItems", "minProperties", "maxProperties", "dependentRequired",
    "additionalProperties",
)  # fmt: skip
_SHARED: Final = ("$defs", "definitions")

Breach = tuple[Path, str]


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A schema in use; holding it keeps its id from being given to another object."""

    schema: JSON
    validator: jsonschema_rs.Validator
    cost: Cost


class JsonSchemas:
    """The adapter; one for a process."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, _Compiled] = OrderedDict()

    def check(self, schema: JSON, value: JSON) -> list[Breach]:
        """The breaches of a valid ``schema`` by ``value``, at most ``MAX_PROBLEMS``."""
        compiled = self._compiled(schema)
        if compiled.cost.depth is not None and depth_of(value) > compiled.cost.depth:
            return [((), f"is nested deeper than the {compiled.cost.depth} levels that this schema can judge")]
        if compiled.validator.is_valid(value):
            return []
        return list(islice(dict.fromkeys(_breaches(compiled, value)), MAX_PROBLEMS))

    def check_is_schema(self, schema: JSON) -> list[Breach]:
        """Why ``schema`` isn't a usable schema."""
        if isinstance(schema, dict) and schema.get("$schema", DIALECT) != DIALECT:
            return [(("$schema",), f"only draft 2020-12 is understood: {DIALECT}")]
        try:
            _compile(schema)
        except jsonschema_rs.ValidationError as error:
            return _schema_problems(error)
        except Unbounded as error:
            return [(error.path, str(error))]
        except ValueError as error:
            return [((), f"can't be used as a JSON Schema: {str(error).splitlines()[0].lower()}")]
        return []

    def _compiled(self, schema: JSON) -> _Compiled:
        known = self._kept.get(id(schema))
        if known is not None:
            self._kept.move_to_end(id(schema))
            return known
        compiled = self._kept[id(schema)] = _compile(schema)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return compiled


def _refuse(uri: str) -> Any:
    raise ValueError("references to other documents are not followed")


def _compile(schema: JSON) -> _Compiled:
    if not isinstance(schema, dict | bool):
        raise ValueError("Expected an object or a boolean")
    validator = jsonschema_rs.Draft202012Validator(
        schema,
        validate_formats=True,
        retriever=_refuse,
        mask=_MASK,
        pattern_options=jsonschema_rs.RegexOptions(size_limit=_REGEX_BYTES),
    )
    return _Compiled(schema, validator, cost_of(schema))


def _breaches(compiled: _Compiled, value: JSON) -> Iterator[Breach]:
    if is_larger(value, _COLLECTED // compiled.cost.rules):
        yield from _first_breaches(compiled.schema, value, {})
        return
    for error in compiled.validator.iter_errors(value):
        yield from problems_in(error, compiled.schema)


def _first_breaches(schema: JSON, value: JSON, shared: JSONObject) -> Iterator[Breach]:
    """Goes down to the first part of a large value that isn't valid, as far as properties and items lead."""
    if not isinstance(schema, dict):
        yield (), "breaks its schema"
        return
    shared = {**shared, **{key: schema[key] for key in _SHARED if key in schema}}
    shallow = _compile(_without_parts(schema))
    errors = [] if shallow.validator.is_valid(value) else list(shallow.validator.iter_errors(value))
    for error in errors:
        yield from islice(problems_in(error, schema), MAX_PROBLEMS)
    if not errors:
        yield from _breach_of_a_part(schema, value, shared) or [((), "breaks its schema; it is too large to say where")]


def _breach_of_a_part(schema: JSONObject, value: JSON, shared: JSONObject) -> list[Breach]:
    compiled: dict[int, _Compiled] = {}
    for name, inner, part in _parts(schema, value):
        if id(inner) not in compiled:
            compiled[id(inner)] = _compile({**shared, **inner})
        if not compiled[id(inner)].validator.is_valid(part):
            return [((name, *path), message) for path, message in _breaches(compiled[id(inner)], part)]
    return []


def _without_parts(schema: JSONObject) -> JSONObject:
    shallow: JSONObject = {key: schema[key] for key in _SHALLOW if key in schema}
    if not isinstance(shallow.get("additionalProperties"), bool):
        shallow.pop("additionalProperties", None)
    for key in ("properties", "patternProperties"):
        if isinstance(names := schema.get(key), dict):
            shallow[key] = dict.fromkeys(names, True)
    return shallow


def _parts(schema: JSONObject, value: JSON) -> Iterator[tuple[str | int, JSONObject, JSON]]:
    """The parts of a value that ``properties`` and ``items`` speak of."""
    properties, items = schema.get("properties"), schema.get("items")
    if isinstance(value, dict) and isinstance(properties, dict):
        found = ((name, inner, value[name]) for name, inner in properties.items() if name in value)
        yield from ((name, inner, part) for name, inner, part in found if isinstance(inner, dict))
    elif isinstance(value, list) and isinstance(items, dict):
        skipped = len(prefix) if isinstance(prefix := schema.get("prefixItems"), list) else 0
        yield from ((index, items, value[index]) for index in range(skipped, len(value)))


def _schema_problems(error: jsonschema_rs.ValidationError) -> list[Breach]:
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
