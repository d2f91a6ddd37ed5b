"""Jobs over HTTP: inserting, what is shown, unique keys, retry and cancel."""

from __future__ import annotations

from tests.http.serving import Api
from tests.support.waiting import eventually

JOBS = "/api/v1/jobs"


async def finished(api: Api, job_id: str, state: str) -> bool:
    shown: str = (await api.get(f"{JOBS}/{job_id}")).json["state"]
    return shown == state


async def test_a_job_runs_and_shows_its_history(api: Api) -> None:
    sent = {"kind": "noop", "payload": {"a": 1}, "priority": 5, "retry": {"max_attempts": 2}, "correlation_id": "mine"}
    reply = await api.post(JOBS, sent)
    assert reply.status == 201
    await eventually(lambda: finished(api, reply.json["id"], "SUCCEEDED"))
    job = (await api.get(f"{JOBS}/{reply.json['id']}")).json
    assert (job["kind"], job["queue"], job["priority"], job["max_attempts"]) == ("noop", "default", 5, 2)
    assert (job["payload"], job["result"], job["correlation_id"]) == ({"a": 1}, {"a": 1}, "mine")
    assert (job["run"], job["node"], job["unique_key"], job["concurrency_key"]) == (None, None, None, None)
    assert [(attempt["number"], attempt["outcome"]) for attempt in job["attempts"]] == [(1, "succeeded")]
    moves = [(move["from"], move["to"], move["reason"]) for move in job["transitions"]]
    assert moves == [
        (None, "PENDING", "inserted"),
        ("PENDING", "RUNNING", "claimed"),
        ("RUNNING", "SUCCEEDED", "succeeded"),
    ]


async def test_a_kind_that_no_worker_knows_waits(api: Api) -> None:
    reply = await api.post(JOBS, {"kind": "task:not.there"})
    assert (reply.status, reply.json["state"]) == (201, "PENDING")


async def test_delays_and_times_schedule(api: Api) -> None:
    delayed = (await api.post(JOBS, {"kind": "noop", "delay": "1h"})).json
    timed = (await api.post(JOBS, {"kind": "noop", "run_at": "2999-01-01T00:00:00+01:00"})).json
    assert (delayed["state"], timed["state"]) == ("SCHEDULED", "SCHEDULED")
    assert timed["run_at"] == "2998-12-31T23:00:00.000000Z"


async def test_a_unique_key_answers_with_the_job_that_holds_it(api: Api) -> None:
    body = {"kind": "noop", "delay": "1h", "unique_key": "u"}
    first, second = await api.post(JOBS, body), await api.post(JOBS, body)
    assert (first.status, second.status) == (201, 200)
    assert second.json["id"] == first.json["id"]
    assert second.json["duplicate"] is True
    assert "duplicate" not in first.json


async def test_a_batch_is_all_or_nothing(api: Api) -> None:
    reply = await api.post(f"{JOBS}/batch", {"jobs": [{"kind": "noop"}, {"kind": "fail", "payload": {"message": "x"}}]})
    assert reply.status == 201
    assert [job["kind"] for job in reply.json["jobs"]] == ["noop", "fail"]
    refused = await api.post(f"{JOBS}/batch", {"jobs": []})
    assert (refused.status, refused.paths) == (422, ["jobs"])


async def test_a_failed_job_is_listed_and_retried(api: Api) -> None:
    job = (await api.post(JOBS, {"kind": "fail", "payload": {"message": "on purpose"}})).json
    await eventually(lambda: finished(api, job["id"], "FAILED"))
    failed = (await api.get(f"{JOBS}?state=FAILED&kind=fail&queue=default")).json["items"]
    assert [(item["id"], item["error"]["type"]) for item in failed] == [(job["id"], "fail")]
    assert "transitions" not in failed[0]
    retried = await api.post(f"{JOBS}/{job['id']}/retry")
    assert retried.status == 200
    await eventually(lambda: finished(api, job["id"], "FAILED"))
    again = (await api.get(f"{JOBS}/{job['id']}")).json
    assert [attempt["number"] for attempt in again["attempts"]] == [1, 2]


async def test_cancel_ends_a_job_once(api: Api) -> None:
    job = (await api.post(JOBS, {"kind": "noop", "delay": "1h"})).json
    assert (await api.post(f"{JOBS}/{job['id']}/retry")).status == 409
    reply = await api.post(f"{JOBS}/{job['id']}/cancel")
    assert (reply.status, reply.json["state"]) == (200, "CANCELLED")
    assert (await api.post(f"{JOBS}/{job['id']}/cancel")).status == 409


async def test_another_tenant_in_a_body_is_404(api: Api) -> None:
    assert (await api.post(JOBS, {"kind": "noop", "tenant_id": "acme"})).status == 404
    assert (await api.post(JOBS, {"kind": "noop", "tenant_id": "default"})).status == 201


async def test_queues_and_workers_are_shown(api: Api) -> None:
    await api.post(JOBS, {"kind": "noop", "queue": "slow", "delay": "1h"})
    queues = {queue["name"]: queue for queue in (await api.get("/api/v1/queues")).json["items"]}
    assert queues["slow"]["scheduled"] == 1
    workers = (await api.get("/api/v1/workers")).json["items"]
    assert [worker["alive"] for worker in workers] == [True]
