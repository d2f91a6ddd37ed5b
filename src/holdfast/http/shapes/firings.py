"""A firing as JSON: what became of one time, event or delivery."""

from collections.abc import Mapping
from typing import Final, NotRequired

from pydantic import JsonValue
from typing_extensions import TypedDict

from holdfast.http.shapes.times import moment
from holdfast.model.instant import format_instant
from holdfast.model.json import JSON, JSONObject
from holdfast.model.trigger import FiringRecord, Owner

_NOT_SHOWN: Final = "what became of each tenant is shown to admins of the instance"


class OwnerRefShape(TypedDict):
    """Whose trigger fired: `kind` is workflow or rule; `name` is null once it was deleted."""

    kind: str
    id: str
    name: str | None


class FiringShape(TypedDict):
    """What became of one time, event or delivery.

    `verdict` is `started`, `skipped`, `not_met`, `rejected` or `failed`, and `reason` says why nothing started.
    `fire_at` is the nominal time of a clock, `event` the id of an event, `delivery` that of a delivery. `detail` holds
    what each condition of a rule gave. `given` is what expressions saw as `trigger`, where a firing is shown alone.
    """

    id: str
    owner: OwnerRefShape
    trigger: str
    type: str
    at: str
    verdict: str
    reason: str
    fire_at: str | None
    event: str | None
    delivery: str | None
    backfill: str | None
    hops: int
    run: str | None
    jobs: list[str]
    detail: JsonValue
    given: NotRequired[dict[str, JsonValue] | None]


class FiringsShape(TypedDict):
    """A page of firings, newest first."""

    items: list[FiringShape]
    next: str | None


def firing_summary(record: FiringRecord, names: Mapping[Owner, str], instance_admin: bool) -> FiringShape:
    """As a list shows it; what it tells of other tenants is for admins of the instance."""
    firing = record.firing
    return {
        "id": firing.id,
        "owner": {"kind": firing.owner.kind, "id": firing.owner.id, "name": names.get(firing.owner)},
        "trigger": firing.trigger_id,
        "type": firing.type,
        "at": format_instant(firing.at),
        "verdict": firing.verdict,
        "reason": firing.reason if instance_admin or not _tenants_of(firing.detail) else _NOT_SHOWN,
        "fire_at": moment(firing.fire_at),
        "event": firing.event_id,
        "delivery": firing.delivery_id,
        "backfill": firing.backfill,
        "hops": firing.hops,
        "run": record.run_id,
        "jobs": list(record.job_ids),
        "detail": firing.detail if instance_admin else _of_one_tenant(firing.detail),
    }


def firing_shape(record: FiringRecord, names: Mapping[Owner, str], instance_admin: bool) -> FiringShape:
    """With what it saw."""
    return {**firing_summary(record, names, instance_admin), "given": record.firing.trigger}


def _of_one_tenant(detail: JSON) -> JSON:
    """Of a rule for each tenant, the counts alone."""
    tenants = _tenants_of(detail)
    if not isinstance(detail, dict) or not tenants:
        return detail
    return {**detail, "tenants": {name: count for name, count in tenants.items() if name != "examples"}}


def _tenants_of(detail: JSON) -> JSONObject:
    """What a rule for each tenant tells of them; empty for other firings."""
    tenants = detail.get("tenants") if isinstance(detail, dict) else None
    return tenants if isinstance(tenants, dict) else {}
