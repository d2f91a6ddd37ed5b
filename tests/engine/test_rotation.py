"""Another secret key: everything sealed is sealed anew, also when it is interrupted, raced and run twice."""

from __future__ import annotations

import asyncio

import pytest

from holdfast.engine.rotation import DIGEST, Rotated, Rotation
from holdfast.engine.secret_drafts import SecretDraft
from holdfast.engine.secrets import Secrets
from holdfast.engine.subscription_drafts import SubscriptionDraft
from holdfast.local import secret_digest
from holdfast.model.access import Role, User
from holdfast.model.errors import Unavailable
from holdfast.ports import NewUser, SealingFailed, UserChange
from holdfast.ports.sealed import SEALED_KINDS
from holdfast.vault import KeyVault
from tests.engine.sealing import KEY as OLD
from tests.engine.sealing import Sealing, sealing
from tests.engine.world import TENANT

NEW = "n" * 40
MANY = 450


def rotation(made: Sealing, *older: str) -> Rotation:
    digests = [secret_digest(key) for key in older or (OLD,)]
    return Rotation(made.store, KeyVault(NEW, *(older or (OLD,))), secret_digest(NEW), digests)


def with_keys(made: Sealing, *keys: str) -> Secrets:
    return Secrets(made.store, KeyVault(*keys), made.clock, made.entropy)


async def plant(made: Sealing) -> None:
    """More secrets than are sealed at once, a subscription with two signing secrets, a person with a seed."""
    assert await made.store.instance_secret_check(secret_digest(OLD))
    for number in range(MANY):
        bound = ("api.example.com",) if number % 2 else None
        await made.secrets.put(TENANT, f"KEY_{number}", SecretDraft(f"value-{number}", hosts=bound))
    accepted, _ = await made.subscriptions.create(TENANT, SubscriptionDraft("https://a.example", ("*",)))
    await made.subscriptions.rotate(TENANT, accepted.id)
    now = made.clock.now()
    user_id = made.entropy.new_id(now)
    person = User(user_id, "person", "Ada", now, email="ada@example.com")
    await made.store.add_user(NewUser(person, "hash"), TENANT, Role.VIEWER, now)
    await made.store.change_user(user_id, UserChange(totp=KeyVault(OLD).seal("", user_id, "SEED")))


async def left(made: Sealing) -> int:
    mark = KeyVault(NEW).mark
    return sum([len(await made.store.list_sealed(kind, mark, None, 10_000)) for kind in SEALED_KINDS])


async def check_all_open(made: Sealing) -> None:
    """Under the new key alone."""
    opened = await with_keys(made, NEW).opened(TENANT, [f"KEY_{number}" for number in range(MANY)])
    assert {secret.value for secret in opened.values()} == {f"value-{number}" for number in range(MANY)}
    assert {secret.hosts for secret in opened.values()} == {None, ("api.example.com",)}
    (subscription,) = (await made.store.list_subscriptions(TENANT, None, 9)).items
    vault = KeyVault(NEW)
    assert subscription.previous is not None
    for sealed in (subscription.sealed, subscription.previous):
        assert vault.open(TENANT, subscription.id, sealed).startswith("whsec_")
    found = await made.store.credentials("ada@example.com")
    assert found is not None
    assert found.totp is not None
    assert vault.open("", found.user.id, found.totp) == "SEED"


async def test_everything_is_sealed_anew_and_the_store_is_that_of_the_new_key(store_url: str) -> None:
    async with sealing(store_url) as made:
        await plant(made)
        told: list[int] = []
        done = await rotation(made).run(lambda so_far: told.append(so_far.resealed.total()))
        assert (dict(done.resealed), done.unreadable, done.done) == (
            {"secret": MANY, "signing": 1, "signing_before": 1, "totp": 1}, [], True,
        )  # fmt: skip
        assert told == [200, 400, MANY, MANY + 1, MANY + 2, MANY + 3]
        await check_all_open(made)
        assert await made.store.instance_secret_known(secret_digest(NEW)) is True
        assert await made.store.instance_secret_known(secret_digest(OLD)) is False
        with pytest.raises(SealingFailed, match="another secret key"):
            await made.secrets.values(TENANT, ["KEY_0"])
        again = await rotation(made).run()
        assert (again.resealed.total(), again.done) == (0, True)


@pytest.mark.parametrize("fault", ["lose", "lose_answer"])
async def test_what_was_interrupted_is_done_by_running_it_again(store_url: str, fault: str) -> None:
    async with sealing(store_url) as made:
        await plant(made)

        def second(so_far: Rotated) -> None:
            if so_far.resealed.total() == 200:
                getattr(made.faults, fault)("reseal")

        with pytest.raises(Unavailable):
            await rotation(made).run(second)
        assert 0 < await left(made) < MANY
        assert await made.store.instance_value(DIGEST) == secret_digest(OLD)
        # Half of them under either key: a process that has both reads all, whichever of them is its first.
        for keys in ((OLD, NEW), (NEW, OLD)):
            opened = await with_keys(made, *keys).values(TENANT, ["KEY_0", f"KEY_{MANY - 1}"])
            assert opened == {"KEY_0": "value-0", f"KEY_{MANY - 1}": f"value-{MANY - 1}"}
        assert (await rotation(made).run()).done
        await check_all_open(made)


async def test_values_that_are_set_meanwhile_stay(store_url: str) -> None:
    async with sealing(store_url) as made:
        await plant(made)
        old, new = with_keys(made, OLD, NEW), with_keys(made, NEW, OLD)

        async def keep_setting() -> None:
            for number in range(60):
                await (old if number % 2 else new).put(TENANT, f"KEY_{number * 7}", f"changed-{number}")

        done, _, also = await asyncio.gather(rotation(made).run(), keep_setting(), rotation(made).run())
        assert done.done
        assert also.done
        assert (await rotation(made).run()).done
        assert await left(made) == 0
        opened = await with_keys(made, NEW).values(TENANT, [f"KEY_{number * 7}" for number in range(60)])
        assert opened == {f"KEY_{number * 7}": f"changed-{number}" for number in range(60)}


async def test_what_no_key_opens_is_named_and_the_store_stays_that_of_the_old_key(store_url: str) -> None:
    async with sealing(store_url) as made:
        assert await made.store.instance_secret_check(secret_digest(OLD))
        await made.secrets.put(TENANT, "KEY", "value")
        lost = await with_keys(made, "x" * 40).put(TENANT, "LOST", "value")
        done = await rotation(made).run()
        assert (done.resealed.total(), done.done) == (1, False)
        assert done.unreadable == [f"the secret {lost.id} was sealed with another secret key"]
        assert await made.store.instance_secret_known(secret_digest(OLD)) is True
        await made.secrets.delete(TENANT, "LOST")
        assert (await rotation(made).run()).done
