"""Lines that attempts logged, as JSON."""

from pydantic import JsonValue
from typing_extensions import TypedDict

from holdfast.model.instant import format_instant
from holdfast.model.log_line import LogLine


class LogLineShape(TypedDict):
    """A line that the code of an attempt logged, with what it said beside the message."""

    at: str
    attempt: int
    level: str
    message: str
    fields: dict[str, JsonValue]


class LogLinesShape(TypedDict):
    """A page of lines, oldest first."""

    items: list[LogLineShape]
    next: str | None


def log_line_shape(line: LogLine) -> LogLineShape:
    return {
        "at": format_instant(line.at),
        "attempt": line.attempt,
        "level": line.level,
        "message": line.message,
        "fields": line.fields,
    }
