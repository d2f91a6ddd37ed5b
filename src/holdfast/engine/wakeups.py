"""Wake-ups: "something may be there" on a topic. Hints only: whoever waits also polls, so a lost one costs latency.

Topics are ``queue:<name>``, ``events``, ``cancel``, ``inbox`` (a run's inbox has news), ``runs`` (a run ended, so
another may have its place), ``ends`` (a run ended, and somebody may wait for that), ``triggers`` (what starts work by
itself has changed), ``gathered`` (events were put aside for triggers that gather) and ``direct:<name>`` (the queue has
work that no offer brings; ``engine.relay``). Who subscribes to ``queue:*`` is woken by every queue, and by ``direct:*``
likewise. Local subscribers are woken at once; other processes are told through the ``Notifier`` port. What a commit of
this process did is told here too, to whoever counts it in this process (``hear``).
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection
from types import TracebackType
from typing import Final, Self

from holdfast.model.instant import SECOND, Micros
from holdfast.model.job import ALL_QUEUES
from holdfast.model.statistics import Count
from holdfast.ports import Finished, Notifier

EVENTS: Final = "events"
CANCEL: Final = "cancel"
INBOX: Final = "inbox"
RUNS: Final = "runs"
TRIGGERS: Final = "triggers"
GATHERED: Final = "gathered"
ENDS: Final = "ends"

_QUEUE: Final = "queue:"
_DIRECT: Final = "direct:"


def queue_topic(queue: str) -> str:
    return _QUEUE + queue


def direct_topic(queue: str) -> str:
    return _DIRECT + queue


# By its beginning, the topic that any such topic raises too.
_ANY: Final = {_QUEUE: queue_topic(ALL_QUEUES), _DIRECT: direct_topic(ALL_QUEUES)}


def news_of(done: Finished) -> set[str]:
    """The topics that a call's work concerns."""
    topics = {EVENTS} | {queue_topic(queue) for queue in done.queues}
    if done.stopped:
        topics.add(CANCEL)
    if done.mail:
        topics.add(INBOX)
    if done.freed:
        topics.add(RUNS)
    if done.over:
        topics.add(ENDS)
    return topics


class Subscription:
    """A flag that any of its topics raises. ``wait`` lowers it. Use as a context manager.

    ``told`` says that a topic raised it, for one who also nudges it himself; he resets it. With ``own`` only what this
    process itself tells raises it, not what others tell.
    """

    def __init__(self, wakeups: "Wakeups", topics: tuple[str, ...], *, own: bool = False) -> None:
        self._wakeups = wakeups
        self._topics = topics
        self.own = own
        self._flag = asyncio.Event()
        self.told = False

    @property
    def raised(self) -> bool:
        return self._flag.is_set()

    def raise_flag(self) -> None:
        self.told = True
        self._flag.set()

    def nudge(self) -> None:
        """Lets the one who waits look, without news."""
        self._flag.set()

    def lower(self) -> None:
        self._flag.clear()

    async def wait(self, timeout: Micros) -> bool:
        """True when woken, False when ``timeout`` microseconds passed first."""
        try:
            async with asyncio.timeout(timeout / SECOND):
                await self._flag.wait()
        except TimeoutError:
            return False
        self._flag.clear()
        return True

    def __enter__(self) -> Self:
        self._wakeups.attach(self, self._topics)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wakeups.detach(self, self._topics)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)


class Wakeups:
    """The process's topics, bridged to other processes by the notifier, if there is one."""

    def __init__(self, notifier: Notifier | None = None) -> None:
        self._notifier = notifier
        # In the order in which they came, so that the same wake-up has the same effect in every process.
        self._subscriptions: defaultdict[str, dict[Subscription, None]] = defaultdict(dict)
        self._hearing: list[Callable[[Collection[Count]], None]] = []

    @property
    def expected(self) -> bool:
        """Whether there is anything that should carry wake-ups between processes."""
        return self._notifier is not None

    @property
    def bridged(self) -> bool:
        """Whether wake-ups of other processes are expected to arrive now."""
        return self._notifier is not None and self._notifier.healthy

    async def open(self) -> None:
        if self._notifier is not None:
            await self._notifier.open(self.wake)

    async def close(self) -> None:
        if self._notifier is not None:
            await self._notifier.close()

    def notify(self, topics: Collection[str]) -> None:
        """Wakes this process's subscribers and tells the other processes."""
        self.wake(topics, own=True)
        if self._notifier is not None and topics:
            self._notifier.notify(topics)

    def tell(self, done: Finished, also: Collection[str] = ()) -> None:
        """Wakes whoever the work of a call concerns, and tells what it did."""
        self.notify(news_of(done).union(also))
        self.count(done.counts)

    def hear(self, call: Callable[[Collection[Count]], None]) -> None:
        """Has it called with what commits of this process did; it may neither raise nor wait."""
        self._hearing.append(call)

    def count(self, counts: Collection[Count]) -> None:
        """Tells what a commit did that concerns nobody else."""
        if counts:
            for call in self._hearing:
                call(counts)

    def wake(self, topics: Collection[str], *, own: bool = False) -> None:
        """Wakes this process's subscribers only. ``own``: it is this process that has the news."""
        for topic in sorted(topics):
            self._raise(topic, own=own)
        for beginning, any_topic in _ANY.items():
            if any(topic.startswith(beginning) for topic in topics):
                self._raise(any_topic, own=own)

    def wake_all(self) -> None:
        """Wakes every subscriber to others' news: some may have been lost, or travel another way from now on."""
        for topic in list(self._subscriptions):
            self._raise(topic, own=False)

    def _raise(self, topic: str, *, own: bool) -> None:
        for subscription in self._subscriptions.get(topic, ()):
            if own or not subscription.own:
                subscription.raise_flag()

    def subscribe(self, *topics: str, own: bool = False) -> Subscription:
        return Subscription(self, topics, own=own)

    def attach(self, subscription: Subscription, topics: Collection[str]) -> None:
        for topic in topics:
            self._subscriptions[topic][subscription] = None

    def detach(self, subscription: Subscription, topics: Collection[str]) -> None:
        for topic in topics:
            self._subscriptions[topic].pop(subscription, None)
            if not self._subscriptions[topic]:
                del self._subscriptions[topic]
