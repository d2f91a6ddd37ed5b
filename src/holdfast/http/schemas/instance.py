"""Settings of queues and tenants as they are sent. What is left out stays; null lifts a limit."""

import re
from ipaddress import ip_network
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from holdfast.http.query import Parameters
from holdfast.http.schemas.fields import DURATION, Body, OneLine, RateText, RetentionIn, duration
from holdfast.model.egress import Egress
from holdfast.model.instant import DAY, Micros
from holdfast.ports import KEEP, NewTenant, QueueChange, TenantChange

_MOST: Final = 1_000_000
_LONGEST_GRACE: Final = 365 * DAY
_LABEL: Final = "[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST: Final = re.compile(rf"(\*\.)?{_LABEL}(\.{_LABEL})*")
_NUMBERS: Final = re.compile(r"[0-9.]+")
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


def _network(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError as error:
        raise ValueError(f"must be an address or a network such as 10.1.2.0/24 ({error})") from None


def _place(text: str) -> str:
    return text.lower() if _HOST.fullmatch(text) and not _NUMBERS.fullmatch(text) else _network(text)


Network = Annotated[str, Field(max_length=100), AfterValidator(_network)]
Place = Annotated[str, Field(max_length=253), AfterValidator(_place)]


class EgressIn(Body):
    """Where a tenant's steps may connect to."""

    also: list[Network] = Field(
        default_factory=list, max_length=100, description="Private networks that are open to it: `10.1.2.0/24`."
    )
    only: list[Place] | None = Field(
        None, max_length=1000, description="All that it may reach: hosts, `*.example.com`, networks; null: any."
    )

    def egress(self) -> Egress:
        return Egress(tuple(self.also), None if self.only is None else tuple(self.only))


class TenantIn(Body):
    """A tenant to make."""

    name: OneLine = Field(min_length=1, max_length=100)
    weight: float = Field(1.0, gt=0, le=1000, allow_inf_nan=False, description="Its share beside other tenants.")
    max_running: int | None = Field(None, ge=1, le=_MOST, description="Running jobs over all queues; null: no limit.")
    attributes: dict[str, Any] = Field(default_factory=dict)
    retention: RetentionIn | None = None
    egress: EgressIn | None = Field(None, description="Null: as for everybody.")

    def tenant(self, tenant_id: str) -> NewTenant:
        rules = {} if self.retention is None else self.retention.rules()
        egress = Egress() if self.egress is None else self.egress.egress()
        return NewTenant(tenant_id, self.name, self.weight, self.max_running, self.attributes, rules, egress)


class TenantPatch(Patch):
    """New settings of a tenant; `attributes`, `retention` and `egress` replace what was there."""

    name: OneLine = Field("", min_length=1, max_length=100)
    weight: float = Field(1.0, gt=0, le=1000, allow_inf_nan=False)
    max_running: int | None = Field(None, ge=1, le=_MOST)
    attributes: dict[str, Any] = Field(default_factory=dict)
    retention: RetentionIn | None = None
    egress: EgressIn | None = Field(None, description="Null: as for everybody.")

    def change(self) -> TenantChange:
        return TenantChange(
            name=self._given("name", self.name),
            weight=self._given("weight", self.weight),
            max_running=self._given("max_running", self.max_running),
            attributes=self._given("attributes", self.attributes),
            retention=self._rules(self.retention),
            egress=self._given("egress", Egress() if self.egress is None else self.egress.egress()),
        )


def _grace(value: object) -> Micros:
    grace = duration(value)
    if grace > _LONGEST_GRACE:
        raise ValueError(f"must be at most {_LONGEST_GRACE // DAY}d")
    return grace


class DeletionParameters(Parameters):
    """How a tenant is deleted."""

    grace: Annotated[
        Micros, BeforeValidator(_grace), WithJsonSchema({"type": "string", "pattern": DURATION, "examples": ["7d"]})
    ] = Field(7 * DAY, description="How long it can still be resumed; `0s`: not at all.")
