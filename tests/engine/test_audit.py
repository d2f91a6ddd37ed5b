"""The writer of the audit log: acts at once and together, uses of secrets gathered by the minute."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from holdfast.engine.audit import OTHERS, SECRET_USED, AuditWriter
from holdfast.engine.audit_chain import check, entries
from holdfast.engine.repeating import PATIENCE
from holdfast.model.audit import AuditEntry, NewAudit
from holdfast.model.errors import Unavailable
from holdfast.model.instant import MINUTE, SECOND
from holdfast.observe.metrics import Metrics
from holdfast.ports import Store
from holdfast.ports.access import AuditFilter
from holdfast.system import SystemClock, SystemEntropy
from tests.engine.clocks import MovedClock
from tests.engine.world import TENANT, World

ANY = AuditFilter()


def act(action: str = "jobs.insert_job", target: str = "t") -> NewAudit:
    return NewAudit(TENANT, 1_000, "person", "p1", "Ada", action, target, "done")


class Room:
    """A store, a clock of its own and a writer."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = MovedClock()
        self.batches: list[int] = []
        self.away = False
        self.writer = AuditWriter(self, self.clock, SystemEntropy(), Metrics())  # type: ignore[arg-type]

    async def append_audit(self, acts: Sequence[NewAudit]) -> None:
        if self.away:
            raise Unavailable("away")
        self.batches.append(len(acts))
        await self.store.append_audit(acts)

    async def log(self) -> list[AuditEntry]:
        return await self.store.read_audit(TENANT, 0, 100)

    async def uses(self) -> list[tuple[str, str, object]]:
        log = await self.log()
        return [(e.act.target, e.act.actor, e.act.detail["count"]) for e in log if e.act.action == SECRET_USED]


@asynccontextmanager
async def room(url: str) -> AsyncIterator[Room]:
    world = World(url)
    await world.real.open()
    try:
        await world.real.migrate()
        yield Room(world.real)
    finally:
        await world.real.close()


async def test_acts_that_come_together_are_written_together(store_url: str) -> None:
    async with room(store_url) as made:
        await asyncio.gather(*(made.writer.write(act(target=str(number))) for number in range(20)))
        log = await made.log()
        assert [entry.seq for entry in log] == list(range(1, 21))
        assert {entry.act.target for entry in log} == {str(number) for number in range(20)}
        assert len(made.batches) < 20
        assert (await check(made.store, TENANT)).intact


async def test_an_act_that_cant_be_written_is_told(sqlite_url: str) -> None:
    async with room(sqlite_url) as made:
        made.away = True
        with pytest.raises(Unavailable):
            await made.writer.write(act())
        assert made.clock.now() <= 1_800_000_000 * SECOND + PATIENCE


async def test_uses_of_a_minute_are_one_entry_and_a_count(store_url: str) -> None:
    async with room(store_url) as made:
        for _ in range(3):
            made.writer.secret_used(TENANT, "STRIPE", "workflow orders")
        made.writer.secret_used(TENANT, "STRIPE", "job http.request")
        await made.writer.run_once()
        assert sorted(await made.uses()) == [("STRIPE", "job http.request", 1), ("STRIPE", "workflow orders", 3)]
        for _ in range(5):
            made.writer.secret_used(TENANT, "STRIPE", "workflow orders")
        await made.writer.run_once()
        assert len(await made.uses()) == 2  # this minute tells of it already
        made.clock.time += MINUTE
        await made.writer.run_once()
        assert (await made.uses())[2:] == [("STRIPE", "workflow orders", 5)]
        made.clock.time += MINUTE
        await made.writer.run_once()
        assert len(await made.uses()) == 3


async def test_uses_wait_while_the_store_is_away(sqlite_url: str) -> None:
    async with room(sqlite_url) as made:
        made.writer.secret_used(TENANT, "STRIPE", "workflow orders")
        made.away = True
        with pytest.raises(Unavailable):
            await made.writer.run_once()
        made.away = False
        made.clock.time += MINUTE
        await made.writer.run_once()
        assert await made.uses() == [("STRIPE", "workflow orders", 1)]


async def test_a_stop_writes_what_waits(sqlite_url: str) -> None:
    async with room(sqlite_url) as made:
        writer = AuditWriter(made.store, SystemClock(), SystemEntropy(), Metrics(), every=MINUTE)
        running = asyncio.create_task(writer.run())
        await asyncio.sleep(0)  # its first round has nothing to write; the next would be a minute later
        writer.secret_used(TENANT, "STRIPE", "workflow orders")
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert await made.uses() == [("STRIPE", "workflow orders", 1)]


async def test_memory_is_bounded(sqlite_url: str) -> None:
    async with room(sqlite_url) as made:
        for number in range(10_005):
            made.writer.secret_used(TENANT, "STRIPE", f"job {number}")
        await made.writer.run_once()
        log = await made.store.read_audit(TENANT, 0, 20_000)
        assert len(log) == 10_001
        assert {e.act.detail["count"] for e in log if e.act.actor == OTHERS} == {5}


async def test_a_whole_log_is_read_in_pages_up_to_where_it_ended(store_url: str) -> None:
    async with room(store_url) as made:
        await made.store.append_audit([act("a.b" if n % 2 else "a.c", target=str(n)) for n in range(1_203)])
        head = await made.store.audit_head(TENANT)
        assert head is not None
        read = entries(made.store, TENANT, AuditFilter(action="a.b"), head)
        first = await anext(read)
        await made.store.append_audit([act("a.b")])
        rest = [entry async for entry in read]
        assert (first.seq, len(rest), rest[-1].seq) == (2, 600, 1_202)
        verdict = await check(made.store, TENANT)
        assert (verdict.broken_at, verdict.entries) == (None, 1_204)


async def test_a_chain_of_nothing_holds(sqlite_url: str) -> None:
    async with room(sqlite_url) as made:
        verdict = await check(made.store, "nobody")
        assert (verdict.intact, verdict.entries, verdict.head) == (True, 0, b"")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (AuditFilter(actor="p1"), True),
        (AuditFilter(actor="Ada"), True),
        (AuditFilter(actor="Eve"), False),
        (AuditFilter(action="jobs.*"), True),
        (AuditFilter(action="job"), False),
        (AuditFilter(action="runs.*"), False),
        (AuditFilter(target="t", outcome="done"), True),
        (AuditFilter(outcome="denied"), False),
        (AuditFilter(since=1_000), True),
        (AuditFilter(since=1_001), False),
        (AuditFilter(before=1_000), False),
        (AuditFilter(before=1_001), True),
    ],
)
async def test_an_export_filters_as_a_list_does(store_url: str, wanted: AuditFilter, found: bool) -> None:
    async with room(store_url) as made:
        await made.writer.write(act())
        head = await made.store.audit_head(TENANT)
        assert head is not None
        listed = await made.store.list_audit(TENANT, wanted, None, 10)
        assert bool(listed.items) is found
        assert [entry async for entry in entries(made.store, TENANT, wanted, head)] == list(listed.items)
