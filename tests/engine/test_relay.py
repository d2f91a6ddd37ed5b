"""The relay: who leads, what a dead or lame leader costs, and what becomes of work when the broker goes and returns."""

import asyncio

from holdfast.engine.relay import HOLD
from holdfast.model.instant import MILLISECOND, SECOND
from holdfast.model.job import ENDED
from tests.engine.offering import OfferingWorld, offering
from tests.engine.test_offered_work import Gated, all_ended, both_seated, free_slots, insert_many
from tests.support.valkey import ValkeyServer
from tests.support.waiting import eventually


async def test_one_of_two_relays_leads_and_hands_on_when_it_stops(
    postgres_url: str, valkey_server: ValkeyServer
) -> None:
    async with (
        offering(postgres_url, valkey_server, relay=False) as one,
        offering(postgres_url, valkey_server, relay=False) as other,
    ):
        first, second = one.relay(), other.relay()
        leading = asyncio.create_task(first.run())
        await eventually(lambda: first.leading)
        other.go(second)
        await eventually(lambda: other.broken.calls["lead"] >= 2)
        assert not second.leading
        leading.cancel()
        await eventually(lambda: second.leading)


async def test_the_lead_of_a_dead_relay_ends_by_itself(postgres_url: str, valkey_server: ValkeyServer) -> None:
    async with offering(postgres_url, valkey_server, relay=False) as w:
        assert await w.streams.lead("somebody who died", HOLD)
        w.go(w.relay())
        w.work()
        died = w.clock.now()
        await all_ended(w, await insert_many(w, "noop", 3))
        assert w.faults.calls["claim"] == 0
        assert w.clock.now() - died < 5 * SECOND


async def test_a_leader_that_cannot_reach_the_store_lets_another_lead(
    postgres_url: str, valkey_server: ValkeyServer
) -> None:
    async with (
        offering(postgres_url, valkey_server, relay=False) as lame,
        offering(postgres_url, valkey_server, relay=False) as other,
    ):
        relay = lame.relay()
        lame.go(relay)
        await eventually(lambda: relay.leading)
        other.work()
        await eventually(lambda: free_slots(other, 10))
        lame.faults.lose("ready_offers", times=1000)
        other.go(other.relay())
        await all_ended(other, await insert_many(other, "noop", 3))
        assert other.counted_offers("made") == 3


async def test_two_leaders_do_no_harm(postgres_url: str, valkey_server: ValkeyServer) -> None:
    async with (
        offering(postgres_url, valkey_server) as one,
        offering(postgres_url, valkey_server, relay=False) as other,
    ):
        second = other.relay()
        one.work(concurrency=4)
        other.work(concurrency=4)
        ids = await insert_many(one, "noop", 200)
        while not await has_ended(one, ids[-1]):
            await second.offer_ready()
        await all_ended(one, ids)


async def test_what_comes_due_for_full_workers_is_no_reason_to_look(
    postgres_url: str, valkey_server: ValkeyServer
) -> None:
    """Else the relay would look as fast as it can until one of them has room."""
    gated = Gated()
    async with offering(postgres_url, valkey_server, gated.kind, relay=False) as w:
        relay = w.relay()
        w.work(concurrency=1, queues=("busy",))
        ids = await insert_many(w, "gated", 1, queue="busy")
        await eventually(lambda: free_slots(w, 1))
        assert await relay.offer_ready() == 1
        await eventually(lambda: free_slots(w, 0))
        due = w.clock.now() + MILLISECOND
        ids += await insert_many(w, "gated", 1, queue="busy", run_at=due)
        await eventually(lambda: w.clock.now() > due)
        assert await looks_later(w)
        w.work(concurrency=2)  # has room, in another queue
        await eventually(lambda: both_seated(w))
        assert await looks_later(w)
        gated.gate.set()
        w.go(relay)
        await all_ended(w, ids)


async def looks_later(w: OfferingWorld) -> bool:
    """Whether a relay that looks now finds nothing, and has no reason to look again soon."""
    relay = w.relay()
    return await relay.offer_ready() == 0 and await relay._next_look() > w.clock.now() + SECOND


async def has_ended(w: OfferingWorld, job_id: str) -> bool:
    return (await w.job(job_id)).state in ENDED


async def test_an_emptied_broker_is_filled_again(postgres_url: str, valkey_server: ValkeyServer) -> None:
    async with offering(postgres_url, valkey_server) as w:
        w.work(concurrency=4)
        ids = await insert_many(w, "noop", 50)
        valkey_server.wipe()
        await all_ended(w, ids)
        await all_ended(w, await insert_many(w, "noop", 50))


async def test_a_killed_broker_is_done_without_until_it_returns(postgres_url: str) -> None:
    with ValkeyServer() as server:
        async with offering(postgres_url, server) as w:
            w.work(concurrency=4)
            ids = await insert_many(w, "noop", 20)
            server.kill()
            ids += await insert_many(w, "noop", 20)
            await all_ended(w, ids)
            assert not w.offering.offering
            assert w.metrics.registry.get_sample_value("holdfast_redis_up") == 0
            await all_ended(w, await insert_many(w, "noop", 5))
            claims = w.faults.calls["claim"]
            assert claims > 0
            server.resume()
            await w.ready()
            assert w.metrics.registry.get_sample_value("holdfast_redis_up") == 1
            taken = w.counted_offers("taken")
            await all_ended(w, await insert_many(w, "noop", 5))
            assert w.counted_offers("taken") == taken + 5


async def test_a_broker_that_stands_still_is_done_without(postgres_url: str) -> None:
    with ValkeyServer() as server:
        async with offering(postgres_url, server) as w:
            w.work(concurrency=4)
            await all_ended(w, await insert_many(w, "noop", 5))
            server.freeze()
            began = w.clock.now()
            await all_ended(w, await insert_many(w, "noop", 5))
            assert w.clock.now() - began < 5 * SECOND
            server.thaw()
            await w.ready()
            await all_ended(w, await insert_many(w, "noop", 5))
