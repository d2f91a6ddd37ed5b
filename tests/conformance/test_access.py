"""API keys, first answers, and the secret key's digest."""

from pathlib import Path

import pytest

from holdfast.compose import open_store
from holdfast.model.access import ApiKey
from holdfast.model.errors import NotFound
from holdfast.model.instant import HOUR, SECOND
from holdfast.ports import Dedupe, NewJobs
from holdfast.settings import load
from tests.conformance.scene import TENANT, Scene, new_id
from tests.support.postgres import PostgresServer


def key(scene: Scene, role: str = "editor", tenant: str = TENANT, **fields: int) -> ApiKey:
    return ApiKey(new_id(scene.now), tenant, "ci", role, False, scene.now, **fields)


async def test_a_key_is_found_by_its_hash_only(scene: Scene) -> None:
    made = key(scene, expires_at=scene.now + HOUR)
    await scene.store.add_api_key(made, b"\x00hash")
    assert await scene.store.find_api_key(b"\x00hash") == made
    assert await scene.store.find_api_key(b"other") is None
    assert await scene.store.find_api_key(b"") is None
    assert await scene.store.list_api_keys(TENANT) == [made]


async def test_the_same_key_again_is_kept_once(scene: Scene) -> None:
    made = key(scene)
    await scene.store.add_api_key(made, b"hash")
    await scene.store.add_api_key(made, b"hash")
    assert await scene.store.list_api_keys(TENANT) == [made]


async def test_a_revoked_key_says_since_when(scene: Scene) -> None:
    made = key(scene)
    await scene.store.add_api_key(made, b"hash")
    await scene.store.revoke_api_key(TENANT, made.id, scene.now)
    revoked = scene.now
    scene.clock.move(SECOND)
    await scene.store.revoke_api_key(TENANT, made.id, scene.now)
    found = await scene.store.find_api_key(b"hash")
    assert found is not None
    assert found.revoked_at == revoked


async def test_another_tenants_keys_are_not_reached(scene: Scene) -> None:
    made = key(scene)
    await scene.store.add_api_key(made, b"hash")
    for wanted in (made.id, "nonsense", new_id(scene.now)):
        with pytest.raises(NotFound):
            await scene.store.revoke_api_key("other", wanted, scene.now)
    assert await scene.store.list_api_keys("other") == []
    assert (await scene.store.list_api_keys(TENANT))[0].revoked_at is None


async def test_an_owner_is_a_key_with_that_role_that_still_holds(scene: Scene) -> None:
    assert await scene.store.has_owner() is False
    await scene.store.add_api_key(key(scene, "admin"), b"1")
    assert await scene.store.has_owner() is False
    owner = key(scene, "owner")
    await scene.store.add_api_key(owner, b"2")
    assert await scene.store.has_owner() is True


async def test_the_first_answer_is_kept_with_its_request(scene: Scene) -> None:
    dedupe = Dedupe(TENANT, "POST /jobs", "k", "fingerprint", scene.now + HOUR)
    assert await scene.store.find_answer(TENANT, "POST /jobs", "k", scene.now) is None
    job = scene.job()
    await scene.store.insert_jobs([NewJobs((job,), dedupe)], scene.now)
    pending = await scene.store.find_answer(TENANT, "POST /jobs", "k", scene.now)
    assert pending is not None
    assert (pending.fingerprint, pending.object_ids, pending.status, pending.body) == (
        "fingerprint",
        (job.id,),
        None,
        None,
    )

    await scene.store.save_answer(TENANT, "POST /jobs", "k", 201, {"id": job.id})
    await scene.store.save_answer(TENANT, "POST /jobs", "k", 200, {"id": "later"})
    kept = await scene.store.find_answer(TENANT, "POST /jobs", "k", scene.now)
    assert kept is not None
    assert (kept.status, kept.body) == (201, {"id": job.id})

    assert await scene.store.find_answer("other", "POST /jobs", "k", scene.now) is None
    assert await scene.store.find_answer(TENANT, "POST /runs", "k", scene.now) is None
    assert await scene.store.find_answer(TENANT, "POST /jobs", "k", scene.now + HOUR) is None


async def test_an_answer_without_a_request_is_not_kept(scene: Scene) -> None:
    await scene.store.save_answer(TENANT, "POST /jobs", "k", 201, {})
    assert await scene.store.find_answer(TENANT, "POST /jobs", "k", scene.now) is None


async def test_asking_for_the_secret_key_pins_none(scene: Scene, other: Scene) -> None:
    assert await scene.store.instance_secret_known("digest") is None
    assert await scene.store.instance_secret_check("another") is True
    assert await other.store.instance_secret_known("digest") is False
    assert await other.store.instance_secret_known("another") is True


async def test_the_first_secret_key_is_the_right_one(scene: Scene, other: Scene) -> None:
    assert await scene.store.instance_secret_check("digest") is True
    assert await scene.store.instance_secret_check("digest") is True
    assert await other.store.instance_secret_check("another") is False
    assert await other.store.instance_secret_check("digest") is True


async def test_a_store_is_itself_for_every_process(scene: Scene, other: Scene) -> None:
    assert await scene.store.identity() == await other.store.identity() != ""


async def test_two_databases_of_one_server_are_two_stores(postgres_server: PostgresServer) -> None:
    seen = set()
    for name in ("one", "another"):
        store = await open_store(load(database_url=postgres_server.create_database(f"identity_{name}")))
        seen.add(await store.identity())
        await store.close()
        postgres_server.drop_database(f"identity_{name}")
    assert len(seen) == 2


async def test_two_files_are_two_stores(tmp_path: Path) -> None:
    seen = set()
    for name in ("one", "another"):
        store = await open_store(load(database_url=f"sqlite:///{tmp_path}/{name}.db"))
        seen.add(await store.identity())
        await store.close()
    assert len(seen) == 2
