"""A world whose time stands still until a test moves it, with timekeepers that go from one due clock to the next."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from holdfast.cron import Crons
from holdfast.engine.trigger_control import Triggers
from holdfast.engine.triggers.backfills import Backfills
from holdfast.engine.triggers.clock_starts import ClockStarts
from holdfast.engine.triggers.clocks import Clocks
from holdfast.engine.triggers.timekeeper import Timekeeper
from holdfast.model.clock import Times
from holdfast.model.instant import DAY, Instant, Micros, format_instant, parse_duration, parse_instant
from holdfast.model.json import JSON, JSONObject
from holdfast.model.records import RunRecord
from holdfast.model.trigger import ClockSpec, FiringFilter, FiringRecord, TriggerRecord, Verdict
from holdfast.ports import Dedupe
from tests.engine.world import TENANT, MovableClock, World

# Winter time in Berlin (+01:00); the clocks go forward on 28 March and back on 31 October.
START: Final = "2027-01-15T12:00:00Z"
MOST_ROUNDS: Final = 10_000
_PAGE: Final = 200


class StillClock(MovableClock):
    """Stands still until it is moved."""

    def __init__(self, start: str = START) -> None:
        super().__init__()
        self.time: Instant = parse_instant(start)

    def now(self) -> Instant:
        return self.time

    def move(self, micros: Micros) -> None:
        self.time += micros


def short(at: Instant | None) -> str:
    """``2027-03-28T01:30`` (UTC), with seconds where there are any."""
    text = format_instant(at or 0).removesuffix("Z")
    return text.removesuffix(".000000").removesuffix(":00")


@dataclass(frozen=True, slots=True)
class Keeping:
    """One process's parts for clocks, on the world's store."""

    timekeeper: Timekeeper
    backfills: Backfills
    triggers: Triggers


class ClockScene:
    """What tests do with clocks. Every workflow is named by the test and has one node that does nothing."""

    def __init__(self, w: World, clock: StillClock) -> None:
        self.w = w
        self.clock = clock
        one = self.process()
        self.timekeeper, self.backfills, self.triggers = one.timekeeper, one.backfills, one.triggers

    def process(self, without: str | None = None) -> Keeping:
        """The parts of one more process, on a machine that doesn't know that zone."""
        w, crons = self.w, Crons()

        def times_of(spec: ClockSpec, created_at: Instant) -> Times:
            if spec.timezone == without:
                raise LookupError(f"no zone {without}")
            return crons.times_of(spec, created_at)

        clocks = Clocks(times_of, crons)
        starts = ClockStarts(w.starts, w.store, w.graphs, w.clock, w.entropy, w.metrics)
        return Keeping(
            Timekeeper(w.store, clocks, starts, w.clock, w.entropy, w.wakeups),
            Backfills(w.store, clocks, starts, w.clock, w.entropy, w.wakeups),
            Triggers(w.store, w.clock, w.entropy, w.wakeups, clocks),
        )

    # -- what there is -----------------------------------------------------------------------------------------------

    async def save(self, name: str = "flow", **clock: Any) -> TriggerRecord:
        """Saves a workflow with one clock, whose id is ``clock``; a second save is its next version."""
        document = definition(name, **clock)
        if await self.exists(name):
            await self.w.workflows.save(TENANT, name, document)
        else:
            await self.w.workflows.create(TENANT, document)
        return await self.trigger(name)

    async def exists(self, name: str) -> bool:
        page = await self.w.store.list_workflows(TENANT, None, _PAGE)
        return any(record.name == name for record in page.items)

    async def trigger(self, name: str = "flow") -> TriggerRecord:
        page = await self.triggers.list(TENANT, limit=_PAGE)
        (found,) = [record for record in page.items if record.owner_name == name]
        return found

    def dedupe(self, key: str) -> Dedupe:
        return Dedupe(TENANT, "orders", key, "", self.clock.now() + DAY)

    # -- time --------------------------------------------------------------------------------------------------------

    async def at(self, moment: str) -> None:
        """It is that moment now, after whatever was due in between had its time."""
        end = parse_instant(moment)
        while True:
            await self.keep()
            due = await self.w.store.next_clock()
            if due is None or due > end:
                break
            self.clock.time = max(self.clock.time, due)
        self.clock.time = end

    async def pass_time(self, length: str) -> None:
        await self.at(format_instant(self.clock.time + parse_duration(length)))

    def down_until(self, moment: str) -> None:
        """Time that passes while nothing runs."""
        self.clock.time = parse_instant(moment)

    async def keep(self, timekeeper: Timekeeper | None = None) -> None:
        """Rounds until nothing is due."""
        keeper = timekeeper or self.timekeeper
        for _ in range(MOST_ROUNDS):
            if not await keeper.run_once():
                return
        raise AssertionError("the timekeeper finds no end")

    # -- what was seen -----------------------------------------------------------------------------------------------

    async def firings(self, verdict: Verdict | None = None, backfill: str | None = None) -> list[FiringRecord]:
        """By nominal time."""
        found: list[FiringRecord] = []
        cursor: str | None = None
        while True:
            wanted = FiringFilter(verdict=verdict, backfill=backfill)
            page = await self.triggers.firings(TENANT, wanted, cursor, _PAGE)
            found += page.items
            cursor = page.next
            if cursor is None:
                return sorted(found, key=lambda record: record.firing.fire_at or 0)

    async def fired(self, backfill: str | None = None) -> list[str]:
        """The nominal times that started a run, each of which there is."""
        records = await self.firings("started", backfill)
        for record in records:
            assert record.run_id is not None
        return [short(record.firing.fire_at) for record in records]

    async def runs(self, name: str = "flow") -> list[RunRecord]:
        """Oldest first."""
        found: list[RunRecord] = []
        cursor: str | None = None
        while True:
            page = await self.w.store.list_runs(TENANT, name, None, self.clock.now(), cursor, _PAGE)
            found += page.items
            cursor = page.next
            if cursor is None:
                return found[::-1]


def definition(name: str = "flow", **clock: JSON) -> JSONObject:
    (kind,) = {"cron", "every", "at"} & clock.keys()
    trigger: JSONObject = {"id": "clock", "type": kind, **clock}
    return {"holdfast": 1, "name": name, "triggers": [trigger], "nodes": [{"id": "only", "type": "noop"}]}


@asynccontextmanager
async def clock_scene(url: str, start: str = START) -> AsyncIterator[ClockScene]:
    clock = StillClock(start)
    w = World(url, clock=clock)
    async with w:
        yield ClockScene(w, clock)
        await w.sound()
