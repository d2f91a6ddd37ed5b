"""What a worker holds: slots, snapshots for the heart, and a job that is held again under its next lease."""

import asyncio
from contextlib import suppress

import pytest

from holdfast.engine.held import Held, Why
from holdfast.model.outcome import Outcome, Released, Succeeded
from tests.engine.claims import claimed


async def _forever() -> Outcome:
    await asyncio.Event().wait()
    return Released()


def test_slots_are_taken_until_the_handler_is_done() -> None:
    held = Held(2)
    held.take(claimed("a"))
    held.take(claimed("b"))
    assert (held.free, held.running, held.committing) == (0, 2, 0)
    held.handled(claimed("a"))
    assert (held.free, held.running, held.committing) == (1, 1, 1)
    assert held.snapshot() == {"a": 1, "b": 1}
    held.release(claimed("a"))
    assert (held.free, held.committing) == (1, 0)
    assert held.snapshot() == {"b": 1}


def test_a_pile_of_uncommitted_results_takes_all_slots() -> None:
    held = Held(1)
    for number in range(3):
        held.take(claimed(str(number)))
        held.handled(claimed(str(number)))
    assert held.free == 0
    held.release(claimed("0"))
    assert held.free == 1


def test_the_end_of_an_old_lease_leaves_the_next_one_held() -> None:
    """A retry without a wait is claimed again before the caller hears that the first attempt's end has committed."""
    held = Held(4)
    first, second = claimed(lease=1), claimed(lease=2)
    held.take(first)
    held.handled(first)
    held.take(second)
    held.release(first)
    assert held.snapshot() == {"job-1": 2}
    assert held.holding(first) is None
    assert held.holding(second) is not None
    held.handled(second)
    held.release(second)
    assert (held.snapshot(), held.running, held.free) == ({}, 0, 4)


async def test_a_new_lease_stops_the_handler_of_the_old_one() -> None:
    held = Held(4)
    old = held.take(claimed(lease=1))
    old.task = asyncio.create_task(_forever())
    held.take(claimed(lease=2))
    with pytest.raises(asyncio.CancelledError):
        await old.task
    assert old.why is Why.LOST


async def test_only_the_handler_under_that_lease_is_stopped() -> None:
    held = Held(4)
    holding = held.take(claimed(lease=2))
    holding.task = asyncio.create_task(_forever())
    held.stop("job-1", 1, Why.LOST)
    held.stop("another", None, Why.CANCELLED)
    assert holding.why is None
    held.stop("job-1", 2, Why.CANCELLED)
    assert holding.why is Why.CANCELLED
    held.stop("job-1", None, Why.SHUTDOWN)
    assert holding.why is Why.CANCELLED  # the first reason stays,
    held.stop("job-1", None, Why.LOST)
    assert holding.why is Why.LOST  # unless the lease is gone
    with suppress(asyncio.CancelledError):
        await holding.task


@pytest.mark.parametrize("again", list(Why))
async def test_a_handler_that_is_cleaning_up_isnt_cancelled_again(again: Why) -> None:
    tidy = asyncio.Event()

    async def handler() -> Outcome:
        try:
            await asyncio.Event().wait()
        finally:
            await tidy.wait()
        return Succeeded()

    held = Held(2)
    holding = held.take(claimed("a"))
    holding.task = asyncio.create_task(handler())
    await asyncio.sleep(0)
    for why in (Why.CANCELLED, again, again):
        held.stop("a", None, why)
        await asyncio.sleep(0)
    assert not holding.task.done()
    assert holding.why is (Why.LOST if again is Why.LOST else Why.CANCELLED)
    tidy.set()
    await asyncio.wait([holding.task])
    assert holding.task.cancelled()


def test_a_lost_job_is_held_until_its_handler_is_done_and_no_longer() -> None:
    held = Held(4)
    held.take(claimed("working"))
    held.take(claimed("done"))
    held.handled(claimed("done"))
    held.stop("working", 1, Why.LOST)
    held.stop("done", 1, Why.LOST)
    assert held.snapshot() == {"working": 1}


async def test_waiting_for_idle_and_for_a_free_slot() -> None:
    held = Held(1)
    held.take(claimed("a"))
    idle, free = asyncio.create_task(held.wait_idle()), asyncio.create_task(held.wait_free())
    await asyncio.sleep(0)
    assert not idle.done()
    assert not free.done()
    held.handled(claimed("a"))
    async with asyncio.timeout(5):
        await asyncio.gather(idle, free)


def test_claims_under_way_keep_their_slots_and_the_earliest_one_counts() -> None:
    held = Held(10)
    first, second = held.begin_claim(1_000, 5), held.begin_claim(2_000, 3)
    assert (held.free, held.claim_began) == (2, 1_000)
    held.take(claimed())
    held.end_claim(first)
    assert (held.free, held.claim_began) == (6, 2_000)
    held.end_claim(second)
    assert (held.free, held.claim_began) == (9, None)
