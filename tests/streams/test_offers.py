"""Offering and reading over one server: windows, uniqueness, order, expiry, seats, rings, the lead."""

from __future__ import annotations

import asyncio

import pytest

from holdfast.engine.relay import TTL
from holdfast.model.instant import SECOND
from holdfast.streams.inspection import look
from holdfast.streams.seating import SILENCE
from holdfast.streams.streams import RedisStreams
from tests.streams.parts import LONG, WINDOW, Opener, got, jobs_of, now, offers, put, seat
from tests.support.valkey import ValkeyServer
from tests.support.waiting import eventually


async def test_what_is_offered_is_read_in_order_with_its_tenant(streams: RedisStreams) -> None:
    given = [*offers("j1", tenant="acme"), *offers("j2", tenant="zeta"), *offers("j3", tenant="acme")]
    assert await streams.offer(given, WINDOW, ["default"], now(), TTL) == 3
    delivered = await streams.read(seat(), now(), 0)
    assert [item.offer for item in delivered] == given


async def test_an_offer_is_made_once_until_it_is_settled(streams: RedisStreams) -> None:
    assert await put(streams, "j1", "j2") == 2
    assert await put(streams, "j1", "j2", "j3") == 1
    delivered = await streams.read(seat(), now(), 0)
    assert await put(streams, "j1", "j2", "j3") == 0, "read, but not settled"
    await streams.settle(seat(), delivered[:1], now())
    assert await put(streams, "j1", "j2", "j3") == 1
    assert await got(streams, seat()) == ["j1"]


async def test_no_more_are_out_than_the_window_allows(streams: RedisStreams) -> None:
    assert await put(streams, "j1", "j2", "j3", window=2) == 2
    assert await put(streams, "j3", window=2) == 0
    delivered = await streams.read(seat(free=1), now(), 0)
    assert jobs_of(delivered) == ["j1"]
    assert await put(streams, "j3", window=2) == 0
    await streams.settle(seat(), delivered, now())
    assert await put(streams, "j3", window=2) == 1
    assert await got(streams, seat()) == ["j2", "j3"]


async def test_a_queue_has_its_own_window_or_the_one_for_all_or_none(streams: RedisStreams) -> None:
    given = [*offers("a1", "a2", queue="a"), *offers("b1", "b2", queue="b")]
    assert await streams.offer(given, {"a": 1, "*": 2}, ["a", "b"], now(), TTL) == 3
    assert await streams.offer(offers("c1", queue="c"), {"a": 1}, ["a", "b", "c"], now(), TTL) == 0


async def test_queues_are_read_in_the_order_told_last(streams: RedisStreams) -> None:
    given = [*offers("a1", queue="a"), *offers("b1", queue="b"), *offers("c1", queue="c")]
    await streams.offer(given, WINDOW, ["c", "a"], now(), TTL)
    assert await got(streams, seat(free=2)) == ["c1", "a1"]
    await streams.offer(offers("c2", queue="c"), WINDOW, ["b", "c", "a"], now(), TTL)
    assert await got(streams, seat(free=3)) == ["b1", "c2"]


async def test_queues_that_are_not_named_keep_their_place(streams: RedisStreams) -> None:
    given = [offer for queue in "abcd" for offer in offers(f"{queue}1", queue=queue)]
    await streams.offer(given[:3], WINDOW, ["a", "b", "c"], now(), TTL)
    await streams.offer(offers("c2", queue="c"), WINDOW, ["c"], now(), TTL)
    assert await streams.read(seat(free=0), now(), 0) == []
    await streams.offer(given[3:], WINDOW, ["d", "b"], now(), TTL)
    assert await got(streams, seat()) == ["a1", "d1", "b1", "c1", "c2"]
    again = [offer for queue in "acdb" for offer in offers(f"{queue}3", queue=queue)]
    await streams.offer(again, WINDOW, ["c", "a"], now(), TTL)
    assert await got(streams, seat()) == ["c3", "d3", "b3", "a3"]


async def test_many_queues_that_are_not_used_any_more_are_forgotten(streams: RedisStreams) -> None:
    many = [offer for number in range(295) for offer in offers(f"j{number}", queue=f"queue-{number:03}")]
    await streams.offer(many, WINDOW, [offer.queue for offer in many], now(), TTL)
    assert len(await got(streams, seat(free=290))) == 290
    await put(streams, "new", queue="new")
    assert await streams._link.call("SCARD", streams._link.prefix + "known") == 256 + 1 + 5
    assert await got(streams, seat()) == [*(f"j{number}" for number in range(290, 295)), "new"]


async def test_a_worker_reads_only_its_queues(streams: RedisStreams) -> None:
    given = [*offers("a1", queue="a"), *offers("b1", queue="b")]
    await streams.offer(given, WINDOW, ["b", "a"], now(), TTL)
    assert await got(streams, seat("w1", "a", "x")) == ["a1"]
    assert await got(streams, seat("w2", "b", "a")) == ["b1"]


