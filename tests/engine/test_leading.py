"""The lead of maintenance: one process looks for all, another goes on when it dies or stands still, and nothing depends
on it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from holdfast.compose import build
from holdfast.engine.loop import Loop, WokenLoop
from holdfast.engine.maintenance.leading import LEAD, Leading
from holdfast.engine.maintenance.runs_on import Deliverer, RunAdmitter
from holdfast.engine.wakeups import INBOX, Wakeups
from holdfast.model.instant import HOUR, MILLISECOND, SECOND, Micros
from holdfast.ports import Clock, Entropy
from holdfast.settings import load
from tests.engine.faults import Faults
from tests.engine.world import TENANT, World, world
from tests.support.waiting import eventually

pytestmark = pytest.mark.chaos

HOLD: Micros = SECOND


class Street:
    """Carries news between the wake-ups of processes; ``cut`` loses them, though all believe that it works."""

    def __init__(self, hold: Micros = HOLD) -> None:
        self.hold = hold
        self.ends: list[Post] = []
        self.cut = False
        self.told: list[set[str]] = []


class Post:
    """One process's end of it."""

    healthy = True

    def __init__(self, street: Street) -> None:
        self._street = street
        self.gone = False
        self.wake: Callable[[frozenset[str]], None] | None = None
        street.ends.append(self)

    async def open(self, wake: Callable[[frozenset[str]], None]) -> None:
        self.wake = wake

    async def close(self) -> None:
        self.wake = None

    def notify(self, topics: Collection[str]) -> None:
        if self.gone:
            return
        self._street.told.append(set(topics))
        for end in self._street.ends:
            if end is not self and end.wake is not None and not self._street.cut:
                end.wake(frozenset(topics))


class Rounds(Loop):
    """Counts its rounds, a few milliseconds apart."""

    name = "rounds"

    def __init__(self, clock: Clock, entropy: Entropy) -> None:
        super().__init__(clock, entropy, 5 * MILLISECOND)
        self.count = 0

    async def run_once(self) -> bool:
        self.count += 1
        return False


class WokenRounds(WokenLoop):
    """Counts its rounds, which only news bring about."""

    name = "woken-rounds"
    topics = (INBOX,)

    def __init__(self, clock: Clock, entropy: Entropy, wakeups: Wakeups, *, helps: bool) -> None:
        self.helps = helps
        super().__init__(clock, entropy, wakeups, HOUR)
        self.count = 0

    async def run_once(self) -> bool:
        self.count += 1
        return False


class Process:
    """What leads, and parts under it, with a way of its own to the store and to the others."""

    def __init__(self, w: World, street: Street) -> None:
        self.clock, self.faults, self.post = w.clock, Faults(w.real), Post(street)
        self.wakeups = Wakeups(self.post)
        self.leading = Leading(self.faults.store, self.clock, w.entropy, self.wakeups, street.hold)
        self.rounds = Rounds(self.clock, w.entropy)
        self.helper = WokenRounds(self.clock, w.entropy, self.wakeups, helps=True)
        self.other = WokenRounds(self.clock, w.entropy, self.wakeups, helps=False)
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def asked(self) -> int:
        """How often it asked the store for the lead."""
        return self.faults.calls["hold"]

    async def start(self) -> None:
        await self.wakeups.open()
        parts = (self.rounds, self.helper, self.other)
        for part in parts:
            part.under(self.leading)
        self._tasks = [asyncio.create_task(part.run()) for part in (self.leading, *parts)]

    async def stop(self) -> None:
        """As an operator stops it."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def dies(self) -> None:
        """Nothing is given back."""
        self.faults.away = self.post.gone = True
        await self.stop()

    async def looks(self) -> None:
        """Until it has run rounds from now on."""
        before = self.rounds.count
        await eventually(lambda: self.rounds.count > before + 2, message="rounds in this process")


@asynccontextmanager
async def processes(url: str, count: int, street: Street) -> AsyncIterator[list[Process]]:
    """The first of them leads, the others have asked and stand by."""
    async with world(url=url) as w, AsyncExitStack() as stack:
        made = []
        for _ in range(count):
            process = Process(w, street)
            stack.push_async_callback(process.stop)
            await process.start()
            await eventually(lambda process=process: process.faults.answers["hold"])  # type: ignore[misc]
            made.append(process)
        await made[0].looks()
        yield made


async def test_one_of_several_looks(store_url: str) -> None:
    async with processes(store_url, 3, Street()) as (first, second, third):
        await first.looks()
        assert first.leading.mine
        assert (second.rounds.count, third.rounds.count) == (0, 0)
        assert (first.other.count, second.other.count, third.other.count) == (1, 0, 0)


async def test_who_hears_of_a_leader_asks_the_store_nothing(sqlite_url: str) -> None:
    street = Street()
    async with processes(sqlite_url, 3, street) as (first, second, third):
        told = len(street.told)
        await eventually(lambda: len(street.told) > told)  # heard by those that asked before
        asked = second.asked + third.asked
        await eventually(lambda: len(street.told) > told + 4)
        assert second.asked + third.asked == asked
        assert first.leading.mine


async def test_another_goes_on_for_a_leader_that_died(store_url: str) -> None:
    async with processes(store_url, 2, Street()) as (first, second):
        await first.dies()
        await second.looks()
        assert second.leading.mine


async def test_a_leader_that_ends_says_so(store_url: str) -> None:
    """The others needn't wait until the lead ends, which here takes an hour."""
    async with processes(store_url, 2, Street(hold=HOUR)) as (first, second):
        await first.stop()
        await second.looks()


