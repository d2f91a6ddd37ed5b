"""A trigger as JSON, and what clocks add: their coming times, backfills."""

from collections.abc import Iterable
from typing import NotRequired

from pydantic import JsonValue
from typing_extensions import TypedDict

from holdfast.http.shapes.times import moment
from holdfast.model.instant import Instant, format_instant
from holdfast.model.json import JSONObject
from holdfast.model.trigger import CLOCKS, Backfill, TriggerRecord


class OwnerShape(TypedDict):
    """Whose trigger it is: `kind` is workflow or rule."""

    kind: str
    id: str
    name: str


class TriggerShape(TypedDict):
    """A trigger. `row` is its own id, `id` the one in its owner's definition.

    It acts (`active`) while it is in its owner's newest save, its owner is on and it isn't `paused`. `signed` and, for
    operators, `url` stand at webhooks, `next_at` at clocks: the next nominal time, null when none comes.
    """

    row: str
    id: str
    type: str
    owner: OwnerShape
    active: bool
    paused: bool
    url: NotRequired[str]
    signed: NotRequired[bool]
    next_at: NotRequired[str | None]
    definition: dict[str, JsonValue]
    created_at: str


class TriggersShape(TypedDict):
    """A page of triggers, oldest first."""

    items: list[TriggerShape]
    next: str | None


class TimesShape(TypedDict):
    """The nominal times that come next, fewer when it ends; empty when it never fires again."""

    times: list[str]


# "from" is a keyword, so this one can't be written as a class.
BackfillShape = TypedDict(
    "BackfillShape",
    {
        "id": str,
        "trigger": str,
        "state": str,
        "from": str,
        "to": str,
        "concurrency": int,
        "started": int,
        "next_at": str | None,
        "created_at": str,
        "finished_at": str | None,
        "cancelled_at": str | None,
    },
)


class BackfillsShape(TypedDict):
    """A page of backfills, newest first."""

    items: list[BackfillShape]
    next: str | None


def trigger_shape(record: TriggerRecord, base_url: str | None) -> TriggerShape:
    shape: TriggerShape = {
        "row": record.row,
        "id": record.id,
        "type": record.type,
        "owner": {"kind": record.owner.kind, "id": record.owner.id, "name": record.owner_name},
        "active": record.active,
        "paused": record.paused,
        "definition": record.document,
        "created_at": format_instant(record.created_at),
    }
    if record.type == "webhook":
        shape["signed"] = is_signed(record.document)
    if record.key is not None and base_url is not None:
        shape["url"] = hook_url(base_url, record.key)
    if record.type in CLOCKS:
        shape["next_at"] = moment(record.next_at) if record.active else None
    return shape


def hook_url(base_url: str, key: str) -> str:
    """The address that a webhook's sender is given."""
    return f"{base_url}/hooks/{key}"


def is_signed(document: JSONObject) -> bool:
    """Whether a webhook's sender must prove itself."""
    return isinstance(document.get("signature"), dict)


def times_shape(times: Iterable[Instant]) -> TimesShape:
    return {"times": [format_instant(time) for time in times]}


def backfill_shape(backfill: Backfill) -> BackfillShape:
    return {
        "id": backfill.id,
        "trigger": backfill.trigger_row,
        "state": _state(backfill),
        "from": format_instant(backfill.from_at),
        "to": format_instant(backfill.to_at),
        "concurrency": backfill.concurrency,
        "started": backfill.started,
        "next_at": None if backfill.cancelled_at is not None else moment(backfill.next_at),
        "created_at": format_instant(backfill.created_at),
        "finished_at": moment(backfill.finished_at),
        "cancelled_at": moment(backfill.cancelled_at),
    }


def _state(backfill: Backfill) -> str:
    if backfill.cancelled_at is not None:
        return "CANCELLED"
    return "RUNNING" if backfill.finished_at is None else "FINISHED"