async def test_never_more_than_the_free_slots_are_kept(streams: RedisStreams) -> None:
    reader = seat(free=3)
    for queue in "abc":
        await put(streams, f"{queue}0", queue=queue)
    assert await got(streams, reader) == ["a0", "b0", "c0"]
    read = asyncio.create_task(streams.read(reader, now(), LONG))
    await eventually(lambda: waits(streams))
    many = [offer for queue in "abc" for offer in offers(*(f"{queue}{n}" for n in range(1, 9)), queue=queue)]
    assert await streams.offer(many, WINDOW, ["a", "b", "c"], now(), TTL) == 24
    kept = jobs_of(await read)
    assert 1 <= len(kept) <= 3
    # What came beyond was given back: it is in the streams still, or may be offered anew.
    await streams.offer(many, WINDOW, ["a", "b", "c"], now(), TTL)
    rest = await got(streams, seat("w2", free=1_000))
    assert sorted(kept + rest) == sorted(offer.job_id for offer in many)


async def test_a_worker_without_free_slots_reads_nothing_but_keeps_its_seat(streams: RedisStreams) -> None:
    await put(streams, "j1")
    assert await streams.read(seat(free=0), now(), 20_000) == []
    assert await streams.seats(now()) == [seat(free=0)]
    assert await got(streams, seat("w2")) == ["j1"]


async def test_an_expired_offer_is_dropped_and_made_again(streams: RedisStreams, valkey_server: ValkeyServer) -> None:
    await streams.offer(offers("j1", "j2"), WINDOW, ["default"], now() - 2 * TTL, TTL)
    assert await streams.read(seat(), now(), 0) == []
    assert await put(streams, "j1", "j2") == 2
    assert await got(streams, seat()) == ["j1", "j2"]


async def test_offers_that_nobody_reads_do_not_pile_up(streams: RedisStreams) -> None:
    for ago in (9, 6, 3, 0):
        at = now() - ago * TTL
        assert await streams.offer(offers("j1", "j2"), WINDOW, ["default"], at, TTL) == 2
    assert await streams._link.call("XLEN", streams._link.prefix + "stream:default") == 2
    assert await got(streams, seat(free=1_000)) == ["j1", "j2"]


async def test_settling_late_leaves_the_new_offer_unique(streams: RedisStreams) -> None:
    await streams.offer(offers("j1"), WINDOW, ["default"], now() - 2 * TTL, 3 * TTL)
    late = await streams.read(seat(), now(), 0)
    assert await streams.offer(offers("j1"), WINDOW, ["default"], now() + 2 * TTL, TTL) == 1
    await streams.settle(seat(), late, now())
    assert await streams.offer(offers("j1"), WINDOW, ["default"], now() + 2 * TTL, TTL) == 0


async def test_a_waiting_read_is_given_an_offer_at_once(streams: RedisStreams) -> None:
    await put(streams, "j0")
    await got(streams, seat())
    read = asyncio.create_task(streams.read(seat(), now(), LONG))
    await eventually(lambda: waits(streams))
    await put(streams, "j1")
    assert jobs_of(await asyncio.wait_for(read, 5)) == ["j1"]


async def test_a_new_queue_is_seen_at_once_by_who_serves_all(streams: RedisStreams) -> None:
    read = asyncio.create_task(streams.read(seat(), now(), LONG))
    await eventually(lambda: waits(streams))
    for number in range(3):
        await put(streams, f"j{number}", queue=f"new-{number}")
        delivered = await asyncio.wait_for(read, 5)
        assert jobs_of(delivered) == [f"j{number}"]
        read = asyncio.create_task(streams.read(seat(), now(), LONG))
        await eventually(lambda: waits(streams))
    await streams.interrupt("w1")
    assert await asyncio.wait_for(read, 5) == []


async def test_a_read_ends_with_its_patience(streams: RedisStreams) -> None:
    assert await asyncio.wait_for(streams.read(seat(), now(), 30_000), 5) == []


@pytest.mark.parametrize("when", ["at once", "while it waits"])
async def test_an_interrupted_read_returns_and_loses_nothing(streams: RedisStreams, when: str) -> None:
    for number in range(20):
        read = asyncio.create_task(streams.read(seat(), now(), LONG))
        if when == "at once":
            await asyncio.sleep(0)
        else:
            await eventually(lambda: waits(streams))
        await streams.interrupt("w1")
        assert await asyncio.wait_for(read, 5) == []
        await put(streams, f"j{number}")
        assert await got(streams, seat(), patience=5) == [f"j{number}"]


async def test_interrupting_who_does_not_read_does_nothing(streams: RedisStreams) -> None:
    await streams.interrupt("w1")
    await put(streams, "j1")
    assert await got(streams, seat()) == ["j1"]


