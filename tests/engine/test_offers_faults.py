"""Faults on the way of an offer: each of its steps fails or loses its answer, and every job still runs just once."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from holdfast.engine import stream_reader
from holdfast.model.instant import HOUR, MILLISECOND, SECOND
from holdfast.model.job import JobState
from holdfast.model.json import JSONObject
from holdfast.model.outcome import Outcome, Succeeded
from holdfast.ports import NodeContext
from tests.engine.kinds import Kind
from tests.engine.offering import offering
from tests.engine.test_offered_work import Gated, all_ended, free_slots, insert_many, nothing_out
from tests.support.valkey import ValkeyServer
from tests.support.waiting import eventually

pytestmark = pytest.mark.chaos

SOON = 10.0


@pytest.mark.parametrize("call", ["claim_offered", "ready_offers", "next_due"])
async def test_the_store_is_away_for_a_call(postgres_url: str, valkey_server: ValkeyServer, call: str) -> None:
    async with offering(postgres_url, valkey_server) as w:
        w.work()
        w.faults.lose(call)
        await all_ended(w, await insert_many(w, "noop", 5))
        assert w.faults.planned(call) == 0
        await nothing_out(w, valkey_server)


async def test_the_answer_of_a_claim_is_lost(postgres_url: str, valkey_server: ValkeyServer) -> None:
    """What it claimed is nobody's in this process: the heartbeat gives it back, and it isn't taken for done."""
    async with offering(postgres_url, valkey_server) as w:
        w.work(lease=2 * SECOND)
        w.faults.lose_answer("claim_offered")
        ids = await insert_many(w, "noop", 3)
        for job_id in ids:
            assert (await w.ended(job_id)).state is JobState.SUCCEEDED
        assert w.faults.planned("claim_offered") == 0
        await nothing_out(w, valkey_server)


LOST = [(call, False) for call in ("settle", "read", "offer", "seats", "rung", "lead")]


@pytest.mark.parametrize(("call", "answered"), [*LOST, ("settle", True), ("offer", True), ("lead", True)])
async def test_the_broker_is_away_for_a_call(
    postgres_url: str, valkey_server: ValkeyServer, call: str, answered: bool
) -> None:
    async with offering(postgres_url, valkey_server) as w:
        w.work()
        await eventually(lambda: free_slots(w, 10))
        (w.broken.lose_answer if answered else w.broken.lose)(call)
        ids = await insert_many(w, "noop", 5)
        await all_ended(w, ids)
        await all_ended(w, await insert_many(w, "noop", 5))


async def test_nothing_is_read_after_a_stop(postgres_url: str, valkey_server: ValkeyServer) -> None:
    gated = Gated()
    async with (
        offering(postgres_url, valkey_server, gated.kind) as w,
        offering(postgres_url, valkey_server, gated.kind, relay=False) as other,
    ):
        worker = w.work(concurrency=4)
        await eventually(lambda: free_slots(w, 4))
        await w.stopped(worker)
        assert await w.streams.seats(w.clock.now()) == []
        ids = await insert_many(w, "gated", 4)
        gated.gate.set()
        other.work(concurrency=4)
        await all_ended(w, ids)
        assert other.counted_offers("taken") == 4


async def test_a_claim_under_way_at_a_stop_is_given_back(postgres_url: str, valkey_server: ValkeyServer) -> None:
    async with (
        offering(postgres_url, valkey_server) as w,
        offering(postgres_url, valkey_server, relay=False) as other,
    ):
        worker = w.work(concurrency=4)
        gate = w.faults.hold("claim_offered")
        ids = await insert_many(w, "noop", 2)
        await gate.reached.wait()
        stopping = asyncio.create_task(w.stopped(worker))
        await asyncio.sleep(0)
        other.work(concurrency=4)
        gate.open()
        await stopping
        for job_id in ids:
            assert (await w.ended(job_id)).state is JobState.SUCCEEDED
        await nothing_out(w, valkey_server)


async def test_a_dead_worker_leaves_what_it_read(postgres_url: str, valkey_server: ValkeyServer) -> None:
    """Declared dead while its offers wait for their claim: it comes back under a new id, which gets them."""
    async with offering(postgres_url, valkey_server) as w:
        worker = w.work(lease=20 * SECOND)
        gate = w.faults.hold("claim_offered")
        ids = await insert_many(w, "noop", 3)
        await gate.reached.wait()
        first = worker.worker_id
        await w.store.rescue(w.clock.now(), hung_grace=SECOND, gone=[str(first)])
        gate.open()
        await all_ended(w, ids)
        assert worker.worker_id not in (None, first)
        assert [seat.worker_id for seat in await w.streams.seats(w.clock.now())] == [worker.worker_id]


async def test_handlers_of_a_dead_worker_end_before_it_takes_its_leave(
    postgres_url: str, valkey_server: ValkeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_reader, "_FAREWELL", HOUR)
    began: list[int] = []
    cancelled = asyncio.Event()

    async def works(context: NodeContext, params: JSONObject) -> Outcome:
        began.append(context.attempt)
        try:
            if len(began) == 1:
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return Succeeded()

    async with offering(postgres_url, valkey_server, Kind("works", works)) as w:
        worker = w.work(lease=HOUR)
        (job_id,) = await insert_many(w, "works", 1)
        await eventually(lambda: began)
        leave = w.broken.hold("leave")
        await w.store.rescue(w.clock.now(), hung_grace=SECOND, gone=[str(worker.worker_id)])
        w.wakeups.notify({"queue:default"})
        await leave.reached.wait()
        await asyncio.wait_for(cancelled.wait(), SOON)
        leave.open()
        assert (await w.ended(job_id)).state is JobState.SUCCEEDED


async def test_offers_that_are_refused_again_and_again_are_kept_back(
    postgres_url: str, valkey_server: ValkeyServer
) -> None:
    """The relay and the worker don't hand them to and fro as fast as they can."""
    refusals = 9

    async def refused(call: Callable[..., Awaitable[Any]], args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        return []

    async with offering(postgres_url, valkey_server) as w:
        w.faults.plan("claim_offered", refused, refusals)
        w.work()
        began = w.clock.now()
        ids = await insert_many(w, "noop", 1)
        await all_ended(w, ids)
        assert w.counted_offers("refused") == refusals
        # 1, 2, 4 … milliseconds after the first two, each a fifth shorter at most.
        assert w.clock.now() - began > sum(MILLISECOND << n for n in range(1, refusals - 1)) * 4 // 5


async def test_offers_that_find_no_slot_are_kept_back_by_nobody(postgres_url: str, valkey_server: ValkeyServer) -> None:
    """Nobody refused them, and another worker may have room."""
    async with offering(postgres_url, valkey_server, relay=False) as w:
        worker = w.work()
        await eventually(lambda: free_slots(w, 10))
        assert worker._life is not None
        reader = worker._life._reader
        assert reader is not None
        assert [reader._counted(0, 0) for _ in range(9)] == [0] * 9
        assert [reader._counted(1, 0) for _ in range(2)] == [0, 0]


async def test_offers_beyond_the_free_slots_go_back(postgres_url: str, valkey_server: ValkeyServer) -> None:
    """Slots that others took while a read waited: the offers that find none are offered again."""
    gated = Gated()
    async with offering(postgres_url, valkey_server, gated.kind, relay=False) as w:
        gate = w.broken.hold_answer("read")
        relay = w.relay()
        w.work(concurrency=2)
        await eventually(lambda: free_slots(w, 2))
        ids = await insert_many(w, "gated", 4)
        await relay.offer_ready()
        await gate.reached.wait()
        w.wakeups.wake({"direct:default"})
        await eventually(lambda: len(gated.began) == 2)
        gate.open()
        gated.gate.set()
        w.go(relay)
        await all_ended(w, ids)
        assert gated.most == 2
