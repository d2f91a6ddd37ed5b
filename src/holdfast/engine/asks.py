"""Asks: when the workers of a mixed queue are to claim by themselves what isn't offered to them.

Only some workers of such a queue can run what was left out, or none of them: nobody here can tell which. News of the
queue may be work that one of them knows, so they are asked again soon; without news less and less often. A queue in
which nothing is left out any more is forgotten.
"""

from collections.abc import Collection
from dataclasses import dataclass

from holdfast.engine.wakeups import Subscription, Wakeups, queue_topic
from holdfast.engine.windows import Reach
from holdfast.model.instant import MILLISECOND, SECOND, Instant, Micros

# How soon a queue may be asked again, and how late it is.
SOON: Micros = 50 * MILLISECOND
LATE: Micros = SECOND


@dataclass(slots=True)
class Ask:
    """When the workers of a queue were asked, how long to leave them alone after that, and what tells of news."""

    news: Subscription
    at: Instant
    pause: Micros = 0

    def is_due(self, now: Instant) -> bool:
        """Whether to ask now. News don't wait for a long pause to end, and the next one is short again."""
        if self.news.raised:
            self.pause = min(self.pause, SOON)
        return not 0 <= now - self.at < self.pause  # less than 0: the clock went back

    def asked(self, now: Instant) -> None:
        self.news.lower()
        self.at, self.pause = now, min(max(self.pause * 2, SOON), LATE)


class Asks:
    """A relay's asks, by queue."""

    def __init__(self, wakeups: Wakeups) -> None:
        self._wakeups = wakeups
        self._asks: dict[str, Ask] = {}

    def due(self, reach: Reach, others: Collection[str], now: Instant) -> list[str]:
        """The queues whose workers are to be asked now; ``others``: those of the reach in which work was left out."""
        asking = {queue for queue in others if reach.is_mixed(queue)}
        for queue in [queue for queue in self._asks if reach.has(queue) and queue not in asking]:
            self._forget(queue)
        due = []
        for queue in sorted(asking):
            ask = self._asks.get(queue) or self._new(queue, now)
            if ask.is_due(now):
                ask.asked(now)
                due.append(queue)
        return due

    def next_at(self, now: Instant) -> Instant | None:
        """When the next of them is due, if that is to come."""
        return min((at for ask in self._asks.values() if (at := ask.at + ask.pause) > now), default=None)

    def forget(self) -> None:
        for queue in list(self._asks):
            self._forget(queue)

    def _new(self, queue: str, now: Instant) -> Ask:
        ask = self._asks[queue] = Ask(self._wakeups.subscribe(queue_topic(queue)), now)
        ask.news.__enter__()
        return ask

    def _forget(self, queue: str) -> None:
        self._asks.pop(queue).news.__exit__(None, None, None)
