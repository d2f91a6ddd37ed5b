"""Going on from where the last claim stopped: only when looking is dear, and not for long."""

from typing import Any, cast

from holdfast.ports import ClaimRequest
from holdfast.stores.postgres.connection import Row
from holdfast.stores.postgres.heads import MANY, SLOW, Heads
from tests.support.waiting import eventually

DEAR = 100.0  # seconds, so that the head holds for the whole test


def request(limit: int) -> ClaimRequest:
    return ClaimRequest("w", ("default",), frozenset({"noop"}), limit)


def rows(count: int, last: int = 0) -> list[Row]:
    made: list[Any] = [{"queue": "default", "tenant_id": "t", "rank": last - count + 1 + n} for n in range(count)]
    return cast(list[Row], made)


async def test_cheap_looks_are_made_each_time() -> None:
    heads = Heads()
    for _ in range(10):
        heads.note(request(MANY), rows(MANY), SLOW)
    assert heads.of(request(MANY)) is None


async def test_a_few_claimed_rows_dont_make_a_slow_look_a_dear_one() -> None:
    heads = Heads()
    heads.note(request(MANY), rows(MANY), DEAR)
    assert heads.of(request(MANY)) is None


async def test_dear_looks_are_followed_by_claims_that_go_on() -> None:
    heads = Heads()
    heads.note(request(MANY), rows(MANY), DEAR)
    heads.note(request(100), rows(100, last=7), DEAR)
    head = heads.of(request(100))
    assert head is not None
    assert (head.queue, head.tenant, head.floor) == ("default", "t", 7)
    heads.move(request(100), rows(100, last=50))
    moved = heads.of(request(100))
    assert moved is not None
    assert moved.floor == 50
    assert moved.until == head.until


async def test_a_claim_that_isnt_filled_looks_again() -> None:
    heads = Heads()
    heads.note(request(100), rows(100), DEAR)
    heads.note(request(MANY), rows(MANY), DEAR)
    assert heads.of(request(MANY)) is not None
    heads.move(request(MANY), rows(1, last=9))
    assert heads.of(request(MANY)) is None
    heads.move(request(MANY), rows(MANY))
    assert heads.of(request(MANY)) is None


async def test_a_head_holds_for_a_while_only() -> None:
    heads = Heads()
    heads.note(request(100), rows(100), DEAR)
    heads.note(request(MANY), rows(MANY), 2 * SLOW)
    await eventually(lambda: heads.of(request(MANY)) is None)


async def test_other_queues_have_their_own_head() -> None:
    heads = Heads()
    heads.note(request(100), rows(100), DEAR)
    heads.note(request(MANY), rows(MANY), DEAR)
    assert heads.of(ClaimRequest("w", ("default", "mails"), frozenset(), MANY)) is None