async def test_a_leader_that_stands_still_is_followed_by_another(store_url: str) -> None:
    async with processes(store_url, 2, Street()) as (first, second):
        gate = first.faults.hold("hold")
        await gate.reached.wait()
        await second.looks()
        gate.open()
        count = first.rounds.count
        await second.looks()
        assert first.rounds.count == count
        assert not first.leading.mine


async def test_a_lead_that_was_over_while_it_was_renewed_goes_on(sqlite_url: str) -> None:
    """The answer comes when the parts stand by already, though nobody else took the lead."""
    async with processes(sqlite_url, 1, Street()) as (first,):
        gate = first.faults.hold_answer("hold")
        await gate.reached.wait()
        await eventually(lambda: first.rounds.standing)
        gate.open()
        await first.looks()


async def test_who_hears_nothing_asks_the_store(store_url: str) -> None:
    street = Street()
    street.cut = True
    async with processes(store_url, 2, street) as (first, second):
        asked = second.asked
        await eventually(lambda: second.asked > asked + 3)
        assert (first.leading.mine, second.leading.mine) == (True, False)
        await first.dies()
        await second.looks()


async def test_a_leader_goes_on_after_an_outage_of_the_store(sqlite_url: str) -> None:
    async with processes(sqlite_url, 2, Street()) as (first, second):
        first.faults.away = second.faults.away = True
        await eventually(lambda: not first.leading.mine)
        first.faults.away = second.faults.away = False
        await eventually(lambda: first.leading.mine or second.leading.mine)
        await (first if first.leading.mine else second).looks()


async def test_who_stands_by_helps_where_news_ask_for_it(sqlite_url: str) -> None:
    async with processes(sqlite_url, 2, Street()) as (_, second):
        for count in (1, 2):
            second.wakeups.notify({INBOX})
            await eventually(lambda count=count: second.helper.count == count)  # type: ignore[misc]
        assert second.other.count == 0


async def test_the_news_of_others_are_left_to_who_leads(sqlite_url: str) -> None:
    """Else each of them would cost as many looks as there are processes."""
    async with processes(sqlite_url, 3, Street()) as (first, second, third):
        for _ in range(3):
            before = first.helper.count
            second.wakeups.notify({INBOX})
            await eventually(lambda before=before: first.helper.count > before)  # type: ignore[misc]
        third.wakeups.wake_all()
        third.wakeups.notify({INBOX})
        await eventually(lambda: third.helper.count)
        assert (second.helper.count, third.helper.count) == (3, 1)


async def test_what_keeps_flows_going_helps() -> None:
    assert Deliverer.helps
    assert RunAdmitter.helps


async def test_a_store_of_one_host_is_led_by_nobody(store_url: str) -> None:
    """Its processes look as often as ever: a lead would cost them writes while they idle."""
    async with await build(load(database_url=store_url, secret_key="k" * 40), role="all") as engine:
        store, clock = engine.store, engine.clock

        async def taken() -> bool:
            now = clock.now()
            free = await store.hold(LEAD, "somebody", now, now + HOUR) is not None
            if free:
                await store.let_go(LEAD, "somebody")
            return not free

        if store.shared:
            await eventually(taken)
        else:
            await engine.workflows.create(
                TENANT, {"holdfast": 1, "name": "flow", "nodes": [{"id": "a", "type": "noop"}]}
            )
            assert not await taken()
