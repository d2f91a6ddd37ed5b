"""What is done to many jobs, or to a dead letter, as it is sent."""

from typing import Annotated, Final, Literal

from pydantic import Field, field_validator

from holdfast.engine.bulk import NO_REASON
from holdfast.http.query import ListParameters, checked_id
from holdfast.http.schemas.fields import Body
from holdfast.model.ids import is_id
from holdfast.model.job import JobState
from holdfast.model.records import JobFilter

_MOST_IDS: Final = 10_000
JobIds = Annotated[list[str], Field(min_length=1, max_length=_MOST_IDS, description="Ids of jobs.")]
Why = Annotated[str, Field(min_length=1, max_length=1000, description="Kept on record with the change.")]


def _checked_ids(ids: list[str] | None) -> list[str] | None:
    for index, job_id in enumerate(ids or ()):
        if not is_id(job_id):
            raise ValueError(f"the one at place {index} is not the id of a job")
    return ids


class FilterIn(Body):
    """Which jobs are meant: the parameters of the list, or `ids`; never empty."""

    state: JobState | None = Field(None, strict=False)
    queue: str | None = Field(None, max_length=64)
    kind: str | None = Field(None, max_length=128)
    run: str | None = Field(None, description="The id of a run.")
    ids: JobIds | None = None

    @field_validator("run")
    @classmethod
    def _run(cls, value: str | None) -> str | None:
        return checked_id(value, "run")

    @field_validator("ids")
    @classmethod
    def _ids(cls, value: list[str] | None) -> list[str] | None:
        return _checked_ids(value)

    def wanted(self) -> JobFilter:
        return JobFilter(self.state, self.queue, self.kind, self.run, None if self.ids is None else tuple(self.ids))


class BulkIn(Body):
    """Does one thing to all jobs that the filter finds."""

    action: Literal["retry", "cancel", "discard"]
    filter: FilterIn
    reason: Why = NO_REASON
    dry_run: bool = Field(False, description="Only count what the filter finds.")


class DeadFilterIn(Body):
    """Which dead letters are meant; never empty: `{"state": "DEAD"}` means all."""

    state: Literal["DEAD"] | None = None
    queue: str | None = Field(None, max_length=64)
    kind: str | None = Field(None, max_length=128)
    ids: JobIds | None = None

    @field_validator("ids")
    @classmethod
    def _ids(cls, value: list[str] | None) -> list[str] | None:
        return _checked_ids(value)

    def wanted(self) -> JobFilter:
        """The jobs meant; an empty filter if nothing was named."""
        named = any(value is not None for _, value in self)
        ids = None if self.ids is None else tuple(self.ids)
        return JobFilter(JobState.DEAD if named else None, self.queue, self.kind, ids=ids)


class ReplayIn(Body):
    """Retries all dead letters that the filter finds."""

    filter: DeadFilterIn


class DiscardIn(Body):
    """Why a job that failed or died needn't be looked at any more."""

    reason: Why = NO_REASON


class DeadQuery(ListParameters):
    """Which dead letters a list shows."""

    queue: str | None = Field(None, max_length=64)
    kind: str | None = Field(None, max_length=128)

    def wanted(self) -> JobFilter:
        return JobFilter(JobState.DEAD, self.queue, self.kind)
