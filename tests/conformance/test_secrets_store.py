"""Sealed secrets as stored: replaced under their name, read by name, and gone when they are deleted."""

import asyncio
from dataclasses import replace

import pytest

from holdfast.model.errors import NotFound
from holdfast.model.instant import SECOND
from holdfast.model.secret import SealedSecret
from tests.conformance.scene import TENANT, Scene, new_id


def secret(scene: Scene, name: str, sealed: bytes = b"sealed\x00\xff", tenant: str = TENANT) -> SealedSecret:
    return SealedSecret(new_id(scene.now), tenant, name, sealed, scene.now, scene.now)


async def test_a_secret_reads_as_it_was_put(scene: Scene) -> None:
    made = secret(scene, "KEY")
    assert await scene.store.put_secret(made, scene.now) == made
    assert await scene.store.get_secrets(TENANT, ["KEY", "UNKNOWN", "K\x00"]) == {"KEY": made}
    assert await scene.store.get_secrets(TENANT, []) == {}
    assert await scene.store.get_secrets("other", ["KEY"]) == {}


async def test_a_new_value_keeps_id_and_age(scene: Scene) -> None:
    made = await scene.store.put_secret(secret(scene, "KEY"), scene.now)
    scene.clock.move(SECOND)
    again = SealedSecret(made.id, TENANT, "KEY", b"other", scene.now, scene.now)
    kept = await scene.store.put_secret(again, scene.now)
    assert (kept.id, kept.created_at, kept.updated_at, kept.sealed) == (made.id, made.created_at, scene.now, b"other")
    assert await scene.store.get_secrets(TENANT, ["KEY"]) == {"KEY": kept}
    assert await scene.store.put_secret(again, scene.now) == kept


async def test_what_a_secret_is_bound_to_is_kept_with_it(scene: Scene) -> None:
    bound = replace(
        secret(scene, "API"),
        type="http",
        hosts=("api.example.com", "*.example.org"),
        kinds=("http.request", "task:billing.*"),
        description="Of billing, ä",
    )
    nowhere = replace(secret(scene, "NOWHERE"), hosts=(), kinds=())
    for made in (bound, nowhere):
        assert await scene.store.put_secret(made, scene.now) == made
    assert await scene.store.get_secrets(TENANT, ["API", "NOWHERE"]) == {"API": bound, "NOWHERE": nowhere}
    assert (await scene.store.list_secrets(TENANT, None, 10)).items == (bound, nowhere)
    freed = replace(bound, type="text", hosts=None, kinds=None, description="")
    assert await scene.store.put_secret(freed, scene.now) == freed


async def test_a_secret_is_replaced_only_in_the_place_of_what_was_seen(scene: Scene) -> None:
    made = await scene.store.put_secret(secret(scene, "KEY"), scene.now)
    second = replace(made, sealed=b"second")
    assert await scene.store.put_secret(second, scene.now, seen=b"something else") == made
    assert await scene.store.put_secret(second, scene.now, seen=made.sealed) == second
    assert await scene.store.put_secret(replace(made, sealed=b"third"), scene.now, seen=made.sealed) == second
    assert await scene.store.get_secrets(TENANT, ["KEY"]) == {"KEY": second}


async def test_who_sealed_for_another_id_is_told_which_is_kept(scene: Scene) -> None:
    made = await scene.store.put_secret(secret(scene, "KEY"), scene.now)
    scene.clock.move(SECOND)
    assert await scene.store.put_secret(secret(scene, "KEY", b"other"), scene.now) == made
    assert await scene.store.get_secrets(TENANT, ["KEY"]) == {"KEY": made}
    assert await scene.count("secrets") == 1


async def test_many_who_make_one_secret_agree_on_its_id(scene: Scene, other: Scene) -> None:
    made = [(one, secret(one, "KEY")) for one in (scene, other) for _ in range(5)]
    kept = await asyncio.gather(*(one.store.put_secret(new, one.now) for one, new in made))
    assert len({each.id for each in kept}) == 1
    assert kept[0].id in {new.id for _, new in made}


async def test_secrets_are_listed_by_name(scene: Scene) -> None:
    for name in ("B", "a", "C", "D_1"):
        await scene.store.put_secret(secret(scene, name), scene.now)
    await scene.store.put_secret(secret(scene, "A", tenant="other"), scene.now)
    names: list[str] = []
    page = await scene.store.list_secrets(TENANT, None, 3)
    names += [one.name for one in page.items]
    page = await scene.store.list_secrets(TENANT, page.next, 3)
    names += [one.name for one in page.items]
    assert names == ["B", "C", "D_1", "a"]
    assert page.next is None


async def test_a_deleted_secret_is_gone_and_its_name_free(scene: Scene) -> None:
    made = await scene.store.put_secret(secret(scene, "KEY"), scene.now)
    with pytest.raises(NotFound):
        await scene.store.delete_secret("other", "KEY")
    await scene.store.delete_secret(TENANT, "KEY")
    for name in ("KEY", "UNKNOWN", "K\x00"):
        with pytest.raises(NotFound):
            await scene.store.delete_secret(TENANT, name)
    assert await scene.store.get_secrets(TENANT, ["KEY"]) == {}
    assert (await scene.store.put_secret(secret(scene, "KEY"), scene.now)).id != made.id
