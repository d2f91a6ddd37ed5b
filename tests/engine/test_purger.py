"""A tenant whose time has come goes, and the instance's record keeps that it did."""

from holdfast.engine.drafts import JobDraft
from holdfast.engine.maintenance.purger import PURGED, Purger
from holdfast.model.audit import INSTANCE
from holdfast.model.instant import DAY, SECOND
from holdfast.ports import NewTenant
from tests.engine.world import World, world

ID = "01900000-0000-7000-8000-0000000000aa"


async def purged(w: World) -> int:
    """Rounds until one finds nothing to do."""
    purger, rounds = Purger(w.store, w.clock, w.entropy, SECOND), 0
    while await purger.run_once():
        rounds += 1
    return rounds


async def test_a_deleted_tenant_is_on_record_before_it_goes() -> None:
    async with world() as w:
        await w.store.create_tenant(NewTenant(ID, "acme"), w.clock.now())
        await w.jobs.insert(ID, [JobDraft("noop", None)], correlation_id="request-1")
        await w.store.suspend_tenant(ID, w.clock.now(), w.clock.now() + DAY)
        assert await purged(w) == 0
        assert await w.store.audit_head(INSTANCE) is None
        w.clock.move(DAY)
        assert await purged(w) > 0
        assert [one.id for one in (await w.store.list_tenants(w.clock.now(), None, 10)).items] == ["default"]
        (entry,) = await w.store.read_audit(INSTANCE, 0, 10)
        told = entry.act
        assert (told.actor_kind, told.action, told.target) == ("engine", PURGED, f"tenants/{ID}")
        assert told.detail == {"name": "acme"}


async def test_another_process_goes_on_where_one_was_killed() -> None:
    async with world() as w:
        await w.store.create_tenant(NewTenant(ID, "acme"), w.clock.now())
        for _ in range(20):
            await w.jobs.insert(ID, [JobDraft("noop", None)], correlation_id="request-1")
        await w.store.suspend_tenant(ID, w.clock.now(), w.clock.now())
        assert await w.store.purge_tenants(w.clock.now(), 5) == 5
        assert await purged(w) > 0
        assert [one.id for one in (await w.store.list_tenants(w.clock.now(), None, 10)).items] == ["default"]
