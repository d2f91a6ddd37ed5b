"""The base of all bodies, and field types that several of them share."""

from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from holdfast.http.correlation import sane
from holdfast.model.instant import Instant, Micros, parse_duration, parse_instant
from holdfast.model.job import LIVE, JobState
from holdfast.model.limits import Rate
from holdfast.model.records import Retention
from holdfast.model.validate.job_templates import KIND, QUEUE

KIND_PATTERN: Final = f"^{KIND.pattern}$"
QUEUE_PATTERN: Final = f"^{QUEUE.pattern}$"
DURATION: Final = r"^\d+(\.\d+)?(ms|s|m|h|d)$"


class Body(BaseModel):
    """A body: nothing is converted silently, nothing unknown is passed over."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def duration(value: object) -> Micros:
    if not isinstance(value, str):
        raise ValueError("expected a duration such as 500ms, 30s, 5m, 1h or 2d")
    if value.startswith("-"):
        raise ValueError("must not be negative; expected a duration such as 30s")
    return parse_duration(value)


def _instant(value: object) -> Instant:
    if not isinstance(value, str):
        raise ValueError("expected a time in RFC 3339, such as 2026-01-31T09:30:00Z")
    return parse_instant(value)


def _correlation_id(value: object) -> str:
    if not isinstance(value, str) or not sane(value):
        raise ValueError("must be 1 to 128 printable ASCII characters")
    return value


def _one_line(text: str) -> str:
    if not text.isprintable() or text.isspace():
        raise ValueError("must be one line of printable text")
    return text


def _rate(value: object) -> Rate:
    if not isinstance(value, str):
        raise ValueError("expected a rate such as 10/1s or 600/1m")
    return Rate.parse(value)


def _live_states(value: object) -> frozenset[JobState]:
    if not isinstance(value, list) or not value or not all(each in _LIVE_NAMES for each in value):
        rule = f"must be a list of some of {', '.join(_LIVE_NAMES)}"
        raise ValueError(f"{rule}; to keep the key after a job's end, give unique_window")
    return frozenset(JobState(each) for each in value)


_LIVE_NAMES: Final = tuple(sorted(LIVE))
Duration = Annotated[
    Micros,
    BeforeValidator(duration),
    WithJsonSchema({"type": "string", "pattern": DURATION, "examples": ["30s"]}),
]
Moment = Annotated[
    Instant,
    BeforeValidator(_instant),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-01-31T09:30:00Z"]}),
]
RateText = Annotated[
    Any,
    BeforeValidator(_rate),
    WithJsonSchema({"type": "string", "pattern": r"^\d+/\d+(\.\d+)?(ms|s|m|h|d)$", "examples": ["10/1s"]}),
]
LiveStates = Annotated[
    Any,
    BeforeValidator(_live_states),
    WithJsonSchema({"type": "array", "minItems": 1, "items": {"enum": list(_LIVE_NAMES)}}),
]
CorrelationText = Annotated[str, BeforeValidator(_correlation_id), WithJsonSchema({"type": "string", "maxLength": 128})]
# A name that people give: it stands in lists, mails and log lines.
OneLine = Annotated[str, AfterValidator(_one_line)]
Kind = Annotated[str, Field(pattern=KIND_PATTERN, examples=["http.request"])]
QueueName = Annotated[str, Field(pattern=QUEUE_PATTERN, examples=["default"])]
Tag = Annotated[str, Field(pattern=QUEUE_PATTERN, examples=["gpu"])]


class RetentionIn(Body):
    """How long ended jobs are kept, by the state in which they ended; what is left out follows the next wider rule."""

    SUCCEEDED: Duration | None = None
    FAILED: Duration | None = None
    DEAD: Duration | None = None
    CANCELLED: Duration | None = None

    def rules(self) -> Retention:
        return {JobState(name): length for name, length in self if length is not None}
