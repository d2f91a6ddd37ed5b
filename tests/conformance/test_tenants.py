"""Tenants as an instance's admins see and change them."""

import pytest

from holdfast.model.errors import Conflict, Invalid, NotFound
from holdfast.model.instant import DAY
from holdfast.model.job import JobState
from holdfast.model.outcome import Suspended
from holdfast.model.records import TenantRecord
from holdfast.ports import NewTenant, TenantChange
from tests.conformance.scene import OK, Scene, new_id


def tenant(scene: Scene, name: str = "acme", **fields: object) -> NewTenant:
    return NewTenant(new_id(scene.now), name, **fields)  # type: ignore[arg-type]


async def test_the_first_tenant_is_there_from_the_start(scene: Scene) -> None:
    first = await scene.store.get_tenant("default", scene.now)
    assert (first.id, first.name, first.weight, first.max_running, first.attributes) == (
        "default",
        "default",
        1.0,
        None,
        {},
    )


async def test_a_new_tenant_is_as_it_was_asked_for(scene: Scene) -> None:
    new = tenant(
        scene, weight=2.5, max_running=7, attributes={"plan": "pro", "seats": 3}, retention={JobState.DEAD: 30 * DAY}
    )
    made = await scene.store.create_tenant(new, scene.now)
    assert made == TenantRecord(
        new.id, "acme", 2.5, 7, {"plan": "pro", "seats": 3}, scene.now, {JobState.DEAD: 30 * DAY}, running=0
    )
    assert await scene.store.get_tenant(new.id, scene.now) == made
    scene.clock.move(DAY)
    assert await scene.store.create_tenant(new, scene.now) == made


async def test_a_name_is_taken_once(scene: Scene) -> None:
    await scene.store.create_tenant(tenant(scene), scene.now)
    with pytest.raises(Conflict):
        await scene.store.create_tenant(tenant(scene), scene.now)
    other = await scene.store.create_tenant(tenant(scene, "other"), scene.now)
    for name in ("acme", "default"):
        with pytest.raises(Conflict):
            await scene.store.change_tenant(other.id, TenantChange(name=name), scene.now)
    assert (await scene.store.change_tenant(other.id, TenantChange(name="other"), scene.now)).name == "other"


async def test_a_change_leaves_alone_what_it_doesnt_name(scene: Scene) -> None:
    made = await scene.store.create_tenant(tenant(scene, max_running=3, attributes={"a": 1}), scene.now)
    heavy = await scene.store.change_tenant(made.id, TenantChange(weight=4.0), scene.now)
    assert (heavy.weight, heavy.max_running, heavy.attributes) == (4.0, 3, {"a": 1})
    free = TenantChange(max_running=None, attributes={"b": 2}, retention={JobState.SUCCEEDED: DAY}, name="acme 2")
    changed = await scene.store.change_tenant(made.id, free, scene.now)
    assert (changed.name, changed.weight, changed.max_running) == ("acme 2", 4.0, None)
    assert (changed.attributes, changed.retention) == ({"b": 2}, {JobState.SUCCEEDED: DAY})
    assert await scene.store.get_tenant(made.id, scene.now) == changed


async def test_an_unknown_tenant_isnt_found(scene: Scene) -> None:
    for unknown in ("nobody", "", "\0"):
        with pytest.raises(NotFound):
            await scene.store.get_tenant(unknown, scene.now)
        with pytest.raises(NotFound):
            await scene.store.change_tenant(unknown, TenantChange(weight=2.0), scene.now)


async def test_tenants_are_listed_by_id_page_by_page(scene: Scene) -> None:
    made = [await scene.store.create_tenant(tenant(scene, f"t{n}"), scene.now) for n in range(5)]
    ids: list[str] = []
    cursor: str | None = None
    while True:
        page = await scene.store.list_tenants(scene.now, cursor, 2)
        ids += [one.id for one in page.items]
        if (cursor := page.next) is None:
            break
    assert ids == sorted([*(one.id for one in made), "default"])
    with pytest.raises(Invalid):
        await scene.store.list_tenants(scene.now, "nonsense", 2)


async def test_a_tenants_running_jobs_are_counted(scene: Scene) -> None:
    worker = await scene.worker()
    await scene.insert(*(scene.job() for _ in range(4)), scene.job(tenant="other"))
    jobs = await scene.claim(worker, 3)
    mine = [job for job in jobs if job.tenant == "default"]
    assert (await scene.store.get_tenant("default", scene.now)).running == len(mine) >= 2
    await scene.finish(worker, (mine[0], OK), (mine[1], Suspended()))
    (listed,) = (await scene.store.list_tenants(scene.now, None, 10)).items
    assert listed.running == len(mine) - 2


async def test_a_changed_limit_holds_from_the_next_claim_on(scene: Scene) -> None:
    await scene.store.change_tenant("default", TenantChange(max_running=2), scene.now)
    worker = await scene.worker()
    await scene.insert(*(scene.job() for _ in range(5)))
    assert len(await scene.claim(worker)) == 2
    await scene.store.change_tenant("default", TenantChange(max_running=None), scene.now)
    assert len(await scene.claim(worker)) == 3
