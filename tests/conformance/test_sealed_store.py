"""Sealed values as a rotation sees them: found by how they begin, replaced only while they are what was read."""

from __future__ import annotations

from dataclasses import replace

from holdfast.model.access import Role, User
from holdfast.model.secret import SealedSecret, sealed_for
from holdfast.model.subscription import Subscription
from holdfast.ports import NewUser, SubscriptionChange, UserChange
from holdfast.ports.sealed import SEALED_KINDS, SealedKind, SealedValue
from tests.conformance.scene import TENANT, Scene, new_id

OLD, NEW = b"old-0", b"new-0"


async def all_of(scene: Scene, kind: SealedKind, mark: bytes = NEW) -> list[SealedValue]:
    """In portions of two."""
    found: list[SealedValue] = []
    while page := await scene.store.list_sealed(kind, mark, found[-1].row if found else None, 2):
        found += page
    return found


async def planted(scene: Scene) -> SealedSecret:
    """One of each kind; the secret that is bound to a host."""
    now = scene.now
    ids = [new_id(now) for _ in range(6)]
    bound = SealedSecret(ids[0], TENANT, "BOUND", OLD + b"1", now, now, hosts=("a.example",), kinds=("http.request",))
    await scene.store.put_secret(bound, now)
    for number, secret_id in enumerate(ids[1:4]):
        await scene.store.put_secret(
            SealedSecret(secret_id, TENANT, f"PLAIN_{number}", OLD + b"%d" % number, now, now), now
        )
    subscription = Subscription(ids[4], TENANT, "https://a.example", ("*",), OLD + b"s", now, now, now)
    await scene.store.create_subscription(subscription, None, now)
    change = SubscriptionChange(sealed=OLD + b"t", previous_until=now + 1)
    await scene.store.change_subscription(TENANT, ids[4], change, now)
    person = User(ids[5], "person", "Ada", now, email="ada@example.com")
    await scene.store.add_user(NewUser(person, "hash"), TENANT, Role.VIEWER, now)
    await scene.store.change_user(ids[5], UserChange(totp=OLD + b"u"))
    return bound


async def test_each_kind_is_listed_in_portions_with_what_it_is_bound_to(scene: Scene) -> None:
    bound = await planted(scene)
    found = {kind: await all_of(scene, kind) for kind in SEALED_KINDS}
    assert [len(values) for values in found.values()] == [4, 1, 1, 1]
    secret = next(value for value in found["secret"] if value.row == bound.id)
    assert secret == ("secret", bound.id, TENANT, sealed_for(bound), OLD + b"1")
    assert [value.sealed for value in (*found["signing"], *found["signing_before"])] == [OLD + b"t", OLD + b"s"]
    (totp,) = found["totp"]
    assert (totp.tenant, totp.bound_to) == ("", totp.row)
    assert [await all_of(scene, kind, OLD) for kind in SEALED_KINDS] == [[], [], [], []]


async def test_only_what_was_read_is_replaced(scene: Scene) -> None:
    await planted(scene)
    values = [value for kind in SEALED_KINDS for value in await all_of(scene, kind)]
    changed = replace((await scene.store.get_secrets(TENANT, ["PLAIN_0"]))["PLAIN_0"], sealed=b"by somebody else")
    await scene.store.put_secret(changed, scene.now)
    assert await scene.store.reseal([(value, NEW + value.sealed) for value in values]) == len(values) - 1
    assert await scene.store.reseal([(value, NEW + value.sealed) for value in values]) == 0
    left = [value for kind in SEALED_KINDS for value in await all_of(scene, kind)]
    assert [value.sealed for value in left] == [b"by somebody else"]


async def test_an_instance_keeps_its_first_values_until_they_are_replaced(scene: Scene) -> None:
    store = scene.store
    assert await store.instance_value("name") is None
    assert await store.keep_instance_value("name", "one") == "one"
    assert await store.keep_instance_value("name", "two") == "one"
    assert not await store.replace_instance_value("name", ["two"], "three")
    assert await store.replace_instance_value("name", ["two", "one"], "three")
    assert await store.instance_value("name") == "three"
    assert not await store.replace_instance_value("another", ["one"], "three")
    assert await store.instance_value("another") is None
