"""A breach of a JSON Schema in plain words: where, and which rule; never the value.

One error may give several problems (each unknown key has its own place). Of alternatives (``anyOf``, ``oneOf``) those
are told that the value's type meant; a schema's own ``x-holdfast-message`` beside the rule replaces our words.
"""

import difflib
import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

import jsonschema_rs

from holdfast.model.json import JSON, Path

MESSAGE: Final = "x-holdfast-message"

_SENTENCES: Final = {
    "minimum": "must be at least {limit}",
    "maximum": "must be at most {limit}",
    "exclusiveMinimum": "must be more than {limit}",
    "exclusiveMaximum": "must be less than {limit}",
    "minLength": "must have at least {limit} characters",
    "maxLength": "must have at most {limit} characters",
    "minItems": "must have at least {limit} items",
    "maxItems": "must have at most {limit} items",
    "minProperties": "must have at least {limit} keys",
    "maxProperties": "must have at most {limit} keys",
    "multipleOf": "must be a multiple of {multiple_of}",
    "uniqueItems": "must not hold the same item twice",
    "pattern": "must match the pattern {pattern}",
    "not": "is not allowed in this form",
    "contains": "lacks an item that must be there",
    "falseSchema": "is not allowed",
}
_FORMATS: Final = {
    "email": "must be an email address",
    "uri": "must be an absolute URI such as https://example.com/a",
    "date-time": "must be a time in RFC 3339 such as 2026-01-31T09:30:00Z",
    "date": "must be a date such as 2026-01-31",
    "uuid": "must be a UUID",
}
_ARTICLES: Final = {
    "array": "a list", "boolean": "true or false", "integer": "a whole number", "null": "null",
    "number": "a number", "object": "an object", "string": "a string",
}  # fmt: skip


def problems_in(error: jsonschema_rs.ValidationError, schema: JSON) -> list[tuple[Path, str]]:
    """The problems that ``error`` means; ``schema`` is the whole schema, for its own words and key names."""
    path, kind = tuple(error.instance_path), error.kind
    own = _own_words(schema, error.schema_path)
    if own is not None:
        return [(path, own)]
    match kind.name:
        case "additionalProperties" | "unevaluatedProperties":
            return _unknown_keys(path, kind.as_dict()["unexpected"], _parent(schema, error.schema_path))
        case "required" | "dependentRequired":
            return [((*path, kind.as_dict()["property"]), "is required")]
        case "propertyNames":
            inner = kind.as_dict()["error"]
            return [((*path, str(inner.instance)), f"is not a good key: it {_sentence(inner.kind)}")]
        case "anyOf" | "oneOf":
            return _alternatives(path, kind.as_dict().get("context", []), schema)
    return [(path, _sentence(kind))]


def _sentence(kind: Any) -> str:
    values = kind.as_dict()
    match kind.name:
        case "type":
            return f"must be {_either(_ARTICLES.get(name, name) for name in values['types'])}"
        case "enum":
            return f"must be one of {', '.join(_shown(option) for option in values['options'])}"
        case "const":
            return f"must be {_shown(values['expected_value'])}"
        case "format":
            return _FORMATS.get(values["format"], f"must have the format {values['format']}")
    words = _SENTENCES.get(kind.name)
    return words.format(**values) if words else f"breaks the rule {kind.name}"


def _unknown_keys(path: Path, keys: Iterable[str], parent: JSON) -> list[tuple[Path, str]]:
    properties = parent.get("properties") if isinstance(parent, dict) else None
    known = list(properties) if isinstance(properties, dict) else []
    return [((*path, key), f"is not a known key{_guess(key, known)}") for key in keys]


def _guess(key: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    return f"; did you mean {close[0]}?" if close else f"; known: {', '.join(known)}" if known else ""


def _alternatives(path: Path, context: Sequence[Sequence[Any]], schema: JSON) -> list[tuple[Path, str]]:
    """All branches want other types: say which. One branch fits by type: its problems are the ones that were meant."""
    if not any(context):
        return [(path, "fits more than one of the allowed forms")]
    mismatched = [[e for e in branch if e.kind.name == "type" and tuple(e.instance_path) == path] for branch in context]
    fitting = [branch for branch, types in zip(context, mismatched, strict=True) if not types]
    if not fitting:
        names = [name for types in mismatched for e in types for name in e.kind.as_dict()["types"]]
        return [(path, f"must be {_either(dict.fromkeys(_ARTICLES.get(name, name) for name in names))}")]
    if len(fitting) == 1:
        return [problem for error in fitting[0] for problem in problems_in(error, schema)]
    told = dict.fromkeys(_sentence(branch[0].kind) for branch in fitting if branch)
    return [(path, f"fits none of the allowed forms: it {'; or it '.join(told)}")]


def _own_words(schema: JSON, path: Sequence[str | int]) -> str | None:
    parent = _parent(schema, path)
    words = parent.get(MESSAGE) if isinstance(parent, dict) else None
    return words if isinstance(words, str) else None


def _parent(schema: JSON, path: Sequence[str | int]) -> JSON:
    """The schema that holds the broken rule; None where a reference hides it."""
    at: Any = schema
    for part in path[:-1]:
        if isinstance(at, dict) and part in at:
            at = at[str(part)]
        elif isinstance(at, list) and isinstance(part, int) and part < len(at):
            at = at[part]
        else:
            return None
    return at  # type: ignore[no-any-return]


def _either(names: Iterable[str]) -> str:
    *rest, last = names
    return f"{', '.join(rest)} or {last}" if rest else last


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
