"""Jobs as they are sent, and the parameters of their list."""

from dataclasses import replace
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from holdfast.engine.drafts import JobDraft
from holdfast.http.query import ListParameters, checked_id
from holdfast.http.schemas.fields import Body, CorrelationText, Duration, Kind, Moment, QueueName
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

    @model_validator(mode="after")
    def _possible(self) -> Self:
        self.policy()
        return self

    def policy(self) -> RetryPolicy:
        """Raises ``ValueError`` for an impossible policy."""
        return replace(LONE_JOB_POLICY, **self.model_dump())


class JobIn(Body):
    """A job to insert. `run_at` and `delay` exclude each other; neither means now."""

    kind: Kind
    payload: Any = Field(None, description="What the handler is given: any JSON value.")
    queue: QueueName = "default"
    priority: int = Field(0, ge=-100, le=100)
    run_at: Moment | None = None
    delay: Duration | None = None
    retry: RetryIn | None = None
    timeout: Duration | None = Field(None, description="Of one attempt; an hour by default.")
    unique_key: str | None = Field(None, min_length=1, max_length=255)
    unique_window: Duration | None = None
    concurrency_key: str | None = None
    correlation_id: CorrelationText | None = None
    tenant_id: str | None = Field(None, description="If given, it must be the caller's own.")

    @field_validator("concurrency_key")
    @classmethod
    def _later(cls, value: str | None) -> str | None:
        if value is not None:
            raise ValueError("is not available yet")
        return value

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
            unique_key=self.unique_key,
            unique_window=self.unique_window,
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
