"""A deleted tenant: when its time has come all that it had goes in portions, and nothing of anybody else's."""

import asyncio
import re
from collections.abc import Iterable

import pytest

from holdfast.model.access import ApiKey, Invite, Role, User
from holdfast.model.audit import NewAudit
from holdfast.model.errors import NotFound
from holdfast.model.event import NewEvent
from holdfast.model.instant import DAY, MINUTE, SECOND
from holdfast.model.log_line import LogLine
from holdfast.model.outcome import Suspended
from holdfast.model.records import Mail
from holdfast.model.secret import SealedSecret
from holdfast.model.statistics import NOTHING, FigureRow
from holdfast.model.subscription import NewDelivery, Subscription
from holdfast.model.trigger import Backfill, Owner
from holdfast.ports import NewJobs, NewTenant
from holdfast.ports.access import NewUser
from holdfast.stores.belongings import INSTANCE, OF_JOBS, OF_RUNS, OWNED, PARTS
from tests.conformance.scene import OK, TENANT, Scene, every, failed, new_id, on_event, webhook
from tests.model.definitions import document, edge, node

FLOW = document([node("a"), node("b")], [edge("a", "b")], name="flow")
KNOWN = {*OWNED, *INSTANCE, "tenants"} | {
    table for of in (OF_JOBS, OF_RUNS, *PARTS) for table in (of.table, *(child for child, _ in of.children))
}


