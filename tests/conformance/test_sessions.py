"""Sessions: found by the hash of their token with what their person may do now, moved, and ended."""

import asyncio
from dataclasses import replace

import pytest

from holdfast.model.access import Role, SignedIn
from holdfast.model.errors import NotFound
from holdfast.model.instant import DAY, SECOND
from holdfast.ports import UserChange
from tests.conformance.people import add_person, add_tenant, sign_in
from tests.conformance.scene import TENANT, Scene, new_id


async def test_a_session_is_found_by_its_token_until_it_is_over(scene: Scene) -> None:
    ada = await add_person(scene, role=Role.ADMIN)
    made = await sign_in(scene, ada, b"\x00token")
    await scene.store.add_session(made, b"\x00token")  # the same call again
    assert await scene.store.find_session(b"\x00token", scene.now) == SignedIn(made, ada, Role.ADMIN)
    assert await scene.store.find_session(b"other", scene.now) is None
    assert await scene.store.find_session(b"\x00token", made.expires_at) is None
    assert await scene.store.list_sessions(ada.id, made.expires_at) == []


async def test_a_session_knows_what_its_person_may_do_now(scene: Scene) -> None:
    ada = await add_person(scene, role=Role.ADMIN)
    await add_person(scene, "bob", Role.OWNER)
    await sign_in(scene, ada, b"token")

    async def found() -> SignedIn:
        one = await scene.store.find_session(b"token", scene.now)
        assert one is not None
        return one

    await scene.store.set_role(TENANT, ada.id, Role.VIEWER)
    assert (await found()).role is Role.VIEWER
    await scene.execute(f"UPDATE tenants SET suspended_at = {scene.now}")
    assert (await found()).suspended is True
    await scene.store.remove_member(TENANT, ada.id)
    assert (await found()).role is None
    await scene.store.change_user(ada.id, UserChange(disabled_at=scene.now))
    assert await scene.store.find_session(b"token", scene.now) is None


async def test_a_touched_session_lasts_longer(scene: Scene) -> None:
    ada = await add_person(scene)
    made = await sign_in(scene, ada, b"token")
    later = scene.clock.move(SECOND)
    await scene.store.touch_session(made.id, later, later + 2 * DAY)
    touched = replace(made, seen_at=later, expires_at=later + 2 * DAY)
    assert await scene.store.list_sessions(ada.id, scene.now) == [touched]
    await scene.store.touch_session(made.id, later - 1, later + DAY)  # came late
    assert await scene.store.list_sessions(ada.id, scene.now) == [touched]
    await scene.store.touch_session(new_id(scene.now), later, later)


async def test_a_session_moves_only_where_its_person_is_a_member(scene: Scene) -> None:
    ada = await add_person(scene)
    bob = await add_person(scene, "bob", Role.VIEWER, await add_tenant(scene, "theirs"))
    (theirs,) = await scene.store.memberships(bob.id)
    made = await sign_in(scene, ada, b"token", theirs.tenant)
    for tenant in (theirs.tenant, "nowhere", "\x00"):
        with pytest.raises(NotFound):
            await scene.store.move_session(made.id, tenant)
    await scene.store.move_session(made.id, TENANT)
    found = await scene.store.find_session(b"token", scene.now)
    assert found is not None
    assert (found.session.tenant, found.role) == (TENANT, Role.EDITOR)
    for session_id in (new_id(scene.now), "nonsense"):
        with pytest.raises(NotFound):
            await scene.store.move_session(session_id, TENANT)


async def test_sessions_are_listed_newest_first(scene: Scene) -> None:
    ada, bob = await add_person(scene), await add_person(scene, "bob")
    made = []
    for number in range(3):
        made.append(await sign_in(scene, ada, bytes([number])))
        scene.clock.move(SECOND)
    await sign_in(scene, bob, b"bob")
    assert await scene.store.list_sessions(ada.id, scene.now) == made[::-1]


async def test_only_ones_own_session_is_ended(scene: Scene) -> None:
    ada, bob = await add_person(scene), await add_person(scene, "bob")
    made = await sign_in(scene, ada, b"token")
    for user, session_id in ((bob, made.id), (ada, new_id(scene.now)), (ada, "nonsense")):
        with pytest.raises(NotFound):
            await scene.store.end_session(user.id, session_id)
    assert await scene.store.find_session(b"token", scene.now) is not None
    await scene.store.end_session(ada.id, made.id)
    assert await scene.store.find_session(b"token", scene.now) is None


async def test_all_sessions_but_one_are_ended(scene: Scene) -> None:
    ada, bob = await add_person(scene), await add_person(scene, "bob")
    made = [await sign_in(scene, ada, bytes([number])) for number in range(4)]
    theirs = await sign_in(scene, bob, b"bob")
    assert await scene.store.end_sessions(ada.id, but=made[2].id) == 3
    assert await scene.store.list_sessions(ada.id, scene.now) == [made[2]]
    assert await scene.store.end_sessions(ada.id) == 1
    assert await scene.store.end_sessions(ada.id) == 0
    assert await scene.store.list_sessions(bob.id, scene.now) == [theirs]


async def test_many_who_end_the_same_sessions_count_each_once(scene: Scene, other: Scene) -> None:
    ada = await add_person(scene)
    for number in range(20):
        await sign_in(scene, ada, bytes([number]))
    ended = await asyncio.gather(*(one.store.end_sessions(ada.id) for one in (scene, other) * 3))
    assert sum(ended) == 20
