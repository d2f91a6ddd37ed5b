"""Retry, cancel and discard, of one job and of all that a filter finds; the same on both stores."""

from __future__ import annotations

from typing import Any

import pytest

from tests.http.serving import Api, Reply, parked
from tests.support.waiting import eventually

JOBS = "/api/v1/jobs"
ID = "01890000-0000-7000-8000-000000000000"
DYING = {"kind": "fail", "payload": {"message": "no luck", "retryable": True}, "retry": {"max_attempts": 1}}
FAILING = {"kind": "fail", "payload": {"message": "never"}}
LATER = {"kind": "noop", "delay": "1h"}


async def inserted(api: Api, *bodies: dict[str, Any]) -> list[str]:
    """The ids of jobs that were inserted together."""
    reply = await api.post(f"{JOBS}/batch", {"jobs": list(bodies)})
    assert reply.status == 201, reply.text
    return [job["id"] for job in reply.json["jobs"]]


async def states(api: Api, ids: list[str]) -> list[str]:
    return [(await api.get(f"{JOBS}/{job_id}")).json["state"] for job_id in ids]


async def ended(api: Api, ids: list[str], state: str) -> None:
    """Waits until all of them are in this state."""

    async def all_there() -> bool:
        return set(await states(api, ids)) == {state}

    await eventually(all_there)


async def bulk(api: Api, action: str, wanted: dict[str, Any], **more: Any) -> Reply:
    return await api.post(f"{JOBS}/bulk", {"action": action, "filter": wanted, **more})


async def test_one_call_answers_why_a_job_died(each: Api) -> None:
    body = {**DYING, "retry": {"max_attempts": 2, "strategy": "fixed", "base_delay": "10ms", "jitter": "none"}}
    (job_id,) = await inserted(each, body)
    await ended(each, [job_id], "DEAD")
    job = (await each.get(f"{JOBS}/{job_id}")).json
    assert job["why"].startswith("DEAD: all 2 attempts failed; the last with fail: no luck (attempt 2 on worker ")
    assert [(a["number"], a["lease"], a["outcome"], a["error_type"]) for a in job["attempts"]] == [
        (1, 1, "failed", "fail"),
        (2, 2, "failed", "fail"),
    ]
    assert job["attempts"][0]["retry_at"] is not None
    assert job["attempts"][1]["retry_at"] is None
    worker = (await each.get("/api/v1/workers")).json["items"][0]["id"]
    assert {attempt["worker"] for attempt in job["attempts"]} == {worker}
    moves = [(move["to"], move["reason"], move["lease"], move["worker"]) for move in job["transitions"]]
    assert moves == [
        ("PENDING", "inserted", 0, None),
        ("RUNNING", "claimed", 1, worker),
        ("SCHEDULED", "retry", 1, worker),
        ("RUNNING", "claimed", 2, worker),
        ("DEAD", "retries_exhausted", 2, worker),
    ]
    assert job["transitions"][2]["retry_at"] == job["attempts"][0]["retry_at"]
    assert job["retry"]["strategy"] == "fixed"


async def test_discard_needs_a_job_that_ended_badly_and_keeps_the_reason(each: Api) -> None:
    failed, later = await inserted(each, FAILING, LATER)
    await ended(each, [failed], "FAILED")
    reply = await each.post(f"{JOBS}/{failed}/discard", {"reason": "the customer left"})
    assert (reply.status, reply.json["state"]) == (200, "CANCELLED")
    assert "the customer left" in reply.json["why"]
    last = reply.json["transitions"][-1]
    assert (last["from"], last["to"], last["reason"], last["message"]) == (
        *("FAILED", "CANCELLED", "discarded"),
        "the customer left",
    )
    assert (await each.post(f"{JOBS}/{failed}/discard")).status == 409
    refused = await each.post(f"{JOBS}/{later}/discard")
    assert (refused.status, "SCHEDULED" in refused.json["detail"]) == (409, True)
    assert (await each.post(f"{JOBS}/{ID}/discard")).status == 404
    assert (await each.post(f"{JOBS}/{later}/discard", {"why": "x"})).status == 422


async def test_bulk_cancels_what_has_not_ended(each: Api) -> None:
    mine = await inserted(
        each, *[{**LATER, "queue": "bulk"} for _ in range(3)], {"kind": "nobody.knows", "queue": "bulk"}
    )
    other = await inserted(each, LATER)
    counted = await bulk(each, "cancel", {"queue": "bulk"}, dry_run=True)
    assert counted.json == {"matched": 4, "changed": 0}
    assert set(await states(each, mine)) == {"SCHEDULED", "PENDING"}
    done = await bulk(each, "cancel", {"queue": "bulk"})
    assert (done.status, done.json) == (200, {"matched": 4, "changed": 4})
    assert set(await states(each, mine)) == {"CANCELLED"}
    assert await states(each, other) == ["SCHEDULED"]
    assert (await bulk(each, "cancel", {"queue": "bulk"})).json == {"matched": 0, "changed": 0}


