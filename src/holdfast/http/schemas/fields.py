"""The base of all bodies, and field types that several of them share."""

from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from holdfast.http.correlation import sane
from holdfast.model.instant import Instant, Micros, parse_duration, parse_instant

KIND_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,127}$"
QUEUE_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"


class Body(BaseModel):
    """A body: nothing is converted silently, nothing unknown is passed over."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def _duration(value: object) -> Micros:
    if not isinstance(value, str):
        raise ValueError("expected a duration such as 500ms, 30s, 5m, 1h or 2d")
    return parse_duration(value)


def _instant(value: object) -> Instant:
    if not isinstance(value, str):
        raise ValueError("expected a time in RFC 3339, such as 2026-01-31T09:30:00Z")
    return parse_instant(value)


def _correlation_id(value: object) -> str:
    if not isinstance(value, str) or not sane(value):
        raise ValueError("must be 1 to 128 printable ASCII characters")
    return value


Duration = Annotated[
    Micros,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)?(ms|s|m|h|d)$", "examples": ["30s"]}),
]
Moment = Annotated[
    Instant,
    BeforeValidator(_instant),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-01-31T09:30:00Z"]}),
]
CorrelationText = Annotated[str, BeforeValidator(_correlation_id), WithJsonSchema({"type": "string", "maxLength": 128})]
Kind = Annotated[str, Field(pattern=KIND_PATTERN, examples=["http.request"])]
QueueName = Annotated[str, Field(pattern=QUEUE_PATTERN, examples=["default"])]
