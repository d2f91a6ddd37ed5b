"""Rules with clocks, on both stores: they act once for each time, and a backfill's places are their jobs."""

from holdfast.cron import Crons
from holdfast.engine.rules import Rules
from holdfast.model.job import JobState
from holdfast.model.json import JSON, JSONObject
from holdfast.model.records import JobFilter, JobRecord
from holdfast.model.trigger import TriggerRecord
from holdfast.ports import NewTenant
from tests.engine.clock_scene import ClockScene, clock_scene
from tests.engine.world import TENANT


async def rule(c: ClockScene, **fields: JSON) -> TriggerRecord:
    """Saves a rule that inserts two jobs every hour."""
    jobs: JSON = [{"kind": kind, "payload": {"hour": "{{ trigger.fire_at }}"}} for kind in ("first", "second")]
    document: JSONObject = {"name": "hourly", "trigger": {"type": "cron", "cron": "0 * * * *"}, "jobs": jobs, **fields}
    w = c.w
    await Rules(w.store, w.clock, w.entropy, w.wakeups, Crons(), w.starts).create(TENANT, document, True)
    return await c.trigger(str(document["name"]))


async def jobs(c: ClockScene, state: JobState | None = None) -> list[JobRecord]:
    """Oldest first."""
    page = await c.w.store.list_jobs(TENANT, JobFilter(state=state), c.clock.now(), None, 100)
    return list(page.items[::-1])


async def test_it_acts_once_for_each_time(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        await rule(c)
        await c.at("2027-01-15T14:10:00Z")
        made = [(job.kind, (job.payload or {})["hour"]) for job in await jobs(c)]  # type: ignore[index, call-overload]
        one, two = "2027-01-15T13:00:00.000000Z", "2027-01-15T14:00:00.000000Z"
        assert sorted(made) == [("first", one), ("first", two), ("second", one), ("second", two)]
        firings = await c.firings("started")
        assert [len(record.job_ids) for record in firings] == [2, 2]
        assert [record.firing.owner.kind for record in firings] == ["rule", "rule"]


async def test_conditions_that_are_not_met_are_on_record(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        await rule(c, conditions=["trigger.fire_at > '2027-01-15T13:30:00Z'"])
        await c.at("2027-01-15T14:00:00Z")
        (not_met,) = await c.firings("not_met")
        (started,) = await c.firings("started")
        assert (not_met.firing.fire_at or 0) < (started.firing.fire_at or 0)
        assert len(await jobs(c)) == 2


async def test_a_backfill_has_as_many_jobs_going_as_it_may(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        record = await rule(c)
        start = c.clock.time - 10 * 3_600_000_000
        backfill = (await c.triggers.backfill(TENANT, record.row, start, c.clock.time - 1, 3)).id
        await step(c)
        # A third firing would find no place; the second one takes one more than there is.
        assert len(await jobs(c, JobState.PENDING)) == 4
        assert len(await c.firings("started", backfill)) == 2
        while left := await jobs(c, JobState.PENDING):
            assert len(left) <= 4
            await c.w.jobs.cancel(TENANT, left[0].id)
            await step(c)
        done = await c.triggers.get_backfill(TENANT, backfill)
        assert (done.started, done.going) == (10, 0)
        assert done.finished_at is not None
        assert len(await jobs(c)) == 20


async def test_of_rules_with_the_same_time_the_higher_priority_acts_first(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        for number, priority in enumerate((0, 7, -3, 9)):
            kinds: JSON = [{"kind": f"of-{priority}"}]
            await rule(c, name=f"rule-{number}", priority=priority, jobs=kinds)
        await c.at("2027-01-15T13:00:00Z")
        assert [job.kind for job in await jobs(c)] == ["of-9", "of-7", "of-0", "of--3"]


async def test_a_backfill_counts_the_jobs_of_all_tenants(store_url: str) -> None:
    async with clock_scene(store_url) as c:
        for name in ("one", "two"):
            await c.w.store.create_tenant(NewTenant(name, name), c.clock.now())
        record = await rule(c, for_each="tenant")
        start = c.clock.time - 10 * 3_600_000_000
        backfill = (await c.triggers.backfill(TENANT, record.row, start, c.clock.time - 1, 7)).id
        await step(c)
        assert (await c.triggers.get_backfill(TENANT, backfill)).going == 2 * 2 * 3
        assert [len(one.job_ids) for one in await c.firings("started", backfill)] == [6, 6]
        await step(c)
        assert len(await c.firings("started", backfill)) == 2


async def step(c: ClockScene) -> None:
    while await c.backfills.run_once():
        pass
