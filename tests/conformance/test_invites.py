"""Links that may be used once: replaced, looked at, taken back, and accepted by exactly one."""

import asyncio
from dataclasses import replace

import pytest

from holdfast.model.access import Role
from holdfast.model.errors import Conflict, NotFound
from holdfast.model.instant import HOUR, SECOND
from holdfast.ports import UserChange
from tests.conformance.people import add_person, add_tenant, invite, password_link, person, sign_in
from tests.conformance.scene import TENANT, Scene, new_id


async def test_an_invite_is_found_by_its_token_until_it_is_over(scene: Scene) -> None:
    made = invite(scene)
    await scene.store.add_invite(made, b"\x00token")
    await scene.store.add_invite(made, b"\x00token")  # the same call again
    assert await scene.store.find_invite(b"\x00token", scene.now) == made
    assert await scene.store.find_invite(b"other", scene.now) is None
    assert await scene.store.find_invite(b"\x00token", made.expires_at) is None
    assert await scene.store.list_invites(TENANT, scene.now) == [made]
    assert await scene.store.list_invites(TENANT, made.expires_at) == []
    assert await scene.store.list_invites("other", scene.now) == []


async def test_a_new_invite_takes_the_place_of_an_unused_one(scene: Scene, other: Scene) -> None:
    bob = await add_person(scene, "bob")
    elsewhere = await add_tenant(scene, "elsewhere")
    kept = [invite(scene, tenant=elsewhere), invite(scene, "carol@example.com"), password_link(scene, bob)]
    for number, one in enumerate(kept):
        await scene.store.add_invite(one, bytes([number]))
    again = [invite(scene, role=Role(number % 5 + 1)) for number in range(8)]
    await asyncio.gather(
        *((scene, other)[number % 2].store.add_invite(one, one.id.encode()) for number, one in enumerate(again))
    )
    links = [await scene.store.find_invite(one.id.encode(), scene.now) for one in again]
    assert [one for one in links if one is not None] == [
        one for one in await scene.store.list_invites(TENANT, scene.now) if one.email == "bob@example.com"
    ]
    assert len([one for one in links if one is not None]) == 1
    assert [await scene.store.find_invite(bytes([number]), scene.now) for number in range(3)] == kept


async def test_invites_are_listed_newest_first_and_links_to_passwords_not_at_all(scene: Scene) -> None:
    made = []
    for name in ("a", "b", "c"):
        made.append(invite(scene, f"{name}@example.com"))
        await scene.store.add_invite(made[-1], name.encode())
        scene.clock.move(SECOND)
    await scene.store.add_invite(password_link(scene, await add_person(scene)), b"password")
    assert await scene.store.list_invites(TENANT, scene.now) == made[::-1]


async def test_an_invite_is_taken_back(scene: Scene) -> None:
    made = invite(scene)
    await scene.store.add_invite(made, b"token")
    for tenant, wanted in (("other", made.id), (TENANT, new_id(scene.now)), (TENANT, "nonsense")):
        with pytest.raises(NotFound):
            await scene.store.revoke_invite(tenant, wanted)
    await scene.store.revoke_invite(TENANT, made.id)
    assert await scene.store.find_invite(b"token", scene.now) is None
    with pytest.raises(NotFound):
        await scene.store.accept_invite(b"token", person(scene, "bob"), None, scene.now)


async def test_a_new_person_joins_as_the_invite_says(scene: Scene) -> None:
    await scene.store.add_invite(invite(scene, role=Role.OPERATOR), b"token")
    new = person(scene, "bob")
    at = scene.clock.move(SECOND)
    assert await scene.store.accept_invite(b"token", new, None, at) == new.user
    member = await scene.store.get_member(TENANT, new.user.id)
    assert (member.role, member.since) == (Role.OPERATOR, at)
    assert await scene.store.find_invite(b"token", at) is None
    assert await scene.store.list_invites(TENANT, at) == []
    assert await scene.store.accept_invite(b"token", new, None, at) == new.user  # the same call again
    for later in (at, at + SECOND):
        with pytest.raises(NotFound):
            await scene.store.accept_invite(b"token", person(scene, "carol"), None, later)
    assert await scene.store.credentials("carol@example.com") is None
    await scene.store.add_invite(invite(scene), b"another")
    assert len(await scene.store.list_invites(TENANT, at)) == 1


async def test_of_many_who_accept_at_once_one_does(scene: Scene, other: Scene) -> None:
    for turn in range(5):
        await scene.store.add_invite(invite(scene, f"{turn}@example.com"), b"token")
        answers = await asyncio.gather(
            *(
                one.store.accept_invite(b"token", person(one, f"p{turn}-{number}"), None, one.now)
                for number, one in enumerate((scene, other) * 4)
            ),
            return_exceptions=True,
        )
        assert sum(isinstance(answer, NotFound) for answer in answers) == 7
        assert len((await scene.store.list_members(TENANT, None, 100)).items) == turn + 1
        await scene.execute("DELETE FROM invites")


