"""Queues over HTTP: what waits in them, limits, pause and resume, and why a job waits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.http.serving import Api, serving
from tests.http.test_job_control import JOBS, ended, inserted
from tests.support.waiting import eventually

QUEUES = "/api/v1/queues"


async def changed(api: Api, name: str, **settings: Any) -> dict[str, Any]:
    reply = await api.call("PATCH", f"{QUEUES}/{name}", json=settings)
    assert reply.status == 200, reply.text
    queue: dict[str, Any] = reply.json
    return queue


async def why(api: Api, job_id: str) -> str:
    told: str = (await api.get(f"{JOBS}/{job_id}")).json["why"]
    return told


async def worker_of(api: Api) -> dict[str, Any]:
    """The server's worker, once it has introduced itself."""

    async def workers() -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await api.get("/api/v1/workers")).json["items"]
        return items

    found: list[dict[str, Any]] = await eventually(workers)
    return found[0]


async def test_the_default_queue_is_there_before_its_first_job(each: Api) -> None:
    (queue,) = (await each.get(QUEUES)).json["items"]
    assert (queue["name"], queue["pending"], queue["paused"], queue["rate"]) == ("default", 0, False, None)
    assert (await each.get(f"{QUEUES}/default")).json == queue
    assert (await each.get(f"{QUEUES}/mail")).status == 404


async def test_limits_are_set_kept_and_lifted(each: Api) -> None:
    queue = await changed(
        each, "mail", concurrency=5, rate="100/1m", priority=7, retention={"SUCCEEDED": "1d", "DEAD": "90d"}
    )
    assert (queue["concurrency"], queue["rate"], queue["priority"]) == (5, "100/1m", 7)
    assert queue["retention"] == {"SUCCEEDED": "1d", "DEAD": "90d"}
    queue = await changed(each, "mail", concurrency=None)
    assert (queue["concurrency"], queue["rate"], queue["priority"]) == (None, "100/1m", 7)
    queue = await changed(each, "mail", rate=None, retention=None)
    assert (queue["rate"], queue["retention"]) == (None, {})
    assert (await each.get(f"{QUEUES}/mail")).json == queue


async def test_a_paused_queue_starts_nothing_until_it_is_resumed(each: Api) -> None:
    assert (await changed(each, "default", paused=True))["paused"] is True
    (job_id,) = await inserted(each, {"kind": "noop"})
    assert await why(each, job_id) == "PENDING: the queue default is paused."
    assert (await each.get(f"{QUEUES}/default")).json["pending"] == 1
    await changed(each, "default", paused=False)
    await ended(each, [job_id], "SUCCEEDED")


@pytest.mark.parametrize(("settings", "path"), [
    ({}, ""),
    ({"concurrency": 0}, "concurrency"),
    ({"concurrency": "5"}, "concurrency"),
    ({"rate": "quick"}, "rate"),
    ({"rate": "10/0s"}, "rate"),
    ({"priority": 101}, "priority"),
    ({"priority": None}, "priority"),
    ({"paused": None}, "paused"),
    ({"paused": "yes"}, "paused"),
    ({"retention": {"RUNNING": "1d"}}, "retention.RUNNING"),
    ({"retention": {"DEAD": "long"}}, "retention.DEAD"),
    ({"limit": 5}, "limit"),
])  # fmt: skip
async def test_a_wrong_setting_is_422_and_changes_nothing(api: Api, settings: dict[str, Any], path: str) -> None:
    before = (await api.get(f"{QUEUES}/default")).json
    reply = await api.call("PATCH", f"{QUEUES}/default", json=settings)
    assert (reply.status, reply.paths) == (422, [path])
    assert (await api.get(f"{QUEUES}/default")).json == before


@pytest.mark.parametrize("name", ["-x", "a%20b", "%00", "x" * 65])
async def test_a_name_that_no_queue_can_have_is_refused(api: Api, name: str) -> None:
    reply = await api.call("PATCH", f"{QUEUES}/{name}", json={"paused": True})
    assert (reply.status, reply.paths) == (422, ["queue"])
    assert (await api.get(f"{QUEUES}/{name}")).status == 404


async def test_only_an_admin_of_the_instance_changes_a_queue(locked: Api) -> None:
    owner, admin = await locked.key("owner"), await locked.key("viewer", instance_admin=True)
    body = {"paused": True}
    assert (await locked.call("PATCH", f"{QUEUES}/default", json=body, headers=owner)).status == 403
    assert (await locked.get(QUEUES, headers=owner)).status == 200
    assert (await locked.call("PATCH", f"{QUEUES}/default", json=body, headers=admin)).status == 200


