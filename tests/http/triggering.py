"""Workflows and rules with triggers of every type, and what tests of them do over HTTP."""

from __future__ import annotations

from typing import Any

from tests.http.serving import Api
from tests.support.waiting import eventually

RULES, SCHEDULES, FIRINGS, TRIGGERS = (
    f"/api/v1/{name}" for name in ("automation-rules", "schedules", "firings", "triggers")
)


def clocked(name: str = "nightly", **more: Any) -> dict[str, Any]:
    """A workflow with a webhook and a clock that doesn't fire while a test looks."""
    return {
        "holdfast": 1,
        "name": name,
        "triggers": [
            {"id": "hook", "type": "webhook"},
            {"id": "yearly", "type": "cron", "cron": "0 7 1 1 *", "timezone": "Europe/Berlin"},
        ],
        "nodes": [{"id": "only", "type": "noop"}],
        **more,
    }


def rule(name: str = "big-orders", **changes: Any) -> dict[str, Any]:
    """A rule on an event with a condition on it."""
    whole: dict[str, Any] = {
        "name": name,
        "trigger": {"type": "event", "event": "order.paid"},
        "conditions": ["event.data.amount > 100"],
        "jobs": [{"kind": "noop", "payload": {"amount": "{{ event.data.amount }}"}, "queue": "orders"}],
    }
    return {key: value for key, value in {**whole, **changes}.items() if value is not None}


def yearly_rule(name: str = "yearly", **changes: Any) -> dict[str, Any]:
    return rule(name, trigger={"type": "cron", "cron": "0 7 1 1 *"}, conditions=None, **changes)


async def saved(api: Api, document: dict[str, Any]) -> dict[str, Any]:
    """The rule, created."""
    reply = await api.post(RULES, document)
    assert reply.status == 201, reply.text
    made: dict[str, Any] = reply.json
    return made


async def row_of(api: Api, workflow: str, trigger: str) -> str:
    """The row of a workflow's trigger."""
    items = (await api.get(f"/api/v1/workflows/{workflow}/triggers")).json["items"]
    return str(next(each["row"] for each in items if each["id"] == trigger))


async def fired(api: Api, query: str, count: int = 1) -> list[Any]:
    """The firings that a query finds, once there are so many."""

    async def there() -> Any:
        items = (await api.get(f"{FIRINGS}?{query}")).json["items"]
        return items if len(items) >= count else None

    found: list[Any] = await eventually(there, 20)
    return found
