"""Settling many units at once when some can't be settled: the others go on, in few transactions."""

import pytest

from holdfast.model.errors import Unavailable
from holdfast.ports import Finished
from holdfast.stores.apart import settle_apart, settle_found

Item = tuple[str, int]


class Table:
    """Units with items to settle, some of them unusable. ``calls`` are the transactions that were tried."""

    def __init__(self, items: list[Item], unusable: set[str]) -> None:
        self.items = items
        self.unusable = unusable
        self.settled: list[Item] = []
        self.calls = 0

    async def find(self, limit: int) -> list[Item]:
        return [item for item in self.items if item not in self.settled][:limit]

    async def settle(self, items: object) -> Finished:
        assert isinstance(items, list)
        self.calls += 1
        if any(unit in self.unusable for unit, _ in items):
            raise RecursionError("too deep")
        self.settled += items
        return Finished(frozenset(), frozenset({f"q{unit}" for unit, _ in items}), (("job", 1),), ended=len(items))


def unit_of(item: Item) -> str:
    return item[0]


def table(units: str, unusable: str = "", each: int = 1) -> Table:
    return Table([(unit, number) for unit in units for number in range(each)], set(unusable))


async def test_what_is_usable_takes_one_transaction() -> None:
    usable = table("abc", each=2)
    done, left_out = await settle_apart(usable.items, usable.settle, unit_of)
    assert (usable.calls, done.ended, left_out) == (1, 6, frozenset())


async def test_nothing_takes_none() -> None:
    empty = table("")
    done, left_out = await settle_apart(empty.items, empty.settle, unit_of)
    assert (empty.calls, done, left_out) == (0, Finished(frozenset(), frozenset()), frozenset())


async def test_one_unusable_unit_is_left_out_whole() -> None:
    mixed = table("abcdefgh", "c", each=2)
    done, left_out = await settle_apart(mixed.items, mixed.settle, unit_of)
    assert (done.ended, left_out) == (14, frozenset({"c"}))
    assert done.queues == {f"q{unit}" for unit in "abdefgh"}
    assert len(done.stopped) == 3
    assert mixed.calls == 7, "halves, not one by one"


async def test_a_store_that_is_away_fails_the_whole() -> None:
    async def away(items: object) -> Finished:
        raise Unavailable("gone")

    with pytest.raises(Unavailable):
        await settle_apart(table("ab").items, away, unit_of)


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
async def test_what_is_left_out_hides_nothing_behind_it(limit: int) -> None:
    mixed = table("abcdefgh", "abcf", each=3)
    for _ in range(12):
        await settle_found(mixed.find, mixed.settle, unit_of, limit)
    assert {unit for unit, _ in mixed.settled} == set("degh")
    assert len(mixed.settled) == 12


async def test_no_more_is_settled_than_was_asked_for_while_all_is_well() -> None:
    usable = table("abcdefgh")
    assert (await settle_found(usable.find, usable.settle, unit_of, 3)).ended == 3
    assert len(usable.settled) == 3


async def test_a_round_that_finds_only_what_is_left_out_ends() -> None:
    unusable = table("abc", "abc")
    done = await settle_found(unusable.find, unusable.settle, unit_of, 2)
    assert (done.ended, unusable.settled) == (0, [])
