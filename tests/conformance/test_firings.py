"""Firings: they commit with what they started, once; what started nothing is recorded alone. Lists, hops, retention."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from holdfast.model.errors import Invalid, NotFound
from holdfast.model.instant import DAY, HOUR, MINUTE, SECOND
from holdfast.model.job import NewJob
from holdfast.model.rule import RuleMemory
from holdfast.model.subscription import NewDelivery
from holdfast.model.trigger import FiringFilter, FiringRecord, NewFiring, Owner, Verdict
from holdfast.ports import Dedupe, NewJobs
from tests.conformance.children import call, calling, children, deliver, parked
from tests.conformance.driving import Driver
from tests.conformance.scene import OK, TENANT, Scene, every, new_id
from tests.model.definitions import document, node

ONE = document([node("a")], name="one")
ANY = FiringFilter()


def guard(scene: Scene, key: str = "k", fingerprint: str = "f") -> Dedupe:
    return Dedupe(TENANT, "fire:row", key, fingerprint, scene.now + DAY)


async def owner_of(scene: Scene) -> Owner:
    """A workflow that can own firings."""
    return Owner("workflow", await scene.save(ONE))


async def listed(scene: Scene, wanted: FiringFilter = ANY, tenant: str = TENANT) -> list[FiringRecord]:
    return list((await scene.store.list_firings(tenant, wanted, None, 100)).items)


async def ids(scene: Scene, wanted: FiringFilter = ANY) -> list[str]:
    return [record.firing.id for record in await listed(scene, wanted)]


async def insert(
    scene: Scene, jobs: Sequence[NewJob], firing: NewFiring | None, dedupe: Dedupe | None = None, **fields: object
) -> list[str]:
    group = NewJobs(tuple(jobs), dedupe, firing, **fields)  # type: ignore[arg-type]
    ((*answers,),) = await scene.store.insert_jobs([group], scene.now)
    return [answer.id for answer in answers]


# -- of runs -----------------------------------------------------------------------------------------------------------


async def test_a_run_commits_with_what_fired_it(scene: Scene) -> None:
    owner = await owner_of(scene)
    firing = scene.firing(owner, delivery_id="d-1", hops=3, detail={"a": [1]}, trigger={"body": "of the request"})
    run_id = await scene.start("one", firing=firing)
    record = await scene.store.get_firing(TENANT, firing.id)
    assert (record.run_id, record.job_ids) == (run_id, ())
    assert record.firing.trigger == (await scene.run(run_id)).trigger
    assert record.firing.detail == {"a": [1]}
    (shown,) = await listed(scene)
    assert (shown.run_id, shown.firing.trigger) == (run_id, None)
    for kept in ("id", "tenant", "owner", "trigger_id", "type", "at", "verdict", "delivery_id", "hops", "reason"):
        assert getattr(record.firing, kept) == getattr(shown.firing, kept) == getattr(firing, kept)
    assert await scene.sound()


async def test_a_repeated_start_fires_once(scene: Scene) -> None:
    owner = await owner_of(scene)
    first = scene.firing(owner)
    await scene.start("one", dedupe=guard(scene), firing=first)
    for fingerprint in ("f", "other"):
        await scene.start("one", dedupe=guard(scene, fingerprint=fingerprint), firing=scene.firing(owner, "started"))
    assert await ids(scene) == [first.id]


async def test_the_same_call_again_fires_once(scene: Scene) -> None:
    owner = await owner_of(scene)
    new = await scene.new_run("one", dedupe=guard(scene), firing=scene.firing(owner))
    answers = [await scene.store.start_runs([new], scene.now) for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(await listed(scene)) == 1


async def test_what_is_refused_fires_nothing_and_what_waits_does(scene: Scene) -> None:
    owner = await owner_of(scene)
    going, refused, waiting = (scene.firing(owner) for _ in range(3))
    await scene.start("one", limit=1, when_full="reject", firing=going)
    await scene.start("one", limit=1, when_full="reject", firing=refused)
    queued = await scene.start("one", limit=1, firing=waiting)
    assert {record.firing.id: record.run_id for record in await listed(scene)}.keys() == {going.id, waiting.id}
    assert (await scene.store.get_firing(TENANT, waiting.id)).run_id == queued
    assert await scene.sound()


async def test_many_starts_at_once_fire_each_once(scene: Scene, other: Scene) -> None:
    owner = await owner_of(scene)
    keys = [f"k{n}" for n in range(40)]
    batches = [
        [await scene.new_run("one", dedupe=guard(scene, key), firing=scene.firing(owner)) for key in keys]
        for _ in range(2)
    ]
    both = await asyncio.gather(
        scene.store.start_runs(batches[0], scene.now), other.store.start_runs(batches[1], scene.now)
    )
    runs = [{answer.id for answer in answers} for answers in both]
    assert runs[0] == runs[1]
    assert sorted(record.run_id or "" for record in await listed(scene)) == sorted(runs[0])
    assert await scene.sound()


# -- of jobs -----------------------------------------------------------------------------------------------------------


async def test_a_rules_jobs_commit_with_what_fired_them(scene: Scene) -> None:
    owner = Owner("rule", new_id(scene.now))
    firing = scene.firing(owner, trigger={"type": "event"}, detail={"conditions": []}, event_id="7")
    jobs = [scene.job(), scene.job()]
    await insert(scene, jobs, firing, guard(scene))
    record = await scene.store.get_firing(TENANT, firing.id)
    assert (record.run_id, set(record.job_ids)) == (None, {job.id for job in jobs})
    assert record.firing == firing
    (shown,) = await listed(scene)
    assert set(shown.job_ids) == set(record.job_ids)


async def test_repeated_jobs_leave_no_second_trace(scene: Scene) -> None:
    owner, rule = Owner("rule", new_id(scene.now)), new_id(scene.now)
    first = scene.firing(owner)
    made = await insert(
        scene, [scene.job()], first, guard(scene), memory=RuleMemory(rule, TENANT, {"usage": 1}), delivery=None
    )
    delivery = NewDelivery(rule, "e", "order.created", scene.now)
    repeated = {"memory": RuleMemory(rule, TENANT, {"usage": 2}), "delivery": delivery}
    again = await insert(scene, [scene.job()], scene.firing(owner), guard(scene), **repeated)
    assert again == made
    assert await ids(scene) == [first.id]
    assert await scene.store.rule_memories(rule, [TENANT, "other"]) == {
        TENANT: RuleMemory(rule, TENANT, {"usage": 1}, 1)
    }
    assert await scene.count("deliveries") == 0


async def test_the_same_jobs_again_leave_one_trace(scene: Scene) -> None:
    firing, job = scene.firing(Owner("rule", new_id(scene.now))), scene.job()
    delivery = NewDelivery(new_id(scene.now), "e", "order.created", scene.now)
    for _ in range(2):
        await insert(scene, [job], firing, delivery=delivery)
    assert await ids(scene) == [firing.id]
    assert await scene.count("firing_jobs") == await scene.count("deliveries") == 1


async def test_a_firing_has_only_the_jobs_that_it_inserted(scene: Scene) -> None:
    owner, rule = Owner("rule", new_id(scene.now)), new_id(scene.now)
    held = scene.job(unique_key="one-at-a-time")
    first, second, third = (scene.firing(owner) for _ in range(3))
    await insert(scene, [held], first, memory=RuleMemory(rule, TENANT, {"n": 1}))
    fresh = scene.job()
    await insert(scene, [scene.job(unique_key="one-at-a-time"), fresh], second)
    await insert(scene, [scene.job(unique_key="one-at-a-time")], third, memory=RuleMemory(rule, TENANT, {"n": 3}, 1))
    jobs = {record.firing.id: record.job_ids for record in await listed(scene)}
    assert jobs == {first.id: (held.id,), second.id: (fresh.id,), third.id: ()}
    assert await scene.store.rule_memories(rule, [TENANT]) == {TENANT: RuleMemory(rule, TENANT, {"n": 1}, 1)}


async def test_plain_jobs_and_those_of_rules_come_in_together(scene: Scene) -> None:
    owner = Owner("rule", new_id(scene.now))
    plain, fired = [scene.job() for _ in range(30)], [scene.job() for _ in range(30)]
    firings = [scene.firing(owner) for _ in fired]
    groups = [NewJobs((job,)) for job in plain]
    groups[10:10] = [NewJobs((job,), firing=firing) for job, firing in zip(fired, firings, strict=True)]
    answers = await scene.store.insert_jobs(groups, scene.now)
    assert [one.id for (one,) in answers] == [group.jobs[0].id for group in groups]
    found = {record.firing.id: record.job_ids for record in await listed(scene)}
    assert found == {firing.id: (job.id,) for job, firing in zip(fired, firings, strict=True)}
    assert await scene.sound()


async def test_one_firing_may_insert_jobs_of_many_tenants(scene: Scene) -> None:
    firing = scene.firing(Owner("rule", new_id(scene.now)), hops=2)
    jobs = [scene.job(tenant=f"t{n}") for n in range(3)]
    await scene.store.insert_jobs([NewJobs((job,), firing=firing) for job in jobs[:2]], scene.now)
    await insert(scene, jobs[2:], firing)
    (record,) = await listed(scene)
    assert set(record.job_ids) == {job.id for job in jobs}
    assert await scene.store.hops_of([job.id for job in jobs]) == {job.id: 2 for job in jobs}


async def test_a_firing_with_jobs_of_many_tenants_gets_its_summary_once(scene: Scene) -> None:
    firing = scene.firing(Owner("rule", new_id(scene.now)), hops=2, trigger={"type": "cron"})
    job = scene.job(tenant="t1")
    await insert(scene, [job], firing)
    for reason, seen in (("one failed", 3), ("later", 4)):
        summary = replace(firing, reason=reason, detail={"seen": seen})
        other = scene.firing(firing.owner, detail={"seen": 0})
        await scene.store.record_firings([other, summary, summary])
    record = await scene.store.get_firing(TENANT, firing.id)
    assert record.firing == replace(firing, reason="one failed", detail={"seen": 3})
    assert record.job_ids == (job.id,)


async def test_a_rule_remembers_the_last_of_each_tenant(scene: Scene) -> None:
    rule = new_id(scene.now)
    for usage in (1, 2):
        await insert(scene, [scene.job()], None, memory=RuleMemory(rule, TENANT, {"usage": usage}, usage - 1))
    await insert(scene, [scene.job(tenant="t2")], None, memory=RuleMemory(rule, "t2", {"plan": "pro"}))
    found = await scene.store.rule_memories(rule, [TENANT, "t2", "t3"])
    assert found == {
        TENANT: RuleMemory(rule, TENANT, {"usage": 2}, 2),
        "t2": RuleMemory(rule, "t2", {"plan": "pro"}, 1),
    }
    assert await scene.store.rule_memories(new_id(scene.now), [TENANT]) == {}


# -- alone -------------------------------------------------------------------------------------------------------------


async def test_what_started_nothing_is_recorded_once(scene: Scene) -> None:
    owner = await owner_of(scene)
    firing = scene.firing(owner, "rejected", reason="no", trigger={"type": "cron"}, fire_at=scene.now, backfill=None)
    await scene.store.record_firings([firing])
    await scene.store.record_firings([firing, scene.firing(owner, "skipped", reason="3 times")])
    assert sorted(record.firing.reason for record in await listed(scene)) == ["3 times", "no"]
    assert (await scene.store.get_firing(TENANT, firing.id)).firing == firing
    with pytest.raises(NotFound):
        await scene.store.get_firing("other", firing.id)
    with pytest.raises(NotFound):
        await scene.store.get_firing(TENANT, "no-such")


async def test_only_the_newest_of_what_strangers_send_stay(scene: Scene) -> None:
    owner = await owner_of(scene)
    kept = [scene.firing(owner, "rejected", event_id="e"), scene.firing(owner, "rejected", fire_at=scene.now)]
    kept += [scene.firing(owner, "failed"), scene.firing(owner, "rejected", trigger_id="another")]
    await scene.store.record_firings(kept)
    newest: list[str] = []
    for _ in range(4):
        scene.clock.move(SECOND)
        sent = [scene.firing(owner, "rejected") for _ in range(3)]
        await scene.store.record_firings(sent, keep=5)
        newest = [firing.id for firing in sent] + newest
    rejected = [one for one in await ids(scene) if one not in {firing.id for firing in kept}]
    assert len(rejected) == 5
    assert set(rejected[:3]) == set(newest[:3])
    assert set(rejected[3:]) <= set(newest[3:6])
    assert {firing.id for firing in kept} <= set(await ids(scene))


# -- lists -------------------------------------------------------------------------------------------------------------


async def test_firings_are_listed_newest_first_page_by_page(scene: Scene) -> None:
    owner = await owner_of(scene)
    made: list[str] = []
    verdicts: tuple[Verdict, ...] = ("rejected", "started", "failed", "started", "skipped")
    for verdict in verdicts:
        scene.clock.move(SECOND)
        firing = scene.firing(owner, verdict)
        await (scene.start("one", firing=firing) if verdict == "started" else scene.store.record_firings([firing]))
        made.insert(0, firing.id)
    seen: list[str] = []
    cursor = None
    while True:
        page = await scene.store.list_firings(TENANT, ANY, cursor, 2)
        seen += [record.firing.id for record in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert seen == made
    with pytest.raises(Invalid):
        await scene.store.list_firings(TENANT, ANY, "x", 2)


async def test_firings_are_chosen_by_owner_trigger_verdict_and_backfill(scene: Scene) -> None:
    owner, rule, backfill = await owner_of(scene), Owner("rule", new_id(scene.now)), new_id(scene.now)
    of = {
        "a": scene.firing(owner, "started", trigger_id="x"),
        "b": scene.firing(owner, "rejected", trigger_id="x"),
        "c": scene.firing(owner, "rejected", trigger_id="y", backfill=backfill),
        "d": scene.firing(rule, "rejected"),
        "e": scene.firing(rule, "started", backfill=backfill),
        "f": scene.firing(owner, "rejected", tenant="other"),
    }
    await scene.store.record_firings([firing for name, firing in of.items() if name != "a"])
    await scene.start("one", firing=of["a"])
    wanted = {
        FiringFilter(): "abcde",
        FiringFilter(owner=owner): "abc",
        FiringFilter(owner=owner, trigger_id="x"): "ab",
        FiringFilter(verdict="rejected"): "bcd",
        FiringFilter(verdict="started"): "ae",
        FiringFilter(owner=owner, verdict="rejected"): "bc",
        FiringFilter(owner=owner, verdict="started"): "a",
        FiringFilter(backfill=backfill): "ce",
        FiringFilter(owner=rule, verdict="started", backfill=backfill): "e",
        FiringFilter(backfill=backfill, verdict="rejected"): "c",
        FiringFilter(verdict="failed"): "",
    }
    for chosen, names in wanted.items():
        assert set(await ids(scene, chosen)) == {of[name].id for name in names}, chosen


# -- hops --------------------------------------------------------------------------------------------------------------


async def test_hops_are_those_of_what_started_it(scene: Scene) -> None:
    owner = await owner_of(scene)
    by_hand, first = await scene.start("one"), await scene.start("one", firing=scene.firing(owner, hops=0))
    third = await scene.start("one", firing=scene.firing(owner, hops=2))
    job, lone = scene.job(), scene.job()
    await insert(scene, [job], scene.firing(Owner("rule", new_id(scene.now)), hops=5))
    await insert(scene, [lone], None)
    asked = [by_hand, first, third, job.id, lone.id, new_id(scene.now)]
    assert await scene.store.hops_of(asked) == {third: 2, job.id: 5}
    assert await scene.store.hops_of([]) == {}


async def test_a_child_has_its_outermost_parents_hops(scene: Scene) -> None:
    owner = Owner("workflow", await scene.save(calling()))
    await scene.save(calling("innermost", name="callee"))
    await scene.save(document([node("inner")], name="innermost"))
    run_id = await scene.start("sample", firing=scene.firing(owner, hops=4))
    await parked(scene, run_id, call({}))
    await deliver(scene)
    (child,) = await children(scene, run_id)
    await parked(scene, child.run_id or "", call({}, "innermost"))
    await deliver(scene)
    (grandchild,) = await children(scene, child.run_id or "")
    asked = [child.run_id or "", grandchild.run_id or ""]
    assert await scene.store.hops_of(asked) == dict.fromkeys(asked, 4)


# -- retention ---------------------------------------------------------------------------------------------------------


async def prune_all(scene: Scene) -> None:
    while await scene.store.prune(scene.now, DAY, 10):
        pass


async def test_firings_go_with_their_runs_and_by_their_age(scene: Scene) -> None:
    owner = await owner_of(scene)
    driver = await Driver.of(scene)
    ended, going, old = scene.firing(owner), scene.firing(owner, hops=1), scene.firing(owner, "rejected")
    await scene.start("one", firing=ended)
    await driver.drain()
    run_id = await scene.start("one", firing=going)
    await scene.store.record_firings([old])
    scene.clock.move(2 * DAY)
    young = scene.firing(owner, "rejected")
    await scene.store.record_firings([young])
    await prune_all(scene)
    assert await ids(scene) == [young.id, going.id]
    assert await scene.store.hops_of([run_id]) == {run_id: 1}
    assert await scene.sound()


async def test_a_firing_stays_while_a_job_of_it_goes_on(scene: Scene) -> None:
    owner = Owner("rule", new_id(scene.now))
    worker = await scene.worker()
    jobs = [scene.job(), scene.job(due_in=3 * DAY)]
    firings = [scene.firing(owner, hops=1), scene.firing(owner, hops=1)]
    delivery = NewDelivery(new_id(scene.now), "e", "order.created", scene.now)
    for job, firing in zip(jobs, firings, strict=True):
        await insert(scene, [job], firing, delivery=delivery)
    (claimed,) = await scene.claim(worker)
    await scene.finish(worker, (claimed, OK))
    scene.clock.move(2 * DAY)
    await prune_all(scene)
    assert await ids(scene) == [firings[1].id]
    assert await scene.count("firing_jobs") == await scene.count("deliveries") == 1
    assert await scene.store.hops_of([job.id for job in jobs]) == {jobs[1].id: 1}
    assert await scene.sound()


async def test_memories_of_rules_that_are_gone_go(scene: Scene) -> None:
    rule = await scene.add_rule("r", every("trigger"))
    for rule_id, tenant in ((rule.id, TENANT), (rule.id, "gone"), (new_id(scene.now), TENANT)):
        await insert(scene, [scene.job()], None, memory=RuleMemory(rule_id, tenant, {}))
    scene.clock.move(HOUR + MINUTE)
    await prune_all(scene)
    assert await scene.count("rule_memories") == 1
    await scene.store.delete_rule(TENANT, "r", scene.now)
    await prune_all(scene)
    assert await scene.count("rule_memories") == 0
