"""Work that is offered over a real broker: it runs once, only by offers, in order, and nothing of it is left behind."""

import asyncio

import pytest

from holdfast.engine import stream_reader
from holdfast.engine.drafts import JobDraft
from holdfast.model.instant import MILLISECOND, SECOND
from holdfast.model.job import JobState
from holdfast.model.json import JSON, JSONObject
from holdfast.model.outcome import Outcome, Succeeded
from holdfast.ports import NodeContext, QueueChange
from tests.engine.kinds import Kind
from tests.engine.offering import OfferingWorld, offering
from tests.engine.world import TENANT
from tests.support.valkey import ValkeyServer
from tests.support.waiting import eventually

PATIENCE = 30.0


class Gated:
    """A kind whose handlers wait for the gate; which jobs began, in their order."""

    def __init__(self, kind: str = "gated") -> None:
        self.gate = asyncio.Event()
        self.began: list[str] = []
        self.most = 0
        self._running = 0
        self.kind = Kind(kind, self._handle)

    async def _handle(self, context: NodeContext, params: JSONObject) -> Outcome:
        self.began.append(str(params["name"]))
        self._running += 1
        self.most = max(self.most, self._running)
        try:
            await self.gate.wait()
            await asyncio.sleep(0)  # lets whatever else was claimed begin beside this one
        finally:
            self._running -= 1
        return Succeeded()


async def insert_many(w: OfferingWorld, kind: str, count: int, **fields: object) -> list[str]:
    drafts = [JobDraft(kind, {"name": str(number)}, **fields) for number in range(count)]  # type: ignore[arg-type]
    return [accepted.id for accepted in await w.jobs.insert(TENANT, drafts, correlation_id="request-1")]


async def all_ended(w: OfferingWorld, ids: list[str]) -> None:
    for job_id in ids:
        assert (await w.ended(job_id)).state is JobState.SUCCEEDED
        assert len(await w.attempts(job_id)) == 1


async def nothing_out(w: OfferingWorld, server: ValkeyServer) -> None:
    """Every offer was settled: a stream's length is what is out."""
    prefix = w.streams._link.prefix
    await eventually(lambda: server.command("XLEN", f"{prefix}stream:default") == ":0")
    assert server.command("ZCARD", f"{prefix}offered:default") == ":0"


async def test_jobs_run_by_offers_alone(postgres_url: str, valkey_server: ValkeyServer) -> None:
    async with offering(postgres_url, valkey_server) as w:
        w.work(concurrency=8)
        await all_ended(w, await insert_many(w, "noop", 100))
        assert w.counted_offers("taken") == 100
        assert w.faults.calls["claim"] == 0
        await nothing_out(w, valkey_server)


async def test_a_run_goes_through_its_steps(postgres_url: str, valkey_server: ValkeyServer) -> None:
    async with offering(postgres_url, valkey_server) as w:
        w.go()
        w.work()
        nodes: list[JSON] = [{"id": name, "type": "noop", "params": {}} for name in ("one", "two", "three")]
        await w.save(nodes=nodes, edges=[{"from": "one", "to": "two"}, {"from": "one", "to": "three"}])
        assert (await w.run_ended(await w.start())).state == "SUCCEEDED"
        assert w.counted_offers("taken") >= 1


async def test_two_processes_share_the_work(postgres_url: str, valkey_server: ValkeyServer) -> None:
    async with (
        offering(postgres_url, valkey_server) as one,
        offering(postgres_url, valkey_server) as other,
    ):
        one.work(concurrency=4)
        other.work(concurrency=4)
        await eventually(lambda: both_seated(one))
        await all_ended(one, await insert_many(one, "noop", 300))
        taken = one.counted_offers("taken"), other.counted_offers("taken")
        assert sum(taken) == 300
        assert min(taken) > 0
        await nothing_out(one, valkey_server)


async def both_seated(w: OfferingWorld) -> bool:
    return len(await w.streams.seats(w.clock.now())) == 2


async def test_never_more_jobs_than_slots(postgres_url: str, valkey_server: ValkeyServer) -> None:
    gated = Gated()
    async with offering(postgres_url, valkey_server, gated.kind) as w:
        w.work(concurrency=3)
        ids = await insert_many(w, "gated", 10)
        await eventually(lambda: len(gated.began) == 3)
        assert sorted(gated.began) == ["0", "1", "2"]  # two claims beside each other may answer in any order
        gated.gate.set()
        await all_ended(w, ids)
        assert gated.most == 3
        assert sorted(gated.began) == [str(number) for number in range(10)]


