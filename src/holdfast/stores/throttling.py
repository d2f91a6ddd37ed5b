"""How long failures hold the next try back. Pure."""

from typing import Final

from holdfast.model.access import Throttle
from holdfast.model.instant import Instant, Micros
from holdfast.stores.rows import Row

# Twice as long so often is longer than anything is remembered.
_DOUBLINGS: Final = 60


def held_until(failures: int, now: Instant, forget_after: Micros, free: int, pause: Micros) -> Instant | None:
    """After ``free`` failures ``pause``, twice as long after each further one, at most ``forget_after``."""
    if failures < free:
        return None
    return now + min(pause << min(failures - max(free, 1), _DOUBLINGS), forget_after)


def throttle(row: Row, now: Instant) -> Throttle:
    held = row["until"] is not None and row["until"] > now
    return Throttle(row["key"], row["failures"], row["until"] if held else None)
