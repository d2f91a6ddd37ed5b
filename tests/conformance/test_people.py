"""Users: the first of them, what proves them, and what is used up once."""

import asyncio
from dataclasses import replace

import pytest

from holdfast.model.access import Credentials, Role, User
from holdfast.model.errors import Conflict, Invalid, NotFound
from holdfast.model.instant import HOUR, SECOND, Instant
from holdfast.ports import NewUser, UserChange
from tests.conformance.people import account, add_account, add_person, key, person, sign_in
from tests.conformance.scene import TENANT, Scene, new_id


async def proof(scene: Scene, user: User) -> Credentials:
    found = await scene.store.credentials_of(user.id)
    assert found is not None
    return found


async def test_an_owner_is_a_key_with_that_role_that_still_holds(scene: Scene) -> None:
    assert await scene.store.has_owner() is False
    await scene.store.add_api_key(key(scene, "admin"), b"1")
    assert await scene.store.has_owner() is False
    owner = key(scene, "owner")
    await scene.store.add_api_key(owner, b"2")
    assert await scene.store.has_owner() is True
    await scene.store.revoke_api_key(TENANT, owner.id, scene.now)
    assert await scene.store.has_owner() is False


async def test_an_owner_is_a_person_with_that_role_who_is_not_disabled(scene: Scene) -> None:
    await add_account(scene, role=Role.OWNER)
    await add_person(scene, "editor")
    assert (await scene.store.has_owner(), await scene.store.has_person()) == (False, True)
    owner = await add_person(scene, "owner", Role.OWNER)
    assert await scene.store.has_owner() is True
    await scene.store.change_user(owner.id, UserChange(disabled_at=scene.now))
    assert await scene.store.has_owner() is False


async def test_an_admin_of_the_instance_is_a_key_that_counts_or_a_person(scene: Scene) -> None:
    async def there(at: Instant = 0) -> bool:
        return await scene.store.has_instance_admin(at or scene.now)

    await scene.store.add_api_key(key(scene, "owner"), b"1")
    assert await there() is False
    ending = replace(key(scene, "viewer", expires_at=scene.now + HOUR), instance_admin=True)
    await scene.store.add_api_key(ending, b"2")
    assert (await there(), await there(scene.now + HOUR)) == (True, False)
    await scene.store.revoke_api_key(TENANT, ending.id, scene.now)
    assert await there() is False
    await add_person(scene, "editor")
    assert await there() is False
    ada = await add_person(scene, "ada")
    await scene.store.change_user(ada.id, UserChange(instance_admin=True))
    assert await there() is True


async def test_the_first_person_owns_the_tenant(scene: Scene) -> None:
    await add_account(scene)
    assert await scene.store.has_person() is False
    new = person(scene, instance_admin=True)
    assert await scene.store.add_first_owner(new, TENANT, scene.now) is True
    assert await scene.store.add_first_owner(new, TENANT, scene.now) is True  # the same call again
    assert await scene.store.get_user(new.user.id) == new.user
    assert (await scene.store.get_member(TENANT, new.user.id)).role is Role.OWNER
    assert await scene.store.has_person() is True
    assert await scene.store.add_first_owner(person(scene, "bob"), TENANT, scene.now) is False
    assert await scene.store.credentials("bob@example.com") is None


async def test_a_first_owner_of_an_unknown_tenant_is_not_made(scene: Scene) -> None:
    with pytest.raises(NotFound):
        await scene.store.add_first_owner(person(scene), "nowhere", scene.now)
    assert await scene.store.has_person() is False


async def test_of_many_who_come_first_one_is(scene: Scene, other: Scene) -> None:
    tries = [(one, person(one, f"p{number}")) for number, one in enumerate((scene, other) * 5)]
    won = await asyncio.gather(*(one.store.add_first_owner(new, TENANT, one.now) for one, new in tries))
    assert sum(won) == 1
    (first,) = (await scene.store.list_users(None, 10)).items
    assert first.id == tries[won.index(True)][1].user.id


