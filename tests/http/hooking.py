"""Webhooks of a running server, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holdfast.model.trigger import FiringFilter
from tests.http.serving import Api, workflow
from tests.support.waiting import eventually


async def hook(api: Api, *, trigger: Mapping[str, Any] | None = None, **more: Any) -> str:
    """The path of a new workflow's webhook; ``trigger`` adds to its definition."""
    triggers = [{"id": "hook", "type": "webhook", **(trigger or {})}]
    created = await api.create(workflow(**{"triggers": triggers, **more}))
    url: str = created["triggers"][0]["url"]
    assert url.startswith(api.base + "/hooks/")
    return url.removeprefix(api.base)


async def secret(api: Api, name: str, value: str) -> None:
    await api.app.services.engine.secrets.put("default", name, value)


async def trigger_of(api: Api, run_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await api.get(f"/api/v1/runs/{run_id}")).json["trigger"]
    return found


async def runs(api: Api) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await api.get("/api/v1/runs")).json["items"]
    return found


async def rejections(api: Api, count: int = 1) -> list[str]:
    """The reasons of refused deliveries, newest first, once so many are on record."""

    async def look() -> list[str]:
        page = await api.app.services.store.list_firings("default", FiringFilter(verdict="rejected"), None, 100)
        found = [record.firing.reason for record in page.items]
        return found if len(found) >= count else []

    return await eventually(look, 10, "the record of what was refused")