async def test_a_full_worker_is_offered_nothing(postgres_url: str, valkey_server: ValkeyServer) -> None:
    gated = Gated()
    async with offering(postgres_url, valkey_server, gated.kind, relay=False) as w:
        relay = w.relay()
        w.work(concurrency=2)
        await eventually(lambda: free_slots(w, 2))
        ids = await insert_many(w, "gated", 6)
        assert await relay.offer_ready() == 4  # twice the free slots
        await eventually(lambda: free_slots(w, 0))
        assert await w.relay().offer_ready() == 0
        gated.gate.set()
        w.go(relay)
        await all_ended(w, ids)


async def test_a_worker_that_stays_full_keeps_its_seat(
    postgres_url: str, valkey_server: ValkeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The relay is to know what it can run, though it reads nothing for long."""
    monkeypatch.setattr(stream_reader, "PATIENCE", 50 * MILLISECOND)
    gated = Gated()
    async with offering(postgres_url, valkey_server, gated.kind) as w:
        w.work(concurrency=2)
        ids = await insert_many(w, "gated", 2)
        await eventually(lambda: free_slots(w, 0))
        told = w.broken.calls["settle"]
        await eventually(lambda: w.broken.calls["settle"] > told + 3)
        valkey_server.wipe()
        await eventually(lambda: free_slots(w, 0))
        gated.gate.set()
        await all_ended(w, ids)


async def free_slots(w: OfferingWorld, count: int) -> bool:
    return [seat.free for seat in await w.streams.seats(w.clock.now())] == [count]


async def test_what_becomes_due_is_offered_in_time(postgres_url: str, valkey_server: ValkeyServer) -> None:
    async with offering(postgres_url, valkey_server) as w:
        w.work()
        due = w.clock.now() + 300 * MILLISECOND
        (job_id,) = await insert_many(w, "noop", 1, run_at=due)
        job = await w.ended(job_id)
        begun = (await w.attempts(job_id))[0].started_at
        assert begun >= due
        assert begun - due < SECOND
        assert job.state is JobState.SUCCEEDED
        assert w.faults.calls["claim"] == 0


async def test_a_paused_queue_is_left_alone_and_goes_on(postgres_url: str, valkey_server: ValkeyServer) -> None:
    async with offering(postgres_url, valkey_server) as w:
        w.work()
        await w.store.change_queue("default", QueueChange(paused=True), w.clock.now())
        ids = await insert_many(w, "noop", 3)
        await eventually(lambda: w.faults.calls["ready_offers"] > 0)
        assert [(await w.job(job_id)).state for job_id in ids] == [JobState.PENDING] * 3
        await w.store.change_queue("default", QueueChange(paused=False), w.clock.now())
        w.wakeups.notify({"queue:default"})
        await all_ended(w, ids)


async def test_a_kind_that_nobody_knows_stays_pending_at_no_cost(
    postgres_url: str, valkey_server: ValkeyServer
) -> None:
    async with offering(postgres_url, valkey_server) as w:
        w.work()
        unknown = await insert_many(w, "unheard-of", 2)
        await all_ended(w, await insert_many(w, "noop", 5))
        assert [(await w.job(job_id)).state for job_id in unknown] == [JobState.PENDING] * 2
        assert w.faults.calls["claim"] == 0
        assert w.counted_offers("refused") == 0


async def test_work_for_some_workers_of_a_queue_is_claimed_directly(
    postgres_url: str, valkey_server: ValkeyServer
) -> None:
    special = Gated("special")
    special.gate.set()
    async with (
        offering(postgres_url, valkey_server, special.kind) as able,
        offering(postgres_url, valkey_server) as plain,
    ):
        able.work()
        plain.work()
        await eventually(lambda: both_seated(able))
        ids = await insert_many(able, "special", 20) + await insert_many(plain, "noop", 20)
        await all_ended(able, ids)
        assert len(special.began) == 20
        assert able.faults.calls["claim"] > 0
        assert able.counted_offers("taken") + plain.counted_offers("taken") <= 20


@pytest.mark.parametrize("queues", [("default",), ("*",)])
async def test_queues_that_a_worker_names_or_not(
    postgres_url: str, valkey_server: ValkeyServer, queues: tuple[str, ...]
) -> None:
    async with offering(postgres_url, valkey_server) as w:
        w.work(queues=queues)
        await all_ended(w, await insert_many(w, "noop", 3))
        (brand_new,) = await insert_many(w, "noop", 1, queue="brand-new")
        if "*" in queues:
            await w.ended(brand_new)
        else:
            assert (await w.job(brand_new)).state is JobState.PENDING
        assert w.faults.calls["claim"] == 0
