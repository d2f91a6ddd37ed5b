"""``form.input``: typed fields that are asked for when somebody starts the workflow by hand; its output is an object.

The values come from the run's input, whoever gave it. A field that isn't given takes its default, or is null; one that
is required, of another type or not among its choices is a final error of type ``input`` that names every such field.
"""

from collections.abc import Callable
from datetime import date
from typing import Any, Final

from holdfast.model.json import JSON, JSONObject
from holdfast.model.node_spec import NodeSpec
from holdfast.model.outcome import Outcome, Succeeded
from holdfast.nodes.node import as_text, failed, object_schema, wrong_params
from holdfast.ports import NodeContext

MAX_FIELDS: Final = 100
_SCALAR: Final = ["string", "number", "boolean"]

_FIELD: Final = object_schema(
    {
        "name": {
            "type": "string",
            "title": "Name",
            "description": "The key in the input and in the output.",
            "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,62}$",
            "x-holdfast-message": "expected a name of letters, digits and _ that starts with a letter",
        },
        "type": {"type": "string", "title": "Type", "enum": ["text", "number", "boolean", "choice", "date"]},
        "title": {"type": "string", "title": "Title", "description": "What people read beside it.", "maxLength": 200},
        "required": {"type": "boolean", "title": "Required", "default": False},
        "default": {"type": [*_SCALAR, "null"], "title": "Default", "description": "Taken when nothing is given."},
        "choices": {
            "type": "array",
            "title": "Choices",
            "description": "What a choice may be.",
            "items": {"type": _SCALAR},
            "minItems": 1,
            "maxItems": 1_000,
        },
    },
    ("name", "type"),
    **{
        "if": {"properties": {"type": {"const": "choice"}}, "required": ["type"]},
        "then": {"required": ["choices"]},
    },
)

SPEC: Final = NodeSpec(
    type="form.input",
    title="Form",
    description="Asks for typed fields when the workflow is started by hand, and checks them.",
    icon="clipboard-list",
    category="People",
    inline=True,
    params=object_schema(
        {
            "fields": {
                "type": "array",
                "title": "Fields",
                "items": _FIELD,
                "minItems": 1,
                "maxItems": MAX_FIELDS,
                "examples": [[{"name": "city", "type": "text", "title": "City", "required": True}]],
            }
        },
        ("fields",),
    ),
    example={
        "fields": [
            {"name": "city", "type": "text", "title": "City", "required": True, "default": "Berlin"},
            {"name": "level", "type": "choice", "choices": ["low", "high"], "default": "low"},
            {"name": "day", "type": "date"},
        ]
    },
)


class FormInput:
    spec = SPEC

    async def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        listed = params.get("fields")
        fields = [field for field in listed if isinstance(field, dict)] if isinstance(listed, list) else []
        names = [as_text(field.get("name")) for field in fields]
        if twins := sorted({name for name in names if names.count(name) > 1}):
            return wrong_params(f"fields: there are two fields of the name {', '.join(twins)}")
        given = {} if context.run_input is None else context.run_input
        if not isinstance(given, dict):
            return failed("input", "the input must be an object with the fields of the form", final=True)
        values = {name: _value(field, given.get(name)) for name, field in zip(names, fields, strict=True)}
        told = [(name, _wrong(field, values[name])) for name, field in zip(names, fields, strict=True)]
        if wrong := [f"{name}: {rule}" for name, rule in told if rule is not None]:
            return failed("input", "; ".join(wrong), final=True)
        return Succeeded(dict(values))


def _value(field: JSONObject, given: JSON) -> JSON:
    """What was given; an empty text is nothing, as forms send it for a field that was left alone."""
    return field.get("default") if given is None or given == "" else given


def _wrong(field: JSONObject, value: JSON) -> str | None:
    """Why the value isn't one of this field."""
    if value is None:
        return "is required" if field.get("required") is True else None
    if field.get("type") == "choice":
        choices = field.get("choices")
        known = choices if isinstance(choices, list) else []
        # Of the same type, too: 1 is no choice where true is one.
        fits = any(choice == value and isinstance(choice, bool) == isinstance(value, bool) for choice in known)
        return None if fits else f"must be one of {', '.join(as_text(choice) for choice in known)}"
    check, rule = _TYPES.get(as_text(field.get("type")), (_never, "has a type that no form knows"))
    return None if check(value) else rule


def _is_date(value: JSON) -> bool:
    try:
        return isinstance(value, str) and len(value) == 10 and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _never(value: JSON) -> bool:
    return False


_TYPES: Final[dict[str, tuple[Callable[[Any], bool], str]]] = {
    "text": (lambda value: isinstance(value, str), "must be text"),
    "number": (lambda value: isinstance(value, int | float) and not isinstance(value, bool), "must be a number"),
    "boolean": (lambda value: isinstance(value, bool), "must be true or false"),
    "date": (_is_date, "must be a date such as 2026-01-31"),
}