@pytest.mark.parametrize(("before", "offered"), [(Role.VIEWER, Role.ADMIN), (Role.OWNER, Role.EDITOR)])
async def test_who_is_a_member_already_keeps_the_higher_role(scene: Scene, before: Role, offered: Role) -> None:
    bob = await add_person(scene, "bob", before)
    await scene.store.add_invite(invite(scene, role=offered), b"token")
    assert await scene.store.accept_invite(b"token", None, bob.id, scene.now) == bob
    assert (await scene.store.get_member(TENANT, bob.id)).role is max(before, offered)


async def test_who_is_known_joins_another_tenant(scene: Scene) -> None:
    bob, elsewhere = await add_person(scene, "bob"), await add_tenant(scene, "elsewhere")
    await scene.store.add_invite(invite(scene, tenant=elsewhere), b"token")
    await scene.store.accept_invite(b"token", None, bob.id, scene.now)
    assert [one.tenant for one in await scene.store.memberships(bob.id)] == [TENANT, elsewhere]
    with pytest.raises(NotFound):
        await scene.store.accept_invite(b"token", None, bob.id, scene.now)


async def test_a_link_to_a_password_ends_when_its_person_gets_more(scene: Scene) -> None:
    bob, elsewhere = await add_person(scene, "bob"), await add_tenant(scene, "elsewhere")
    other = await add_person(scene, "carol")
    await scene.store.add_invite(password_link(scene, other), b"of another")
    await scene.store.add_invite(password_link(scene, bob), b"before")
    await scene.store.add_invite(invite(scene, tenant=elsewhere), b"token")
    await scene.store.accept_invite(b"token", None, bob.id, scene.now)
    assert await scene.store.find_invite(b"before", scene.now) is None
    await scene.store.add_invite(password_link(scene, bob), b"again")
    await scene.store.change_user(bob.id, UserChange(name="Bo"))
    assert await scene.store.find_invite(b"again", scene.now) is not None
    await scene.store.change_user(bob.id, UserChange(instance_admin=True))
    assert await scene.store.find_invite(b"again", scene.now) is None
    assert await scene.store.find_invite(b"of another", scene.now) is not None


async def test_an_invite_that_could_not_be_accepted_is_as_good_as_before(scene: Scene) -> None:
    await add_person(scene, "bob")
    made = invite(scene)
    await scene.store.add_invite(made, b"token")
    with pytest.raises(Conflict):
        await scene.store.accept_invite(b"token", person(scene, "bob"), None, scene.now)
    for unknown in (new_id(scene.now), "nonsense", None):
        with pytest.raises(NotFound):
            await scene.store.accept_invite(b"token", None, unknown, scene.now)
    with pytest.raises(NotFound):
        await scene.store.accept_password(b"token", "new", scene.now)
    with pytest.raises(NotFound):
        await scene.store.accept_invite(b"token", person(scene, "carol"), None, made.expires_at)
    assert await scene.store.find_invite(b"token", scene.now) == made


async def test_an_invite_to_a_tenant_that_is_gone_lets_nobody_in(scene: Scene) -> None:
    await scene.store.add_invite(replace(invite(scene), tenant="gone"), b"token")
    with pytest.raises(NotFound):
        await scene.store.accept_invite(b"token", person(scene, "bob"), None, scene.now)
    assert await scene.store.credentials("bob@example.com") is None


async def test_a_new_password_ends_every_session(scene: Scene, other: Scene) -> None:
    ada, bob = await add_person(scene), await add_person(scene, "bob")
    await sign_in(scene, ada, b"1")
    await sign_in(scene, bob, b"2")
    made = password_link(scene, ada)
    await scene.store.add_invite(made, b"token")
    assert await scene.store.find_invite(b"token", scene.now) == made
    with pytest.raises(NotFound):
        await scene.store.accept_invite(b"token", person(scene, "carol"), None, scene.now)
    answers = await asyncio.gather(
        *(one.store.accept_password(b"token", f"hash {n}", one.now) for n, one in enumerate((scene, other) * 3)),
        return_exceptions=True,
    )
    (won,) = (n for n, answer in enumerate(answers) if answer == ada)
    assert sum(isinstance(answer, NotFound) for answer in answers) == 5
    proof = await scene.store.credentials_of(ada.id)
    assert proof is not None
    assert proof.password_hash == f"hash {won}"
    assert await scene.store.find_session(b"1", scene.now) is None
    assert await scene.store.find_session(b"2", scene.now) is not None
    assert await scene.store.accept_password(b"token", f"hash {won}", scene.now) == ada  # the same call again
    with pytest.raises(NotFound):
        await scene.store.accept_password(b"token", f"hash {won}", scene.now + HOUR)