async def test_bulk_goes_beyond_one_transaction(each: Api) -> None:
    for _ in range(2):
        await inserted(each, *[{**LATER, "kind": "nobody.knows"}] * 600)
    assert (await bulk(each, "cancel", {"kind": "nobody.knows"})).json == {"matched": 1200, "changed": 1200}
    left = (await each.get(f"{JOBS}?state=SCHEDULED&kind=nobody.knows")).json["items"]
    assert left == []


async def test_bulk_retries_what_failed_or_died_but_not_what_was_cancelled(each: Api) -> None:
    bad = await inserted(each, FAILING)
    dead = await inserted(each, DYING, DYING)
    await ended(each, dead, "DEAD")
    await ended(each, bad, "FAILED")
    (cancelled,) = await inserted(each, {**LATER, "kind": "fail", "payload": {"message": "x"}})
    await each.post(f"{JOBS}/{cancelled}/cancel")
    assert (await bulk(each, "retry", {"kind": "fail"})).json == {"matched": 3, "changed": 3}
    await ended(each, dead, "DEAD")
    job = (await each.get(f"{JOBS}/{dead[0]}")).json
    assert [attempt["number"] for attempt in job["attempts"]] == [1, 2]
    assert await states(each, [cancelled]) == ["CANCELLED"]
    assert (await bulk(each, "retry", {"kind": "fail", "state": "CANCELLED"})).json == {"matched": 1, "changed": 1}


async def test_jobs_that_are_named_are_counted_whether_they_can_be_changed_or_not(each: Api) -> None:
    ids = await inserted(each, DYING, LATER)
    await ended(each, ids[:1], "DEAD")
    assert (await bulk(each, "retry", {"ids": [*ids, ID, ids[0]]})).json == {"matched": 2, "changed": 1}
    assert (await bulk(each, "discard", {"ids": ids[1:]})).json == {"matched": 1, "changed": 0}


async def test_bulk_discards_with_a_reason(each: Api) -> None:
    ids = await inserted(each, DYING, DYING)
    await ended(each, ids, "DEAD")
    assert (await bulk(each, "discard", {"state": "DEAD"}, reason="known fault")).json == {"matched": 2, "changed": 2}
    assert "known fault" in (await each.get(f"{JOBS}/{ids[1]}")).json["why"]
    assert (await each.get("/api/v1/dead-letters")).json["items"] == []


@pytest.mark.parametrize(("body", "path"), [
    ({}, "action"),
    ({"action": "retry"}, "filter"),
    ({"action": "delete", "filter": {"state": "DEAD"}}, "action"),
    ({"action": "retry", "filter": {}}, "filter"),
    ({"action": "retry", "filter": {"queue": None}}, "filter"),
    ({"action": "retry", "filter": {"ids": []}}, "filter.ids"),
    ({"action": "retry", "filter": {"ids": ["x"]}}, "filter.ids"),
    ({"action": "retry", "filter": {"state": "GONE"}}, "filter.state"),
    ({"action": "retry", "filter": {"state": "RUNNING"}}, "filter.state"),
    ({"action": "cancel", "filter": {"state": "DEAD"}}, "filter.state"),
    ({"action": "retry", "filter": {"colour": "red"}}, "filter.colour"),
    ({"action": "retry", "filter": {"run": "x"}}, "filter.run"),
    ({"action": "discard", "filter": {"state": "DEAD"}, "reason": ""}, "reason"),
])  # fmt: skip
async def test_a_filter_that_is_not_valid_changes_nothing(api: Api, body: dict[str, Any], path: str) -> None:
    ids = await inserted(api, LATER)
    reply = await api.post(f"{JOBS}/bulk", body)
    assert reply.status == 422, reply.text
    assert path in reply.paths
    assert await states(api, ids) == ["SCHEDULED"]


async def test_the_job_of_a_run_is_retried_by_a_rerun_and_never_among_many(each: Api) -> None:
    await each.create(parked())
    run = (await each.post("/api/v1/workflows/parked/runs", {})).json
    job_id = run["nodes"]["later"]["job_id"]
    await ended(each, [job_id], "SCHEDULED")
    assert (await each.post(f"{JOBS}/{job_id}/cancel")).json["state"] == "CANCELLED"
    reply = await each.post(f"{JOBS}/{job_id}/retry")
    assert (reply.status, reply.json["rerun_of"]) == (201, run["id"])
    assert (await bulk(each, "retry", {"ids": [job_id]})).json == {"matched": 1, "changed": 0}


async def test_a_viewer_only_looks(locked: Api) -> None:
    viewer, operator = await locked.key("viewer"), await locked.key("operator")
    body = {"action": "cancel", "filter": {"queue": "default"}}
    assert (await locked.post(f"{JOBS}/bulk", body, headers=viewer)).status == 403
    assert (await locked.post(f"{JOBS}/bulk", body, headers=operator)).status == 200
    assert (await locked.get("/api/v1/dead-letters", headers=viewer)).status == 200
    assert (await locked.post("/api/v1/dead-letters/replay", {"filter": {"kind": "x"}}, headers=viewer)).status == 403
