"""Which events a reader wants, and an event that somebody posts."""

from typing import Any

from pydantic import Field, field_validator

from holdfast.http.query import Parameters, checked_id
from holdfast.http.schemas.fields import Body


class EventIn(Body):
    """Somebody's own event. The same `id` and event within 7 days is the same event."""

    type: str = Field(description="Such as `order.paid`; the engine's own words are refused.", examples=["order.paid"])
    data: dict[str, Any] = Field(default_factory=dict)
    subject: str | None = Field(None, description="What it is about.")
    id: str | None = Field(None, min_length=1, max_length=500, description="Makes a repeat the same event.")


class EventFilter(Parameters):
    """``after`` is the id of the last event that the reader has seen."""

    after: str | None = Field(None, max_length=200, description="The id of the last event seen.")
    type: str | None = Field(None, max_length=100, description="One event type, such as `workflow.finished`.")


class RunEventQuery(EventFilter):
    """The events of one run."""

    limit: int = Field(50, ge=1, le=500)


class StreamQuery(EventFilter):
    """A live reader: starts now without ``after``."""

    run: str | None = Field(None, description="The id of a run.")
    job: str | None = Field(None, description="The id of a job.")

    @field_validator("run", "job")
    @classmethod
    def _ids(cls, value: str | None) -> str | None:
        return checked_id(value, "run or job")


class EventQuery(StreamQuery):
    """A page of events."""

    limit: int = Field(50, ge=1, le=500)
