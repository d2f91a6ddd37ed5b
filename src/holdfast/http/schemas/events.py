"""Which events a reader wants."""

from pydantic import Field, field_validator

from holdfast.http.query import Parameters, checked_id


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
