"""The input schema of a definition: whether it is one, whether its defaults obey it, which fields it lets through."""

from collections.abc import Collection
from typing import Final

from holdfast.model.json import JSONObject
from holdfast.model.node_spec import SchemaPort
from holdfast.model.validate.fields import Fields
from holdfast.model.validate.problems import Problems

# What a schema keeps when one property is checked alone: what the property itself or its references need.
_KEPT: Final = ("$schema", "$id", "$defs", "definitions", "properties")


def read_input(top: Fields) -> JSONObject | None:
    return top.mapping("input") if "input" in top else None


def check_input(schema: JSONObject, schemas: SchemaPort, problems: Problems) -> None:
    """Problems of the schema; its defaults are looked at only when it is one."""
    breaches = schemas.check_is_schema(schema)
    for path, message in breaches:
        problems.add(("input", *path), message)
    if not breaches:
        _check_defaults(schema, schemas, problems)


def _check_defaults(schema: JSONObject, schemas: SchemaPort, problems: Problems) -> None:
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return
    defaults = {
        name: inner["default"] for name, inner in properties.items() if isinstance(inner, dict) and "default" in inner
    }
    if defaults:
        alone: JSONObject = {key: schema[key] for key in _KEPT if key in schema}
        if schemas.check_is_schema(alone):
            return  # it refers to a part that was left out; the run's start still checks every input
        for path, message in schemas.check(alone, defaults):
            problems.add(("input", "properties", *path[:1], "default", *path[1:]), message)


def fields_of(schema: JSONObject | None) -> Collection[str] | None:
    """The names that an input may have; None when the schema lets any through."""
    if schema is None or schema.get("additionalProperties") is not False or "patternProperties" in schema:
        return None
    properties = schema.get("properties")
    return tuple(properties) if isinstance(properties, dict) else ()
