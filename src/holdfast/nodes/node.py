"""What all node kinds share: the schema of their parameters, a failure in one line, a value as text."""

import json
from typing import Any

from holdfast.model.instant import Micros
from holdfast.model.json import JSON, JSONObject
from holdfast.model.outcome import ErrorInfo, Failed

# An error in what a workflow's author wrote: never retried.
PARAMS_ERROR = "params"
DURATION_PATTERN = r"^\d{1,12}(\.\d{1,6})?(ms|s|m|h|d)$"
DURATION_RULE = "expected a duration such as 500ms, 30s, 5m, 1h or 2d"


def object_schema(properties: dict[str, Any], required: tuple[str, ...] = (), **more: Any) -> JSONObject:
    """The JSON Schema of an object with exactly these keys."""
    schema: JSONObject = {"type": "object", "properties": properties, "additionalProperties": False, **more}
    if required:
        schema["required"] = list(required)
    return schema


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