async def tables(scene: Scene) -> dict[str, set[str]]:
    """Every table of the store with its columns."""
    if scene.url.startswith("postgres"):
        found = await scene.column("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")
        columns = "SELECT column_name::text FROM information_schema.columns WHERE table_name = '{}'"
    else:
        found = await scene.column("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        columns = "SELECT name FROM pragma_table_info('{}')"
    return {table: set(await scene.column(columns.format(table))) for table in found}


async def test_every_table_is_known_to_the_purge(scene: Scene) -> None:
    found = await tables(scene)
    assert set(found) == KNOWN
    with_tenant = {table for table, columns in found.items() if "tenant_id" in columns}
    assert with_tenant <= {*OWNED, *(of.table for of in (OF_JOBS, OF_RUNS, *PARTS))}


async def rows(scene: Scene, names: Iterable[str]) -> dict[str, int]:
    return {table: await scene.count(table) for table in sorted(names)}


async def doomed(scene: Scene, name: str = "doomed") -> str:
    tenant = await scene.store.create_tenant(NewTenant(new_id(scene.now), name), scene.now)
    return tenant.id


async def purged(scene: Scene, limit: int = 500) -> int:
    """Purges until nothing more goes; how many calls took something."""
    calls = 0
    while await scene.store.purge_tenants(scene.now, limit):
        calls += 1
    return calls


async def work_of(scene: Scene, tenant: str) -> None:
    """Jobs in every state, a run that has ended and one under way, with what belongs to them."""
    await scene.save(
        FLOW, tenant=tenant, triggers=[every(f"tick-{tenant}"), webhook("hook", f"key-{tenant}"), on_event("e")]
    )
    await scene.start("flow", tenant=tenant)
    await scene.start("flow", tenant=tenant)
    await scene.insert(
        scene.job(tenant=tenant, unique_key="only", concurrency_key="one"),
        scene.job(tenant=tenant, due_in=DAY, unique_key="later"),
        scene.job(tenant=tenant),
    )
    worker = await scene.worker()
    jobs = [job for job in await scene.claim(worker) if job.tenant == tenant]
    assert len(jobs) == 4
    for job in jobs:
        await scene.store.save_step(worker, job.id, job.lease, "paid", {"ok": True}, scene.now)
    line = LogLine(jobs[0].id, tenant, jobs[0].lease, 1, 1, scene.now, "info", "told", {})
    await scene.store.add_log_lines([line])
    await scene.finish(
        worker, (jobs[0], OK), (jobs[1], Suspended()), (jobs[2], failed(final=True)), (jobs[3], Suspended())
    )


async def rest_of(scene: Scene, tenant: str) -> None:
    """Everything else that a tenant may have."""
    now, store = scene.now, scene.store
    workflow = await store.get_workflow(tenant, "flow")
    (row,) = [
        one.row
        for one in (await store.list_triggers(tenant, Owner("workflow", workflow.id), ("every",), None, 9)).items
    ]
    await store.create_backfill(Backfill(new_id(now), tenant, row, now - DAY, now, 1, now, now - DAY), None, now)
    rule = scene.rule("rule", tenant=tenant)
    await store.create_rule(rule, webhook("t", f"rule-{tenant}"), None, now)
    fired = scene.firing(Owner("rule", rule.id), tenant=tenant)
    await store.insert_jobs([NewJobs((scene.job(tenant=tenant),), firing=fired)], now)
    url = "https://example.com"
    subscription = Subscription(new_id(now), tenant, url, ("order.*",), b"sealed", now, now, now)
    await store.create_subscription(subscription, None, now)
    delivery = NewDelivery(subscription.id, "event", "order.made", now)
    await store.insert_jobs([NewJobs((scene.job(tenant=tenant),), delivery=delivery)], now)
    await store.append_events([NewEvent(tenant, "order.made", now, data={})])
    await store.put_secret(SealedSecret(new_id(now), tenant, "TOKEN", b"sealed", now, now), now)
    await store.keep_mail(Mail(new_id(now), tenant, "a@example.com", ("b@example.com",), "hi", "text", None, now))
    await store.add_figures([FigureRow(tenant, now, "default", (1,) * len(NOTHING))])
    await store.sample_depths(now)


async def people_of(scene: Scene, tenant: str) -> None:
    now, store = scene.now, scene.store
    service = User(new_id(now), "service", f"robot of {tenant}", now)
    await store.add_user(NewUser(service), tenant, Role.EDITOR, now)
    key = ApiKey(new_id(now), tenant, "key", "editor", False, now, user_id=service.id)
    await store.add_api_key(key, tenant.encode())
    invite = Invite(new_id(now), "member", f"{tenant}@example.com", "me", now, now + DAY, tenant, Role.VIEWER)
    await store.add_invite(invite, b"invite of " + tenant.encode())
    await store.append_audit([NewAudit(tenant, now, "local", "", "local", "jobs.create_job", "", "done")])


async def test_all_that_it_had_goes_and_nothing_else(scene: Scene) -> None:
    await work_of(scene, TENANT)
    await rest_of(scene, TENANT)
    await people_of(scene, TENANT)
    await scene.store.suspend_tenant(TENANT, scene.now, None)  # so that only the second one's work is claimed
    names = [table for table in await tables(scene) if table not in (*INSTANCE, "lanes")] + ["users"]
    before = await rows(scene, names)
    tenant = await doomed(scene)
    await work_of(scene, tenant)
    await rest_of(scene, tenant)
    await people_of(scene, tenant)
    both = await rows(scene, names)
    told = {table for table in names if both[table] == before[table]}
    assert told <= {"events_pruned", "gates", "drafts", "gathered", "gatherings", "identities"} | {
        "rule_memories", "run_children", "inbox", "signals", "waits", "dedupe", "queue_depths", "sessions"
    }, "rows of the second tenant are in nearly every table"  # fmt: skip
    await scene.store.suspend_tenant(tenant, scene.now, scene.now + DAY)
    assert await scene.store.purge_tenants(scene.now) == 0
    scene.clock.move(DAY)
    assert await purged(scene) > 0
    assert await rows(scene, names) == before
    for table, columns in (await tables(scene)).items():
        if "tenant_id" in columns:
            assert tenant not in await scene.column(f"SELECT tenant_id FROM {table}"), table
    with pytest.raises(NotFound):
        await scene.store.get_tenant(tenant, scene.now)
    assert await scene.sound()


async def test_it_goes_in_portions_and_each_stands_by_itself(scene: Scene) -> None:
    tenant = await doomed(scene)
    await work_of(scene, tenant)
    await scene.insert(*(scene.job(tenant=tenant) for _ in range(30)))
    await scene.store.suspend_tenant(tenant, scene.now, scene.now)
    calls = 0
    while taken := await scene.store.purge_tenants(scene.now, 7):
        assert taken <= 7
        calls += 1
        assert await scene.sound(), "a tenant that is going is no violation"
    assert calls > 5
    assert await scene.column("SELECT id FROM tenants") == [TENANT]
    assert {await scene.count(table) for table in ("jobs", "live", "runs", "run_nodes", "events", "triggers")} == {0}


async def test_two_that_purge_at_once_take_turns(scene: Scene, other: Scene) -> None:
    tenant = await doomed(scene)
    await scene.insert(*(scene.job(tenant=tenant) for _ in range(40)))
    await scene.store.suspend_tenant(tenant, scene.now, scene.now)
    for _ in range(100):
        done = await asyncio.gather(*(each.store.purge_tenants(scene.now, 10) for each in (scene, other)))
        if not any(done):
            break
    assert await scene.column("SELECT id FROM tenants") == [TENANT]
    assert await scene.count("jobs") == 0


async def test_what_runs_is_stopped_first(scene: Scene) -> None:
    tenant = await doomed(scene)
    worker = await scene.worker()
    await scene.insert(scene.job(tenant=tenant), scene.job(tenant=tenant))
    running, other = await scene.claim(worker)
    await scene.store.suspend_tenant(tenant, scene.now, scene.now)
    assert await scene.store.purge_tenants(scene.now) == 0
    assert (await scene.get(running, tenant)).stopping
    await scene.finish(worker, (running, OK))
    assert await scene.store.purge_tenants(scene.now) == 0
    late = await scene.finish(worker, (other, OK))
    assert late.late == frozenset()
    assert await purged(scene) > 0
    assert (await scene.finish(worker, (other, OK))).late == {other.id}
    assert await scene.count("attempt_logs") == await scene.count("jobs") == 0


async def test_what_a_dead_worker_held_goes_too(scene: Scene) -> None:
    tenant = await doomed(scene)
    await scene.insert(scene.job(tenant=tenant))
    await scene.claim(await scene.worker())
    await scene.store.suspend_tenant(tenant, scene.now, scene.now)
    assert await scene.store.purge_tenants(scene.now) == 0
    scene.clock.move(MINUTE)
    assert (await scene.store.rescue(scene.now, hung_grace=15 * SECOND)).jobs == 1
    assert await purged(scene) > 0
    assert await scene.count("live") == 0


async def test_its_name_is_free_again(scene: Scene) -> None:
    tenant = await doomed(scene, "acme")
    await scene.save(FLOW, tenant=tenant)
    await scene.store.suspend_tenant(tenant, scene.now, scene.now)
    await purged(scene)
    again = await doomed(scene, "acme")
    assert again != tenant
    assert (await scene.store.list_workflows(again, None, 10)).items == ()


async def test_the_others_of_an_instances_rule_keep_their_jobs(scene: Scene) -> None:
    tenant = await doomed(scene)
    rule = scene.rule("each", tenant=tenant)
    await scene.store.create_rule(rule, webhook("t", "key"), None, scene.now)
    job = scene.job()
    await scene.store.insert_jobs(
        [NewJobs((job,), firing=scene.firing(Owner("rule", rule.id), tenant=tenant))], scene.now
    )
    await scene.store.suspend_tenant(tenant, scene.now, scene.now)
    await purged(scene)
    assert (await scene.get(job)).id == job.id
    assert await scene.count("firing_jobs") == 0
    assert await scene.sound()


def test_each_table_is_named_in_one_way_at_least() -> None:
    assert all(re.fullmatch("[a-z_]+", table) for table in KNOWN)
    assert not set(INSTANCE) & {*OWNED}
