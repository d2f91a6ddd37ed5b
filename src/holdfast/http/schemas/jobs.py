"""Jobs as they are sent, and the parameters of their list."""

from dataclasses import replace
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from holdfast.engine.drafts import JobDraft
from holdfast.http.query import ListParameters, checked_id
from holdfast.http.schemas.fields import (
    Body,
    CorrelationText,
    Duration,
    Kind,
    LiveStates,
    Moment,
    QueueName,
    RateText,
    Tag,
)
from holdfast.model.instant import format_duration
from holdfast.model.job import JobState
from holdfast.model.records import JobFilter
from holdfast.model.retry import LONE_JOB_POLICY, RetryPolicy


class RetryIn(Body):
    """A retry policy; what is left out is the default of a lone job."""

    max_attempts: int = Field(LONE_JOB_POLICY.max_attempts, ge=1, le=1000)
    strategy: Literal["fixed", "linear", "exponential"] = LONE_JOB_POLICY.strategy
    base_delay: Duration = LONE_JOB_POLICY.base_delay
    max_delay: Duration = LONE_JOB_POLICY.max_delay
    jitter: Literal["none", "full", "equal"] = LONE_JOB_POLICY.jitter
    on_lost: Literal["retry", "stop"] = LONE_JOB_POLICY.on_lost
    final_errors: list[str] = Field(
        default_factory=list, max_length=50, description="Types of errors that are never retried."
    )

    @field_validator("final_errors")
    @classmethod
    def _types(cls, value: list[str]) -> list[str]:
        if not all(0 < len(name) <= 200 for name in value):
            raise ValueError("each must be the type of an error, of 1 to 200 characters, such as ValueError")
        return value

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.max_delay < self.base_delay:
            least, most = format_duration(self.base_delay), format_duration(self.max_delay)
            rule = f"base_delay ({least}) is more than max_delay ({most}); give a max_delay of at least {least}"
            raise ValueError(rule)
        self.policy()
        return self

    def policy(self) -> RetryPolicy:
        """Raises ``ValueError`` for an impossible policy."""
        return replace(LONE_JOB_POLICY, **{**self.model_dump(), "final_errors": tuple(self.final_errors)})


class JobIn(Body):
    """A job to insert. `run_at` and `delay` exclude each other; neither means now."""

    kind: Kind
    payload: Any = Field(None, description="What the handler is given: any JSON value.")
    queue: QueueName = "default"
    priority: int = Field(0, ge=-100, le=100, description="Higher goes first; a minute of waiting weighs one point.")
    run_at: Moment | None = None
    delay: Duration | None = None
    deadline: Moment | None = Field(None, description="A job that hasn't ended by then dies, reason `deadline`.")
    retry: RetryIn | None = None
    timeout: Duration | None = Field(None, description="Of one attempt; an hour by default.")
    tag: Tag | None = Field(None, description="Only workers that carry this tag take the job.")
    unique_key: str | None = Field(
        None, min_length=1, max_length=255, description="While a job with this key hasn't ended, it is the answer."
    )
    unique_window: Duration | None = Field(None, description="The key is held this long, also after the job's end.")
    unique_states: LiveStates | None = Field(None, description="The key is held in these states only.")
    debounce: Duration | None = Field(
        None, description="Due so long after the last insert of this `unique_key`, with that one's payload."
    )
    concurrency_key: str | None = Field(
        None, min_length=1, max_length=255, description="One job of a key at a time, in order, unless a limit is given."
    )
    concurrency_limit: int | None = Field(None, ge=1, le=1_000_000, description="How many of the key at a time.")
    rate: RateText | None = Field(None, description="How many jobs of the key start in which time.")
    correlation_id: CorrelationText | None = None
    tenant_id: str | None = Field(None, description="If given, it must be the caller's own.")

    def draft(self) -> JobDraft:
        return JobDraft(
            kind=self.kind,
            payload=self.payload,
            queue=self.queue,
            priority=self.priority,
            run_at=self.run_at,
            delay=self.delay,
            retry=None if self.retry is None else self.retry.policy(),
            timeout=self.timeout,
            deadline_at=self.deadline,
            unique_key=self.unique_key,
            unique_window=self.unique_window,
            unique_states=self.unique_states,
            debounce=self.debounce,
            concurrency_key=self.concurrency_key,
            concurrency_limit=self.concurrency_limit,
            rate=self.rate,
            tag=self.tag,
            correlation_id=self.correlation_id,
        )


class BatchIn(Body):
    """Jobs to insert together: all or none."""

    jobs: list[JobIn] = Field(min_length=1, max_length=1000)


class JobQuery(ListParameters):
    """Which jobs a list shows."""

    state: JobState | None = None
    queue: str | None = Field(None, max_length=64)
    kind: str | None = Field(None, max_length=128)
    run: str | None = Field(None, description="The id of a run.")

    @field_validator("run")
    @classmethod
    def _run(cls, value: str | None) -> str | None:
        return checked_id(value, "run")

    def wanted(self) -> JobFilter:
        return JobFilter(self.state, self.queue, self.kind, self.run)
