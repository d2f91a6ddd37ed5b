"""What all node kinds share: the schema of their parameters, a failure in one line, a value as text, being parked."""

import json
from typing import Any, Final

from holdfast.model.instant import Micros, parse_duration
from holdfast.model.json import JSON, JSONObject
from holdfast.model.outcome import ErrorInfo, Failed, Outcome, Suspended
from holdfast.model.spawn import Spawn
from holdfast.model.wait import Wait
from holdfast.ports import NodeContext

# An error in what a workflow's author wrote: never retried.
PARAMS_ERROR = "params"
DURATION_PATTERN = r"^\d{1,12}(\.\d{1,6})?(ms|s|m|h|d)$"
DURATION_RULE = "expected a duration such as 500ms, 30s, 5m, 1h or 2d"
# A branch that a timeout may take; without an edge there, a timeout is a failure.
TIMEOUT_PORT: Final = "timeout"
WORKFLOW_PATTERN: Final = "^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$"

_NAMES: Final = {str: "a string", int: "a number", float: "a number", list: "a list", dict: "an object"}


def object_schema(properties: dict[str, Any], required: tuple[str, ...] = (), **more: Any) -> JSONObject:
    """The JSON Schema of an object with exactly these keys."""
    schema: JSONObject = {"type": "object", "properties": properties, "additionalProperties": False, **more}
    if required:
        schema["required"] = list(required)
    return schema


def duration_schema(title: str, description: str, *examples: str, **more: Any) -> dict[str, Any]:
    """The JSON Schema of a length of time."""
    return {
        "type": "string",
        "title": title,
        "description": description,
        "pattern": DURATION_PATTERN,
        "x-holdfast-message": DURATION_RULE,
        "examples": list(examples),
        **more,
    }


def duration_of(params: JSONObject, name: str) -> Micros:
    """Raises ``ValueError`` with the parameter's name."""
    try:
        return parse_duration(as_text(params.get(name)))
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def parked(
    context: NodeContext, params: JSONObject, *, wait: Wait | None = None, spawn: Spawn | None = None
) -> Outcome:
    """Parks the node until its ``timeout``, counted from the job's insert; without one, for as long as it takes."""
    if params.get("timeout") is None:
        return Suspended(None, wait, spawn)
    try:
        return Suspended(context.created_at + duration_of(params, "timeout"), wait, spawn)
    except ValueError as error:
        return wrong_params(str(error))


def failed(
    error_type: str, message: str, *, final: bool = False, retry_after: Micros | None = None, **details: JSON
) -> Failed:
    return Failed(ErrorInfo(error_type, message, details), final=final, retry_after=retry_after)


def wrong_params(message: str) -> Failed:
    """Filled parameters that can never work."""
    return failed(PARAMS_ERROR, message, final=True)


def as_text(value: JSON) -> str:
    """A text as it is, anything else as compact JSON, null as nothing: what a template of one expression may give."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def kind_name(value: JSON) -> str:
    """What a value is, in words for people."""
    return "true or false" if isinstance(value, bool) else _NAMES.get(type(value), "null")
