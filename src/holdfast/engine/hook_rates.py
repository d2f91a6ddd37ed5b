"""How many deliveries each trigger takes: a token bucket for each, in this process's memory.

Several server processes take so many each: the bound protects what comes behind it, it isn't accounting.
"""

from collections import OrderedDict
from typing import Final

from holdfast.model.instant import Instant
from holdfast.model.limits import Bucket, Rate

_KEEP: Final = 10_000


class HookRates:
    """A bounded number of buckets; one that nobody came to for long is full again."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, row: str, rate: Rate, now: Instant) -> Instant | None:
        """None when there was a token; else when the next one comes."""
        bucket = self._buckets.get(row)
        bucket = bucket.refilled(now) if bucket is not None and bucket.rate == rate else Bucket.full(rate, now)
        free = bucket.tokens >= 1
        self._buckets[row] = bucket.taken(1) if free else bucket
        self._buckets.move_to_end(row)
        if len(self._buckets) > _KEEP:
            self._buckets.popitem(last=False)
        return None if free else bucket.when(1)