async def test_a_tenant_is_told_its_own_numbers_only(each: Api) -> None:
    await changed(each, "default", paused=True)
    await inserted(each, *[{"kind": "noop"}] * 3)
    acme = (await each.post("/api/v1/tenants", {"name": "acme"})).json["id"]
    key = await each.key("owner", tenant=acme)
    for path in (f"{QUEUES}/default", QUEUES):
        found = (await each.get(path, headers=key)).json
        queue = found["items"][0] if "items" in found else found
        assert (queue["pending"], queue["oldest_due_at"], queue["paused"]) == (0, None, True)
    await each.post(JOBS, {"kind": "noop"}, headers=key)
    assert (await each.get(f"{QUEUES}/default", headers=key)).json["pending"] == 1
    assert (await each.get(f"{QUEUES}/default")).json["pending"] == 4
    assert (await each.get("/metrics", headers=key)).status == 403
    assert (await each.get("/metrics")).status == 200


async def test_why_a_job_waits_tells_no_number_of_another_tenant(store_url: str) -> None:
    async with serving(url=store_url, queues=("default",)) as api:
        await worker_of(api)
        await changed(api, "default", rate="1/1d")
        await inserted(api, *[{"kind": "noop"}] * 5)
        acme = (await api.post("/api/v1/tenants", {"name": "acme"})).json["id"]
        key = await api.key("operator", tenant=acme)
        ids = [(await api.post(JOBS, {"kind": "noop"}, headers=key)).json["id"] for _ in range(2)]
        told = (await api.get(f"{JOBS}/{ids[1]}", headers=key)).json["why"]
    assert "beside 1 other of its tenant in its queue, which starts at most 1/1d" in told


async def test_what_a_job_waits_for_is_said(store_url: str) -> None:
    async with serving(url=store_url, queues=("default",)) as api:
        await worker_of(api)
        elsewhere, tagged = await inserted(api, {"kind": "noop", "queue": "mail"}, {"kind": "noop", "tag": "gpu"})
        assert "no worker alive serves the queue mail" in await why(api, elsewhere)
        assert "no worker alive carries the tag gpu" in await why(api, tagged)
        keyed = await inserted(api, *[{"kind": "noop", "queue": "mail", "concurrency_key": "k"}] * 2)
        assert "another job with its concurrency key k holds its place" in await why(api, keyed[1])
        job = (await api.get(f"{JOBS}/{keyed[1]}")).json
        assert (job["blocked"], job["concurrency_key"]) == (True, "k")
        queue = (await api.get(f"{QUEUES}/mail")).json
        assert (queue["pending"], queue["blocked"]) == (3, 1)


async def test_workers_show_their_queues_and_tags(each: Api) -> None:
    worker = await worker_of(each)
    assert (worker["tags"], worker["alive"], worker["running"]) == ([], True, 0)
    assert worker["pid"] > 0


async def test_a_limit_that_is_lifted_wakes_the_workers(each: Api) -> None:
    await changed(each, "default", rate="1/1d")
    ids = await inserted(each, *[{"kind": "noop"}] * 3)

    async def one_is_done() -> bool:
        return len((await each.get(f"{JOBS}?state=SUCCEEDED")).json["items"]) == 1

    await eventually(one_is_done)
    await changed(each, "default", rate=None)
    await ended(each, ids, "SUCCEEDED")


async def test_every_list_has_pages(api: Api) -> None:
    for name in ("a", "b"):
        await api.post("/api/v1/jobs", {"kind": "noop", "queue": name, "delay": "1h"})
        await api.post("/api/v1/keys", {"name": name, "role": "viewer"})
    for path in ("/api/v1/queues", "/api/v1/keys", "/api/v1/workers"):
        whole = (await api.get(f"{path}?limit=500")).json
        assert whole["next"] is None
        seen, cursor = [], ""
        while cursor is not None:
            page = (await api.get(f"{path}?limit=1{cursor and '&cursor='}{cursor}")).json
            assert len(page["items"]) == 1
            seen += page["items"]
            cursor = page["next"]
        assert [each.get("id", each.get("name")) for each in seen] == [
            each.get("id", each.get("name")) for each in whole["items"]
        ]
        for wrong in ("limit=0", "limit=501", "cursor=zzz", "cursor=%FF", "page=2"):
            assert (await api.get(f"{path}?{wrong}")).status == 422, (path, wrong)
