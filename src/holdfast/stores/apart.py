"""Settling many jobs or runs at once when one of them may be unusable: it is left out, and the others go on.

What belongs to one run (or is one lone job) is a unit. All units are settled in one transaction; when that fails,
halves are tried, and their halves, until what fails is one unit: that one is logged and left as it is, for the next
round to meet again. A store that can't be reached (``Unavailable``) fails the whole.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, TypeVar

import structlog

from holdfast.model.errors import Unavailable
from holdfast.ports import Finished

_log = structlog.get_logger("holdfast.stores")

Item = TypeVar("Item")
Settle = Callable[[Sequence[Item]], Awaitable[Finished]]

NOTHING: Final = Finished(frozenset(), frozenset())


async def settle_found(
    find: Callable[[int], Awaitable[Sequence[Item]]], settle: Settle[Item], unit_of: Callable[[Item], str], limit: int
) -> Finished:
    """Finds up to ``limit`` items that can be settled and settles them. ``find`` answers as many as it is asked for.

    What was left out is still found: more is asked for then, so that it never hides the others behind it.
    """
    done, left_out, hidden = NOTHING, set[str](), 0
    while True:
        wanted = limit + hidden
        found = await find(wanted)
        more, failed = await settle_apart([item for item in found if unit_of(item) not in left_out], settle, unit_of)
        done = together(done, more)
        left_out |= failed
        in_front = sum(1 for item in found if unit_of(item) in left_out)
        if in_front <= hidden or len(found) < wanted or done.ended >= limit:
            return done
        hidden = in_front


async def settle_apart(
    items: Iterable[Item], settle: Settle[Item], unit_of: Callable[[Item], str]
) -> tuple[Finished, frozenset[str]]:
    """Settles all units that can be; answers also those that were left out."""
    units: dict[str, list[Item]] = {}
    for item in items:
        units.setdefault(unit_of(item), []).append(item)
    return await _halves(list(units.items()), settle)


async def _halves(units: list[tuple[str, list[Item]]], settle: Settle[Item]) -> tuple[Finished, frozenset[str]]:
    if not units:
        return NOTHING, frozenset()
    try:
        return await settle([item for _, items in units for item in items]), frozenset()
    except Unavailable:
        raise
    except Exception as error:
        if len(units) == 1:
            _log.error("left out: it can't be settled", unit=units[0][0], reason=f"{type(error).__name__}: {error}")
            return NOTHING, frozenset({units[0][0]})
    middle = len(units) // 2
    first, left_of_first = await _halves(units[:middle], settle)
    second, left_of_second = await _halves(units[middle:], settle)
    return together(first, second), left_of_first | left_of_second


def together(one: Finished, other: Finished) -> Finished:
    """What two transactions did."""
    return Finished(
        one.late | other.late,
        one.queues | other.queues,
        one.stopped + other.stopped,
        one.ended + other.ended,
        one.mail or other.mail,
        one.freed or other.freed,
        one.over or other.over,
        one.claimed + other.claimed,
        {**one.contexts, **other.contexts},
        one.counts + other.counts,
    )
