"""Dead letters: listed, replayed one or by filter, discarded with a reason; the same on both stores."""

from __future__ import annotations

from typing import Any

import pytest

from tests.http.serving import Api
from tests.http.test_job_control import DYING, FAILING, ID, JOBS, ended, inserted, states

DEAD = "/api/v1/dead-letters"


async def listed(api: Api, query: str = "") -> list[str]:
    return [job["id"] for job in (await api.get(DEAD + query)).json["items"]]


async def test_dead_letters_are_listed_by_queue_and_kind(each: Api) -> None:
    dead, alone = await inserted(each, DYING, {**DYING, "queue": "default", "priority": 1})
    (failed,) = await inserted(each, FAILING)
    await ended(each, [dead, alone], "DEAD")
    await ended(each, [failed], "FAILED")
    assert await listed(each) == [alone, dead]
    assert await listed(each, "?kind=fail&queue=default") == [alone, dead]
    assert await listed(each, "?kind=noop") == []
    assert await listed(each, "?queue=mail") == []
    first = (await each.get(f"{DEAD}?limit=1")).json
    assert [job["id"] for job in first["items"]] == [alone]
    assert await listed(each, f"?limit=1&cursor={first['next']}") == [dead]
    assert (await each.get(f"{DEAD}?state=FAILED")).status == 422


async def test_one_is_replayed_with_a_fresh_budget(each: Api) -> None:
    (dead,) = await inserted(each, DYING)
    await ended(each, [dead], "DEAD")
    reply = await each.post(f"{DEAD}/{dead}/replay")
    assert reply.status == 200, reply.text
    assert [move["reason"] for move in reply.json["transitions"]].count("manual_retry") == 1
    await ended(each, [dead], "DEAD")
    assert (await each.post(f"{DEAD}/{ID}/replay")).status == 404
    (failed,) = await inserted(each, FAILING)
    await ended(each, [failed], "FAILED")
    refused = await each.post(f"{DEAD}/{failed}/replay")
    assert (refused.status, refused.json["detail"]) == (
        409,
        "The job is FAILED; only one that is DEAD is a dead letter.",
    )


async def test_many_are_replayed_by_filter(each: Api) -> None:
    ids = await inserted(each, DYING, DYING, DYING)
    await ended(each, ids, "DEAD")
    for wanted, count in (({"kind": "noop"}, 0), ({"ids": ids[:1]}, 1)):
        reply = await each.post(f"{DEAD}/replay", {"filter": wanted})
        assert (reply.status, reply.json) == (200, {"matched": count, "changed": count})
    await ended(each, ids, "DEAD")
    assert (await each.post(f"{DEAD}/replay", {"filter": {"state": "DEAD"}})).json == {"matched": 3, "changed": 3}


async def test_one_is_discarded_with_a_reason(each: Api) -> None:
    (dead,) = await inserted(each, DYING)
    await ended(each, [dead], "DEAD")
    reply = await each.post(f"{DEAD}/{dead}/discard", {"reason": "sent by hand"})
    assert (reply.status, reply.json["state"]) == (200, "CANCELLED")
    assert await listed(each) == []
    assert "sent by hand" in (await each.get(f"{JOBS}/{dead}")).json["why"]
    assert (await each.post(f"{DEAD}/{dead}/discard")).status == 409


@pytest.mark.parametrize("body", [{}, {"filter": {}}, {"filter": {"state": "FAILED"}}, {"filter": {"run": ID}}])
async def test_an_empty_or_unknown_filter_replays_nothing(api: Api, body: dict[str, Any]) -> None:
    ids = await inserted(api, DYING)
    await ended(api, ids, "DEAD")
    assert (await api.post(f"{DEAD}/replay", body)).status == 422
    assert await states(api, ids) == ["DEAD"]


async def test_a_dead_letter_of_another_tenant_is_not_there(locked: Api) -> None:
    admin = await locked.key("owner", instance_admin=True)
    acme = (await locked.post("/api/v1/tenants", {"name": "acme"}, headers=admin)).json["id"]
    stranger = await locked.key("owner", tenant=acme)
    reply = await locked.post(JOBS, {"kind": "noop", "delay": "1h"}, headers=admin)
    job_id = reply.json["id"]
    assert (await locked.get(f"{JOBS}/{job_id}", headers=stranger)).status == 404
    for path in (f"{DEAD}/{job_id}/replay", f"{DEAD}/{job_id}/discard", f"{JOBS}/{job_id}/cancel"):
        assert (await locked.post(path, headers=stranger)).status == 404
    found = await locked.post(f"{JOBS}/bulk", {"action": "cancel", "filter": {"ids": [job_id]}}, headers=stranger)
    assert found.json == {"matched": 0, "changed": 0}
    assert (await locked.get(f"{JOBS}/{job_id}", headers=admin)).json["state"] == "SCHEDULED"
