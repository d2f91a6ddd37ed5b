"""First answers, the secret key's digest, and what tells one store from another."""

from pathlib import Path

from holdfast.compose import open_store
from holdfast.model.instant import HOUR
from holdfast.ports import Dedupe, NewJobs
from holdfast.settings import load
from tests.conformance.scene import TENANT, Scene
from tests.support.postgres import PostgresServer


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