async def test_a_user_is_as_they_were_made(scene: Scene) -> None:
    new = person(scene)
    await scene.store.add_user(new, TENANT, Role.EDITOR, scene.now)
    await scene.store.add_user(new, TENANT, Role.EDITOR, scene.now)  # the same call again
    assert await scene.store.get_user(new.user.id) == new.user
    assert await scene.store.credentials("ada@example.com") == Credentials(new.user, "$argon2id$")
    for unknown in ("bob@example.com", "", "a\x00b"):
        assert await scene.store.credentials(unknown) is None
    for unknown in (new_id(scene.now), "nonsense"):
        assert await scene.store.credentials_of(unknown) is None
        with pytest.raises(NotFound):
            await scene.store.get_user(unknown)
        with pytest.raises(NotFound):
            await scene.store.change_user(unknown, UserChange(name="x"))


async def test_a_service_account_proves_nothing(scene: Scene) -> None:
    made = await add_account(scene)
    assert (await scene.store.get_user(made.id)) == made
    assert await scene.store.credentials_of(made.id) is None


async def test_an_address_is_taken_once(scene: Scene, other: Scene) -> None:
    answers = await asyncio.gather(
        *(one.store.add_user(person(one), TENANT, Role.VIEWER, one.now) for one in (scene, other) * 3),
        return_exceptions=True,
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Conflict"] * 5 + ["NoneType"]
    assert len((await scene.store.list_members(TENANT, None, 10)).items) == 1


async def test_a_user_of_an_unknown_tenant_is_not_made(scene: Scene) -> None:
    for new in (person(scene), account(scene)):
        with pytest.raises(NotFound):
            await scene.store.add_user(new, "nowhere", Role.VIEWER, scene.now)
        with pytest.raises(NotFound):
            await scene.store.get_user(new.user.id)


async def test_only_what_a_change_names_is_written(scene: Scene) -> None:
    ada = await add_person(scene)
    seen = await scene.store.change_user(ada.id, UserChange(name="Ada L.", signed_in_at=scene.now))
    assert (seen.name, seen.signed_in_at, seen.email) == ("Ada L.", scene.now, "ada@example.com")
    await scene.store.change_user(
        ada.id, UserChange(password_hash="new", totp=b"sealed\x00", recovery=frozenset({"a", "b"}))
    )
    assert await proof(scene, ada) == Credentials(
        await scene.store.get_user(ada.id), "new", b"sealed\x00", frozenset({"a", "b"})
    )
    assert (await scene.store.get_user(ada.id)).has_totp is True
    await scene.store.change_user(ada.id, UserChange(totp=None, recovery=frozenset()))
    changed = await proof(scene, ada)
    assert (changed.totp, changed.recovery, changed.password_hash) == (None, frozenset(), "new")


async def test_a_change_may_end_sessions_with_it(scene: Scene) -> None:
    ada, bob = await add_person(scene), await add_person(scene, "bob")
    sessions = [await sign_in(scene, ada, bytes([number])) for number in range(3)]
    theirs = await sign_in(scene, bob, b"bob")
    await scene.store.change_user(ada.id, UserChange(name="A"))
    assert len(await scene.store.list_sessions(ada.id, scene.now)) == 3
    await scene.store.change_user(ada.id, UserChange(password_hash="new"), end_sessions_but=sessions[1].id)
    assert await scene.store.list_sessions(ada.id, scene.now) == [sessions[1]]
    await scene.store.change_user(ada.id, UserChange(), end_sessions_but=None)
    assert await scene.store.list_sessions(ada.id, scene.now) == []
    assert await scene.store.list_sessions(bob.id, scene.now) == [theirs]


async def test_the_last_admin_of_the_instance_stays_one(scene: Scene) -> None:
    ada = await add_person(scene, instance_admin=True)
    bob = await add_person(scene, "bob", instance_admin=True)
    changes = (UserChange(instance_admin=False), UserChange(disabled_at=scene.now))
    await scene.store.change_user(bob.id, changes[1])
    for change in changes:
        with pytest.raises(Conflict):
            await scene.store.change_user(ada.id, change)
    assert await scene.store.get_user(ada.id) == ada
    await scene.store.change_user(bob.id, UserChange(disabled_at=None))
    assert (await scene.store.change_user(ada.id, changes[0])).instance_admin is False


async def test_of_admins_who_all_leave_at_once_one_stays(scene: Scene, other: Scene) -> None:
    admins = [await add_person(scene, f"p{number}", instance_admin=True) for number in range(6)]
    leaving = [
        (scene, other)[number % 2].store.change_user(
            admin.id, UserChange(instance_admin=False) if number < 3 else UserChange(disabled_at=scene.now)
        )
        for number, admin in enumerate(admins)
    ]
    answers = await asyncio.gather(*leaving, return_exceptions=True)
    assert sum(isinstance(answer, Conflict) for answer in answers) == 1
    left = [user for user in (await scene.store.list_users(None, 10)).items if user.instance_admin]
    assert len([user for user in left if user.disabled_at is None]) == 1


async def test_a_code_is_used_once_and_no_older_one_after_it(scene: Scene, other: Scene) -> None:
    ada = await add_person(scene)
    used = await asyncio.gather(*(one.store.use_code_step(ada.id, 100) for one in (scene, other) * 4))
    assert sum(used) == 1
    assert [await scene.store.use_code_step(ada.id, step) for step in (99, 100, 101)] == [False, False, True]
    assert await scene.store.use_code_step(new_id(scene.now), 1) is False


async def test_a_new_seed_forgets_the_steps_of_the_one_before(scene: Scene) -> None:
    ada = await add_person(scene)
    await scene.store.use_code_step(ada.id, 100)
    await scene.store.change_user(ada.id, UserChange(name="A"))
    assert await scene.store.use_code_step(ada.id, 100) is False
    await scene.store.change_user(ada.id, UserChange(totp=b"new"))
    assert await scene.store.use_code_step(ada.id, 100) is True


async def test_a_recovery_code_is_used_once(scene: Scene, other: Scene) -> None:
    ada = await add_person(scene)
    await scene.store.change_user(ada.id, UserChange(recovery=frozenset({"a", "b", "c"})))
    wanted = ["a", "b"] * 4
    used = await asyncio.gather(
        *((scene, other)[turn % 2].store.use_recovery(ada.id, wanted[turn // 2]) for turn in range(8))
    )
    assert sum(used) == 2
    assert (await proof(scene, ada)).recovery == frozenset({"c"})
    assert await scene.store.use_recovery(ada.id, "unknown") is False
    assert await scene.store.use_recovery(ada.id, "c") is True
    assert (await proof(scene, ada)).recovery == frozenset()
    assert await scene.store.use_recovery(new_id(scene.now), "c") is False


async def test_an_identity_belongs_to_one_person(scene: Scene, other: Scene) -> None:
    ada, bob = await add_person(scene), await add_person(scene, "bob")
    assert await scene.store.find_identity("https://id.example.com", "1") is None
    answers = await asyncio.gather(
        *(
            one.store.link_identity("https://id.example.com", "1", user.id, one.now)
            for one, user in ((scene, ada), (other, bob))
        ),
        return_exceptions=True,
    )
    owner = await scene.store.find_identity("https://id.example.com", "1")
    assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "NoneType"]
    assert owner == (ada.id if answers[0] is None else bob.id)
    await scene.store.link_identity("https://id.example.com", "1", owner, scene.now)
    assert await scene.store.find_identity("https://id.example.com", "a\x00b") is None
    with pytest.raises(Conflict):  # an address that changed hands takes no account along
        await scene.store.link_identity("https://id.example.com", "2", owner, scene.now)
    assert await scene.store.find_identity("https://id.example.com", "2") is None
    await scene.store.link_identity("https://other.example.com", "2", owner, scene.now)
    assert await scene.store.find_identity("https://other.example.com", "1") is None


async def test_people_are_listed_by_id(scene: Scene) -> None:
    people = []
    for number in range(5):
        people.append(await add_person(scene, f"p{number}"))
        await add_account(scene, f"s{number}")
        scene.clock.move(SECOND)
    first = await scene.store.list_users(None, 3)
    rest = await scene.store.list_users(first.next, 3)
    assert [*first.items, *rest.items] == people
    assert rest.next is None
    with pytest.raises(Invalid):
        await scene.store.list_users("nonsense", 3)


async def test_a_new_user_without_a_password_has_none(scene: Scene) -> None:
    new = person(scene, password_hash=None)
    await scene.store.add_user(NewUser(new.user), TENANT, Role.VIEWER, scene.now)
    assert await scene.store.credentials("ada@example.com") == Credentials(new.user, None)
