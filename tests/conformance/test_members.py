"""Who is a member of which tenant: listed, raised and lowered, removed; a tenant keeps an owner."""

import asyncio
import random

import pytest

from holdfast.model.access import Membership, Role
from holdfast.model.errors import Conflict, NotFound
from holdfast.model.instant import SECOND
from holdfast.ports import UserChange
from tests.conformance.people import add_account, add_person, add_tenant
from tests.conformance.scene import TENANT, Scene, new_id


async def owners(scene: Scene, tenant: str = TENANT) -> list[str]:
    """The ids of the tenant's people who own it and aren't disabled."""
    members = (await scene.store.list_members(tenant, None, 100)).items
    return [
        one.user.id
        for one in members
        if one.role is Role.OWNER and one.user.kind == "person" and one.user.disabled_at is None
    ]


async def test_members_are_listed_by_id(scene: Scene) -> None:
    elsewhere = await add_tenant(scene, "elsewhere")
    made = []
    for number in range(3):
        made += [await add_person(scene, f"p{number}", Role(number + 1)), await add_account(scene, f"s{number}")]
        await add_person(scene, f"other{number}", tenant=elsewhere)
        scene.clock.move(SECOND)
    first = await scene.store.list_members(TENANT, None, 4)
    rest = await scene.store.list_members(TENANT, first.next, 4)
    assert [one.user for one in (*first.items, *rest.items)] == made
    assert rest.next is None
    assert first.items[2].role is Role.OPERATOR


async def test_a_member_is_shown_with_tenant_and_role(scene: Scene) -> None:
    ada = await add_person(scene, role=Role.ADMIN)
    expected = Membership(TENANT, "default", ada, Role.ADMIN, scene.now)
    assert await scene.store.get_member(TENANT, ada.id) == expected
    assert await scene.store.memberships(ada.id) == [expected]
    await scene.execute(f"UPDATE tenants SET suspended_at = {scene.now}")
    assert (await scene.store.get_member(TENANT, ada.id)).suspended is True
    for tenant, user_id in (("nowhere", ada.id), (TENANT, new_id(scene.now)), (TENANT, "nonsense")):
        with pytest.raises(NotFound):
            await scene.store.get_member(tenant, user_id)
        with pytest.raises(NotFound):
            await scene.store.set_role(tenant, user_id, Role.VIEWER)
        with pytest.raises(NotFound):
            await scene.store.remove_member(tenant, user_id)


async def test_a_role_is_changed(scene: Scene) -> None:
    ada = await add_person(scene)
    changed = await scene.store.set_role(TENANT, ada.id, Role.OWNER)
    assert changed.role is Role.OWNER
    assert await scene.store.get_member(TENANT, ada.id) == changed


async def test_a_removed_person_is_still_there(scene: Scene) -> None:
    ada = await add_person(scene)
    await scene.store.remove_member(TENANT, ada.id)
    assert await scene.store.memberships(ada.id) == []
    assert await scene.store.get_user(ada.id) == ada
    with pytest.raises(NotFound):
        await scene.store.remove_member(TENANT, ada.id)


async def test_the_last_owner_who_counts_stays(scene: Scene) -> None:
    ada = await add_person(scene, role=Role.OWNER)
    disabled = await add_person(scene, "bob", Role.OWNER)
    await scene.store.change_user(disabled.id, UserChange(disabled_at=scene.now))
    await add_account(scene, role=Role.OWNER)
    await add_person(scene, "elsewhere", Role.OWNER, await add_tenant(scene, "elsewhere"))
    with pytest.raises(Conflict):
        await scene.store.set_role(TENANT, ada.id, Role.ADMIN)
    with pytest.raises(Conflict):
        await scene.store.remove_member(TENANT, ada.id)
    assert (await scene.store.set_role(TENANT, ada.id, Role.OWNER)).role is Role.OWNER
    await scene.store.remove_member(TENANT, disabled.id)  # counts for nothing
    await add_person(scene, "carol", Role.OWNER)
    assert (await scene.store.set_role(TENANT, ada.id, Role.ADMIN)).role is Role.ADMIN


async def test_who_is_no_owner_may_go_where_there_is_none(scene: Scene) -> None:
    ada, bob = await add_person(scene), await add_person(scene, "bob")
    assert (await scene.store.set_role(TENANT, ada.id, Role.VIEWER)).role is Role.VIEWER
    await scene.store.remove_member(TENANT, bob.id)


async def test_of_owners_who_all_leave_at_once_one_stays(scene: Scene, other: Scene) -> None:
    dice = random.Random(5)
    for turn in range(5):
        tenant = await add_tenant(scene, f"tenant {turn}")
        people = [await add_person(scene, f"p{turn}-{number}", Role.OWNER, tenant) for number in range(5)]
        leaving = [
            one.store.remove_member(tenant, user.id)
            if dice.random() < 0.5
            else one.store.set_role(tenant, user.id, Role.EDITOR)
            for one, user in zip((scene, other, scene, other, scene), people, strict=True)
        ]
        answers = await asyncio.gather(*leaving, return_exceptions=True)
        assert sum(isinstance(answer, Conflict) for answer in answers) == 1
        assert len(await owners(scene, tenant)) == 1


async def test_memberships_are_by_the_tenants_names(scene: Scene) -> None:
    ada = await add_person(scene)
    names = {name: await add_tenant(scene, name) for name in ("zeta", "acme")}
    for tenant in names.values():
        values = f"'{tenant}', '{ada.id}', 'viewer', 1"
        await scene.execute(f"INSERT INTO memberships (tenant_id, user_id, role, created_at) VALUES ({values})")
    assert [one.tenant_name for one in await scene.store.memberships(ada.id)] == ["acme", "default", "zeta"]
    assert await scene.store.memberships(new_id(scene.now)) == []