async def test_seats_are_told_by_reads_and_settlements(streams: RedisStreams) -> None:
    await streams.read(seat("w1", "a", "b", free=7), now(), 0)
    await streams.read(seat("w2", free=3), now(), 0)
    await streams.settle(seat("w2", free=5), [], now())
    assert await streams.seats(now()) == [seat("w1", "a", "b", free=7), seat("w2", free=5)]


async def test_seats_are_known_to_another_process(
    streams: RedisStreams, opener: Opener, valkey_server: ValkeyServer
) -> None:
    await streams.read(seat("w1", "a", free=7), now(), 0)
    other = await opener.streams(valkey_server.url)
    assert await other.seats(now()) == [seat("w1", "a", free=7)]


async def test_a_silent_seat_is_forgotten(streams: RedisStreams) -> None:
    at = now()
    await streams.read(seat("w1"), at, 0)
    await streams.read(seat("w2"), at + SECOND, 0)
    assert await streams.seats(at + SILENCE + 10_000) == [seat("w2")]
    assert await streams.seats(at + SILENCE + 2 * SECOND) == []
    assert await streams._link.call("HLEN", streams._link.prefix + "profiles") == 0
    assert await streams._link.call("SCARD", streams._link.prefix + "gone") == 0


async def test_who_leaves_hands_back_what_it_read(streams: RedisStreams) -> None:
    await put(streams, "j1", "j2")
    await streams.read(seat(), now(), 0)
    await streams.rung(SECOND)
    await streams.leave("w1")
    assert await streams.rung(SECOND)
    assert await streams.seats(now()) == []
    assert await put(streams, "j1", "j2") == 2
    assert await got(streams, seat("w2")) == ["j1", "j2"]


async def test_the_bell_rings_for_settlements_and_for_more_free_slots(streams: RedisStreams) -> None:
    await streams.read(seat(free=2), now(), 0)
    assert await streams.rung(SECOND), "a new seat"
    await streams.read(seat(free=2), now(), 0)
    assert not await streams.rung(5_000), "nothing new"
    await streams.read(seat(free=3), now(), 0)
    assert await streams.rung(SECOND), "more free slots"
    await put(streams, "j1")
    assert await got(streams, seat(free=3)) == ["j1"]
    assert await streams.rung(SECOND), "settled"
    assert not await streams.rung(5_000), "at most one ring"


async def test_one_holds_the_lead_until_it_lets_go(streams: RedisStreams) -> None:
    assert await streams.lead("r1", 30 * SECOND)
    assert await streams.lead("r1", 30 * SECOND)
    assert not await streams.lead("r2", 30 * SECOND)
    await streams.let_go("r2")
    assert not await streams.lead("r2", 30 * SECOND)
    await streams.let_go("r1")
    assert await streams.lead("r2", 20_000)
    await eventually(lambda: streams.lead("r1", SECOND))


async def test_two_instances_share_a_server_without_meeting(
    streams: RedisStreams, opener: Opener, valkey_server: ValkeyServer
) -> None:
    other = await opener.streams(valkey_server.url, key="another secret key, that is long enough too")
    await put(streams, "j1")
    assert await got(other, seat("w2")) == []
    assert await other.lead("r", SECOND)
    assert await streams.lead("s", SECOND)
    assert await got(streams, seat()) == ["j1"]


def waits(streams: RedisStreams, worker: str = "w1") -> bool:
    """Whether this worker's read waits in the broker."""
    wire = streams._readers[worker]._wire if worker in streams._readers else None
    return wire is not None and streams._readers[worker].waiting


async def test_who_looks_counts_no_offers_that_have_expired(streams: RedisStreams) -> None:
    await put(streams, "j1")
    await got(streams, seat())
    await streams.offer(offers("j2"), WINDOW, ["default"], now(), TTL)
    assert [queue.register for queue in (await look(streams._link, now())).queues] == [1]
    assert [queue.register for queue in (await look(streams._link, now() + 2 * TTL)).queues] == [0]


@pytest.mark.parametrize("how", ["leaves", "falls silent"])
async def test_nothing_of_a_worker_stays_in_queues_without_offers(streams: RedisStreams, how: str) -> None:
    reader = seat("w1", "unused", "default")
    await streams.read(reader, now(), 0)
    await put(streams, "j1")
    assert await got(streams, reader) == ["j1"]
    assert [await consumers(streams, queue) for queue in ("unused", "default")] == [1, 1]
    if how == "leaves":
        await streams.leave("w1")
    else:
        await streams.seats(now() + 2 * SILENCE)
    assert [await consumers(streams, queue) for queue in ("unused", "default")] == [0, 0]


async def consumers(streams: RedisStreams, queue: str) -> int:
    link = streams._link
    return len(await link.call("XINFO", "CONSUMERS", f"{link.prefix}stream:{queue}", "workers"))


async def test_a_settle_that_comes_after_the_end_leaves_no_reader(streams: RedisStreams) -> None:
    await put(streams, "j1")
    delivered = await streams.read(seat(), now(), 0)
    await streams.leave("w1")
    await streams.settle(seat(), delivered, now())
    assert streams._readers == {}
