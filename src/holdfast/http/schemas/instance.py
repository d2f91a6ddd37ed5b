"""Settings of queues and tenants as they are sent. What is left out stays; null lifts a limit."""

from typing import Any, Final, Self

from pydantic import Field, model_validator

from holdfast.http.schemas.fields import Body, RateText, RetentionIn
from holdfast.ports import KEEP, NewTenant, QueueChange, TenantChange

_MOST: Final = 1_000_000
_SOMETHING: Final = "must name at least one thing to change"


class Patch(Body):
    """At least one key, so that a wrong body isn't taken for a change."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError(_SOMETHING)
        return self

    def _given(self, name: str, value: Any) -> Any:
        return value if name in self.model_fields_set else KEEP

    def _rules(self, retention: RetentionIn | None) -> Any:
        return self._given("retention", {} if retention is None else retention.rules())


class QueuePatch(Patch):
    """New settings of a queue. A queue that doesn't exist yet is made."""

    paused: bool = False
    concurrency: int | None = Field(None, ge=1, le=_MOST, description="Running jobs over all workers; null: no limit.")
    rate: RateText | None = Field(None, description="Starts over all workers, such as `100/1s`; null: no limit.")
    priority: int = Field(0, ge=-100, le=100, description="Queues with a higher one are served first.")
    retention: RetentionIn | None = None

    def change(self) -> QueueChange:
        return QueueChange(
            paused=self._given("paused", self.paused),
            concurrency=self._given("concurrency", self.concurrency),
            rate=self._given("rate", self.rate),
            priority=self._given("priority", self.priority),
            retention=self._rules(self.retention),
        )


class TenantIn(Body):
    """A tenant to make."""

    name: str = Field(min_length=1, max_length=100)
    weight: float = Field(1.0, gt=0, le=1000, allow_inf_nan=False, description="Its share beside other tenants.")
    max_running: int | None = Field(None, ge=1, le=_MOST, description="Running jobs over all queues; null: no limit.")
    attributes: dict[str, Any] = Field(default_factory=dict)
    retention: RetentionIn | None = None

    def tenant(self, tenant_id: str) -> NewTenant:
        rules = {} if self.retention is None else self.retention.rules()
        return NewTenant(tenant_id, self.name, self.weight, self.max_running, self.attributes, rules)


class TenantPatch(Patch):
    """New settings of a tenant; `attributes` and `retention` replace what was there."""

    name: str = Field("", min_length=1, max_length=100)
    weight: float = Field(1.0, gt=0, le=1000, allow_inf_nan=False)
    max_running: int | None = Field(None, ge=1, le=_MOST)
    attributes: dict[str, Any] = Field(default_factory=dict)
    retention: RetentionIn | None = None

    def change(self) -> TenantChange:
        return TenantChange(
            name=self._given("name", self.name),
            weight=self._given("weight", self.weight),
            max_running=self._given("max_running", self.max_running),
            attributes=self._given("attributes", self.attributes),
            retention=self._rules(self.retention),
        )
