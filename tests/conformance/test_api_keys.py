"""API keys: found by their hash, narrowed, of a service account or of none, and told when they were last used."""

import asyncio

import pytest

from holdfast.model.access import ApiKey, KeyUse
from holdfast.model.errors import NotFound
from holdfast.model.instant import HOUR, SECOND
from holdfast.ports import UserChange
from tests.conformance.people import add_account, add_person, add_tenant, key
from tests.conformance.scene import TENANT, Scene, new_id


async def found(scene: Scene, secret_hash: bytes = b"hash") -> ApiKey:
    one = await scene.store.find_api_key(secret_hash)
    assert one is not None
    return one


async def test_a_key_is_found_by_its_hash_only(scene: Scene) -> None:
    made = key(scene, expires_at=scene.now + HOUR)
    await scene.store.add_api_key(made, b"\x00hash")
    assert await scene.store.find_api_key(b"\x00hash") == made
    assert await scene.store.find_api_key(b"other") is None
    assert await scene.store.find_api_key(b"") is None
    assert await scene.store.list_api_keys(TENANT) == [made]


async def test_a_key_is_as_it_was_made(scene: Scene) -> None:
    account = await add_account(scene)
    scopes = frozenset({"jobs:write", "runs:read"})
    narrowed = key(scene, scopes=scopes, user_id=account.id, created_by="Ada")
    nothing = key(scene, scopes=frozenset())
    await scene.store.add_api_key(narrowed, b"1")
    await scene.store.add_api_key(nothing, b"2")
    assert await found(scene, b"1") == narrowed
    assert (await found(scene, b"2")).scopes == frozenset()
    assert await scene.store.list_api_keys(TENANT) == [nothing, narrowed]


async def test_the_same_key_again_is_kept_once(scene: Scene) -> None:
    made = key(scene)
    await scene.store.add_api_key(made, b"hash")
    await scene.store.add_api_key(made, b"hash")
    assert await scene.store.list_api_keys(TENANT) == [made]


async def test_a_key_needs_a_tenant_and_a_service_account_of_it(scene: Scene) -> None:
    ada, elsewhere = await add_person(scene), await add_tenant(scene, "elsewhere")
    stranger = await add_account(scene, "theirs", tenant=elsewhere)
    for refused in (
        key(scene, tenant="nowhere"),
        key(scene, user_id=ada.id),
        key(scene, user_id=stranger.id),
        key(scene, user_id=new_id(scene.now)),
    ):
        with pytest.raises(NotFound):
            await scene.store.add_api_key(refused, b"hash")
    assert await scene.store.find_api_key(b"hash") is None


async def test_a_revoked_key_says_since_when(scene: Scene) -> None:
    made = key(scene)
    await scene.store.add_api_key(made, b"hash")
    await scene.store.revoke_api_key(TENANT, made.id, scene.now)
    revoked = scene.now
    scene.clock.move(SECOND)
    await scene.store.revoke_api_key(TENANT, made.id, scene.now)
    assert (await found(scene)).revoked_at == revoked


async def test_another_tenants_keys_are_not_reached(scene: Scene) -> None:
    made = key(scene)
    await scene.store.add_api_key(made, b"hash")
    for wanted in (made.id, "nonsense", new_id(scene.now)):
        with pytest.raises(NotFound):
            await scene.store.revoke_api_key("other", wanted, scene.now)
    assert await scene.store.list_api_keys("other") == []
    assert (await scene.store.list_api_keys(TENANT))[0].revoked_at is None


async def test_a_key_of_a_disabled_account_is_refused_until_it_is_not(scene: Scene) -> None:
    account = await add_account(scene)
    await scene.store.add_api_key(key(scene, user_id=account.id), b"hash")
    assert (await found(scene)).refused is False
    await scene.store.change_user(account.id, UserChange(disabled_at=scene.now))
    assert (await found(scene)).refused is True
    assert (await scene.store.list_api_keys(TENANT))[0].refused is True
    await scene.store.change_user(account.id, UserChange(disabled_at=None))
    assert (await found(scene)).refused is False


async def test_a_removed_account_takes_its_keys_along(scene: Scene) -> None:
    account = await add_account(scene)
    await scene.store.add_api_key(key(scene, user_id=account.id), b"theirs")
    await scene.store.add_api_key(key(scene), b"other")
    await scene.store.remove_member(TENANT, account.id)
    gone = await found(scene, b"theirs")
    assert (gone.revoked_at is not None, gone.refused) == (True, True)
    assert (await found(scene, b"other")).revoked_at is None
    with pytest.raises(NotFound):
        await scene.store.get_user(account.id)
    with pytest.raises(NotFound):
        await scene.store.add_api_key(key(scene, user_id=account.id), b"late")


async def test_no_key_outlives_its_account_however_they_meet(scene: Scene, other: Scene) -> None:
    for number in range(10):
        account = await add_account(scene, f"account {number}")
        secret = f"{number}".encode()
        added, removed = await asyncio.gather(
            scene.store.add_api_key(key(scene, user_id=account.id), secret),
            other.store.remove_member(TENANT, account.id),
            return_exceptions=True,
        )
        assert removed is None
        made = await scene.store.find_api_key(secret)
        assert isinstance(added, NotFound) if made is None else made.revoked_at is not None


async def test_a_key_of_a_suspended_tenant_says_so(scene: Scene) -> None:
    await scene.store.add_api_key(key(scene), b"hash")
    assert (await found(scene)).suspended is False
    await scene.execute(f"UPDATE tenants SET suspended_at = {scene.now}")
    assert (await found(scene)).suspended is True


async def test_the_newest_use_is_kept(scene: Scene) -> None:
    one, two = key(scene), key(scene)
    await scene.store.add_api_key(one, b"1")
    await scene.store.add_api_key(two, b"2")
    await scene.store.note_key_uses({})
    await scene.store.note_key_uses(
        {one.id: KeyUse(scene.now, "203.0.113.9"), new_id(scene.now): KeyUse(scene.now, "")}
    )
    await scene.store.note_key_uses({one.id: KeyUse(scene.now - 1, "::1"), two.id: KeyUse(scene.now, "::2")})
    first, second = await found(scene, b"1"), await found(scene, b"2")
    assert (first.used_at, first.used_from) == (scene.now, "203.0.113.9")
    assert (second.used_at, second.used_from) == (scene.now, "::2")


async def test_many_note_the_uses_of_the_same_keys_at_once(scene: Scene, other: Scene) -> None:
    keys = [key(scene) for _ in range(10)]
    for made in keys:
        await scene.store.add_api_key(made, made.id.encode())
    uses = [{made.id: KeyUse(scene.now + turn, f"{turn}") for made in keys[turn % 2 :]} for turn in range(20)]
    await asyncio.gather(*((scene, other)[turn % 2].store.note_key_uses(uses[turn]) for turn in range(20)))
    newest = [(made.used_at, made.used_from) for made in await scene.store.list_api_keys(TENANT)]
    assert newest == [(scene.now + 19, "19")] * 9 + [(scene.now + 18, "18")]
