"""Many listeners on one tail: everybody gets everything once and in order, whatever they do; what retention took."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any

import pytest

from holdfast.engine import tail as tails
from holdfast.http import sse
from holdfast.model.instant import SECOND
from tests.http.listening import TENANT, Client, following, tell
from tests.http.serving import Api, parked, serving, workflow
from tests.support.waiting import eventually

DAY = 86_400 * SECOND


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every page that a stream reads by itself."""
    seen: list[Any] = []
    read = sse.EventReader._page

    async def page(reader: sse.EventReader) -> Any:
        seen.append(reader.after)
        return await read(reader)

    monkeypatch.setattr(sse.EventReader, "_page", page)
    return seen


async def test_many_clients_get_everything_once_and_in_order(each: Api) -> None:
    clients = [Client(each) for _ in range(20)] + [Client(each, f"?type=tick.{digit}") for digit in range(10)]
    async with following(*clients):
        await tell(each, range(1_000))
        await asyncio.gather(*(client.has(1_000) for client in clients[:20]))
        await asyncio.gather(*(client.has(100) for client in clients[20:]))
    for client in clients[:20]:
        assert client.numbers == list(range(1_000))
    for digit, client in enumerate(clients[20:]):
        assert client.numbers == list(range(digit, 1_000, 10))


async def test_the_store_is_read_once_for_all_of_them(api: Api, reads: list[Any]) -> None:
    clients = [Client(api) for _ in range(20)]
    async with following(*clients):
        await tell(api, range(10))
        await asyncio.gather(*(client.has(10) for client in clients))
        before = len(reads)
        await tell(api, range(10, 500))
        await asyncio.gather(*(client.has(500) for client in clients))
        assert len(reads) == before


async def test_slow_clients_read_the_store_and_catch_up(
    each: Api, reads: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tails, "MOST_EVENTS", 200)
    slow, quick = [Client(each), Client(each, "?type=tick.3")], Client(each)
    async with following(*slow, quick):
        for client in slow:
            client.reading.clear()
        await tell(each, range(3_000), 100, size=5_000)
        await quick.has(3_000)
        before = len(reads)
        for client in slow:
            client.reading.set()
        await slow[0].has(3_000)
        await slow[1].has(300)
        assert len(reads) > before
        await tell(each, range(3_000, 3_020))
        await slow[0].has(3_020)
    assert quick.numbers[:3_000] == list(range(3_000))
    assert slow[0].numbers == list(range(3_020))
    assert slow[1].numbers[:300] == list(range(3, 3_000, 10))


@pytest.mark.parametrize("seed", range(3))
async def test_clients_that_are_cut_off_again_and_again_miss_nothing(each: Api, seed: int) -> None:
    random = Random(seed)
    begin = await each.app.services.store.last_cursor()
    clients = [Client(each, "?type=tick.1", last=begin) for _ in range(5)]
    async with following(*clients):
        for first in range(0, 1_000, 50):
            await tell(each, range(first, first + 50))
            for client in random.sample(clients, 3):
                client.cut()
            await random.choice(clients).has(first // 10 // 2)
        await asyncio.gather(*(client.has(100) for client in clients))
    for client in clients:
        assert client.numbers == list(range(1, 1_000, 10))
        assert client.connections > 3


async def test_two_servers_on_one_store(postgres_url: str) -> None:
    async with serving(url=postgres_url) as one, serving(url=postgres_url, role="server") as other:
        here, there = Client(one), Client(other)
        async with following(here, there):
            await asyncio.gather(tell(one, range(500)), tell(other, range(500, 1_000)))
            await asyncio.gather(here.has(1_000), there.has(1_000))
            # From one server to the other, and back, with the cursor of the first.
            moved = Client(one, last=there.ids[499])
            async with following(moved):
                await moved.has(500)
    assert here.ids == there.ids
    assert moved.ids == here.ids[500:]
    assert sorted(here.numbers) == list(range(1_000))


async def test_one_run_and_one_job_are_told_to_their_ends(each: Api) -> None:
    await each.create(workflow())
    await each.create(parked())
    run = (await each.post("/api/v1/workflows/parked/runs", {})).json
    job = (await each.post("/api/v1/jobs", {"kind": "noop", "delay": "1h"})).json
    of_run, of_job = Client(each, f"?run={run['id']}"), Client(each, f"?job={job['id']}")
    async with following(of_run, of_job):
        await each.post("/api/v1/workflows/greet/runs", {"wait": 10})
        await each.post(f"/api/v1/runs/{run['id']}/cancel")
        await each.post(f"/api/v1/jobs/{job['id']}/cancel")
        await eventually(lambda: "workflow.finished" in [event["type"] for event in of_run.events])
        await eventually(lambda: "job.cancelled" in [event["type"] for event in of_job.events])
    assert {event["run"] for event in of_run.events} == {run["id"]}
    assert {event["job"] for event in of_job.events} == {job["id"]}
    assert [event["type"] for event in of_job.events][-1] == "job.cancelled"


async def test_a_quiet_client_goes_on_from_where_the_tail_was(each: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    quiet = Client(each, "?type=nothing")
    async with following(quiet):
        began = quiet.last
        await tell(each, range(20))
        monkeypatch.setattr(sse, "HEARTBEAT", 0.0)
        newest = (await each.get("/api/v1/events?limit=500")).json["items"][-1]["id"]
        await eventually(lambda: quiet.last == newest)
        assert began != newest


async def test_what_retention_took_is_told_once(each: Api) -> None:
    services = each.app.services
    await tell(each, range(10))
    first, last = (await each.get("/api/v1/events")).json["items"][0]["id"], None
    now = services.now()
    await services.store.prune(now + DAY, DAY // 2)
    await tell(each, range(10, 20))
    kept = (await each.get("/api/v1/events")).json["items"]
    last = kept[-1]["id"]
    assert [event["data"]["n"] for event in kept] == list(range(10, 20))
    behind, ahead, fresh = Client(each, last=first), Client(each, last=kept[2]["id"]), Client(each)
    of_run = Client(each, "?run=0199d5a0-0000-7000-8000-000000000000", last=first)
    async with following(behind, ahead, fresh, of_run):
        await behind.has(10)
        await ahead.has(7)
        await tell(each, range(20, 21))
        await asyncio.gather(behind.has(11), ahead.has(8), fresh.has(1))
    whole = await services.store.whole_after(TENANT)
    assert behind.resets == [{"id": first, "whole_after": whole}]
    assert behind.numbers == list(range(10, 21))
    assert ahead.resets == fresh.resets == of_run.resets == []
    assert last == kept[-1]["id"]


async def test_the_mark_of_what_was_pruned_never_goes_back(each: Api) -> None:
    store = each.app.services.store
    assert await store.whole_after(TENANT) is None
    await tell(each, range(10))
    await tell(each, range(5), tenant="other")
    now = each.app.services.now()
    await store.prune(now + DAY, DAY // 2)
    mark = await store.whole_after(TENANT)
    assert mark is not None
    await tell(each, range(10, 12))
    await store.prune(now, DAY)
    assert await store.whole_after(TENANT) == mark
    assert await store.whole_after("other") not in (None, mark)
    assert await store.whole_after("nobody") is None
