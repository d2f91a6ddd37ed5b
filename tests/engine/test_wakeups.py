"""Wake-ups: by topic, kept until they are waited for, and passed on to other processes."""

from collections.abc import Callable, Collection

from holdfast.engine.wakeups import EVENTS, Wakeups, queue_topic
from holdfast.model.instant import MILLISECOND, SECOND
from holdfast.model.job import ALL_QUEUES


class Wire:
    """A notifier that leads to another process's wake-ups in this one."""

    def __init__(self) -> None:
        self.healthy = True
        self.sent: list[set[str]] = []
        self.wake: Callable[[frozenset[str]], None] | None = None

    async def open(self, wake: Callable[[frozenset[str]], None]) -> None:
        self.wake = wake

    def notify(self, topics: Collection[str]) -> None:
        self.sent.append(set(topics))

    async def close(self) -> None:
        self.wake = None


async def test_a_topic_wakes_its_subscribers_only() -> None:
    wakeups = Wakeups()
    with wakeups.subscribe(queue_topic("a")) as a, wakeups.subscribe(queue_topic("b")) as b:
        wakeups.notify({queue_topic("a")})
        assert await a.wait(SECOND)
        assert not await b.wait(MILLISECOND)


async def test_any_queue_wakes_who_waits_for_all_of_them() -> None:
    wakeups = Wakeups()
    with wakeups.subscribe(queue_topic(ALL_QUEUES)) as news:
        wakeups.notify({EVENTS})
        assert not await news.wait(MILLISECOND)
        wakeups.notify({EVENTS, queue_topic("new")})
        assert await news.wait(SECOND)


async def test_a_wake_up_that_nobody_waited_for_yet_is_kept() -> None:
    wakeups = Wakeups()
    with wakeups.subscribe(EVENTS) as news:
        wakeups.notify({EVENTS})
        assert await news.wait(SECOND)
        assert not await news.wait(MILLISECOND)


async def test_nothing_reaches_a_subscription_that_was_left() -> None:
    wakeups = Wakeups()
    with wakeups.subscribe(EVENTS) as news:
        pass
    wakeups.notify({EVENTS})
    assert not await news.wait(MILLISECOND)


async def test_other_processes_are_told_and_heard() -> None:
    wire = Wire()
    wakeups = Wakeups(wire)
    await wakeups.open()
    assert wakeups.bridged
    wakeups.notify({EVENTS})
    assert wire.sent == [{EVENTS}]
    with wakeups.subscribe(EVENTS) as news:
        assert wire.wake is not None
        wire.wake(frozenset({EVENTS}))
        assert await news.wait(SECOND)
    assert wire.sent == [{EVENTS}]  # what was heard is not told again
    await wakeups.close()


async def test_a_notifier_that_fails_is_a_visible_state() -> None:
    wire = Wire()
    wakeups = Wakeups(wire)
    wire.healthy = False
    assert wakeups.expected
    assert not wakeups.bridged
