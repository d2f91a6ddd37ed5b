"""The job engine's addresses: the API's own jobs in the words of its document."""

from __future__ import annotations

from typing import Any

import pytest

from tests.http.serving import Api
from tests.support.waiting import eventually

JOBS = "/jobs"
LATER = "2099-01-31T07:00:00.000000Z"


async def in_state(api: Api, job_id: str, state: str) -> Any:
    async def there() -> Any:
        job = (await api.get(f"{JOBS}/{job_id}")).json
        return job if job["state"] == state else None

    return await eventually(there, 20)


async def test_a_job_is_scheduled_seen_and_done(each: Api) -> None:
    made = await each.post(JOBS, {"job_type": "noop", "payload": {"n": 1}, "queue": "billing", "priority": 5})
    assert made.status == 201, made.text
    job = await in_state(each, made.json["id"], "SUCCEEDED")
    assert (job["job_type"], job["kind"], job["queue"], job["tenant_id"]) == ("noop", "noop", "billing", "default")
    assert job["next_run_at"] == job["run_at"]
    assert (job["last_error_type"], job["last_error_message"]) == (None, None)
    assert len(job["attempts"]) == 1
    assert job == {**(await each.get(f"/api/v1/jobs/{job['id']}")).json, **job}


async def test_our_own_words_are_understood_too(api: Api) -> None:
    made = await api.post(JOBS, {"kind": "noop", "run_at": LATER})
    same = await api.post(JOBS, {"job_type": "noop", "next_run_at": LATER})
    assert {(job.json["state"], job.json["next_run_at"]) for job in (made, same)} == {("SCHEDULED", LATER)}


async def test_jobs_are_listed_by_state_and_queue(api: Api) -> None:
    for queue in ("a", "b"):
        await api.post(JOBS, {"job_type": "noop", "queue": queue, "next_run_at": LATER})
    listed = (await api.get(f"{JOBS}?state=SCHEDULED&queue=a")).json
    assert [(job["queue"], job["job_type"]) for job in listed["items"]] == [("a", "noop")]
    assert (await api.get(f"{JOBS}?state=PENDING&queue=default")).json == {"items": [], "next": None}
    page = (await api.get(f"{JOBS}?limit=1")).json
    assert [job["queue"] for job in (await api.get(f"{JOBS}?cursor={page['next']}")).json["items"]] == ["a"]


async def test_a_failed_job_tells_its_last_error_and_is_retried(api: Api) -> None:
    made = (await api.post(JOBS, {"job_type": "fail", "payload": {"message": "no luck"}})).json
    failed = await in_state(api, made["id"], "FAILED")
    assert (failed["last_error_type"], failed["last_error_message"]) == ("fail", "no luck")
    retried = await api.post(f"{JOBS}/{made['id']}/retry")
    assert (retried.status, retried.json["job_type"]) == (200, "fail")

    async def twice() -> Any:
        job = (await api.get(f"{JOBS}/{made['id']}")).json
        return len(job["attempts"]) == 2 and job["state"] == "FAILED"

    await eventually(twice)


async def test_the_last_error_is_told_while_it_is_tried_again(api: Api) -> None:
    retry = {"max_attempts": 2, "base_delay": "1h", "max_delay": "1h", "jitter": "none"}
    body = {"job_type": "fail", "payload": {"message": "away", "retryable": True}, "retry": retry}
    made = (await api.post(JOBS, body)).json

    async def failed_once() -> Any:
        job = (await api.get(f"{JOBS}/{made['id']}")).json
        return job if job["state"] == "SCHEDULED" and job["attempts"] else None

    job = await eventually(failed_once)
    assert (job["last_error_type"], job["last_error_message"]) == ("fail", "away")


async def test_a_job_is_cancelled_once(api: Api) -> None:
    made = (await api.post(JOBS, {"job_type": "noop", "next_run_at": LATER})).json
    assert (await api.post(f"{JOBS}/{made['id']}/cancel")).json["state"] == "CANCELLED"
    assert (await api.post(f"{JOBS}/{made['id']}/cancel")).status == 409


async def test_the_same_key_gives_the_same_job(api: Api) -> None:
    body, key = {"job_type": "noop"}, {"Idempotency-Key": "once"}
    first, again = await api.post(JOBS, body, headers=key), await api.post(JOBS, body, headers=key)
    assert again.json["id"] == first.json["id"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (await api.post(JOBS, {"job_type": "fail"}, headers=key)).status == 409


async def test_a_taken_unique_key_is_told(api: Api) -> None:
    body = {"job_type": "noop", "next_run_at": LATER, "unique_key": "one"}
    first, second = await api.post(JOBS, body), await api.post(JOBS, body)
    assert (second.status, second.json["id"], second.json["duplicate"]) == (200, first.json["id"], True)


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({}, ["job_type"]),
        ({"job_type": ""}, ["job_type"]),
        ({"job_type": "noop", "next_run_at": "soon"}, ["next_run_at"]),
        ({"kind": "noop", "run_at": "soon"}, ["run_at"]),
        ({"kind": "noop", "job_type": "noop"}, ["job_type"]),
        ({"job_type": "noop", "colour": "red"}, ["colour"]),
        ([], [""]),
    ],
)
async def test_problems_are_named_as_they_were_sent(api: Api, body: Any, paths: list[str]) -> None:
    reply = await api.post(JOBS, body)
    assert (reply.status, reply.paths) == (422, paths)


async def test_another_tenants_job_is_not_there(api: Api) -> None:
    assert (await api.post(JOBS, {"job_type": "noop", "tenant_id": "other"})).status == 404
    assert (await api.post(JOBS, {"job_type": "noop", "tenant_id": "default"})).status == 201


async def test_queues_and_health(locked: Api) -> None:
    assert (await locked.get("/health")).json == (await locked.get("/health/ready")).json
    key = await locked.key("viewer")
    queues = (await locked.get("/admin/queues", headers=key)).json
    assert [queue["name"] for queue in queues["items"]] == ["default"]
    assert (await locked.get("/admin/queues?name=x", headers=key)).paths == ["name"]
