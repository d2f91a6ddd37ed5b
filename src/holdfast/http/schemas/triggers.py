"""Which triggers and firings a list shows, how many times to tell, and the range of a backfill."""

from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from holdfast.http.query import ListParameters, Parameters, checked_id
from holdfast.http.schemas.fields import Body, Moment

MOST_TIMES = 100


class TimesQuery(Parameters):
    """How many of the coming times to tell."""

    count: int = Field(10, ge=1, le=MOST_TIMES, description="How many times at most.")


class BackfillIn(Body):
    """The times of a clock in `[from, to]`, started oldest first."""

    start: Moment = Field(alias="from")
    end: Moment = Field(alias="to")
    concurrency: int = Field(1, ge=1, le=1_000, description="How many of them may be under way at once.")


class FiringFilterQuery(ListParameters):
    """Which of an owner's firings a list shows."""

    trigger: str | None = Field(None, max_length=100, description="The id of a trigger, as its definition has it.")
    verdict: Literal["started", "skipped", "not_met", "rejected", "failed"] | None = Field(
        None, description="A repeat leaves no firing: it is the first one's."
    )
    backfill: str | None = Field(None, description="The id of a backfill.")

    @field_validator("backfill")
    @classmethod
    def _backfill(cls, value: str | None) -> str | None:
        return checked_id(value, "backfill")


class FiringQuery(FiringFilterQuery):
    """Which firings a list shows. `workflow` and `rule` exclude each other."""

    workflow: str | None = Field(None, max_length=100, description="A workflow's name or id.")
    rule: str | None = Field(None, max_length=100, description="A rule's name or id.")

    @model_validator(mode="after")
    def _one_owner(self) -> Self:
        if self.workflow is not None and self.rule is not None:
            raise ValueError("workflow and rule exclude each other; give one of them")
        return self


class FireIn(Body):
    """A rule fired by hand."""

    trigger: dict[str, Any] | None = Field(None, description="What expressions see as `trigger`; made up if left out.")
