"""Row-level security as a second net: a read on a tenant's behalf gives nothing of another, whatever it forgot."""

import ast
import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import asyncpg
import pytest

from holdfast.model.errors import NotFound
from holdfast.model.records import JobFilter
from holdfast.ports import NewTenant
from holdfast.ports.behalf import read_for
from holdfast.stores import postgres
from holdfast.stores.belongings import FOUND_THROUGH, INSTANCE
from holdfast.stores.postgres.sql import net
from holdfast.stores.postgres.sql import runs as runs_sql
from holdfast.stores.postgres.store import PostgresStore
from tests.conformance.scene import TENANT, Scene, graph_of, new_id
from tests.conformance.test_purge import people_of, rest_of, tables, work_of
from tests.stores.offering import Offering, opened

OTHER: Final = "other"
# With a ``tenant``, but not to be read on its behalf: what writes, and what says who may come in at all.
WRITES: Final = {"save_answer", "revoke_invite", "revoke_api_key", "delete_secret", "move_session", "renew_key"}
ELSEWHERE: Final = {"get_tenant", "list_members", "get_member", "cancel_jobs"}


@pytest.fixture
async def scene(postgres_url: str) -> AsyncIterator[Offering]:
    async with opened(postgres_url) as scene:
        yield scene


@contextmanager
def reading(tenant: str) -> Iterator[None]:
    read_for(tenant)
    try:
        yield
    finally:
        read_for(None)


async def both_filled(scene: Scene) -> None:
    await scene.store.create_tenant(NewTenant(OTHER, OTHER), scene.now)
    for tenant in (TENANT, OTHER):
        await work_of(scene, tenant)
        await rest_of(scene, tenant)
        await people_of(scene, tenant)


async def test_every_table_with_what_is_a_tenants_has_a_policy(scene: Offering) -> None:
    wanted = set(await tables(scene)) - set(INSTANCE) | {"users"}
    for column in ("tablename", "tablename || roles::text"):
        found = await scene.column(f"SELECT {column} FROM pg_policies WHERE policyname = 'of_tenant'")
        assert set(found) == {table + ("{holdfast_tenant}" if "roles" in column else "") for table in wanted}
    on = await scene.column("SELECT relname::text FROM pg_class WHERE relrowsecurity")
    assert set(on) == wanted
    assert await scene.store.keeps_tenants_apart()


async def test_a_read_that_asks_for_everything_gives_one_tenants(scene: Offering) -> None:
    await both_filled(scene)
    db = scene.offering._db
    seen_some = 0
    for table in net.conditions():
        column = {"tenants": "id"}.get(table, "tenant_id")
        if table in FOUND_THROUGH or table == "users":
            continue
        with reading(OTHER):
            found = [row[0] for row in await db.seen(f"SELECT {column} FROM {table}")]
        assert set(found) <= {OTHER}, table
        seen_some += bool(found)
    assert seen_some > 15


async def test_parts_are_seen_through_what_they_are_part_of(scene: Offering) -> None:
    await both_filled(scene)
    db = scene.offering._db
    for table, (of, key, column) in FOUND_THROUGH.items():
        owners = f"SELECT p.tenant_id FROM {table} c JOIN {of} p ON p.{key} = c.{column}"
        expected = (await scene.column(owners)).count(OTHER)
        with reading(OTHER):
            assert len(await db.seen(f"SELECT 1 FROM {table}")) == expected, table
    assert await scene.count("run_nodes") > 2
    with reading(OTHER):
        assert [row["name"] for row in await db.seen("SELECT name FROM users")] == [f"robot of {OTHER}"]


async def test_a_method_that_forgot_its_condition_gives_nothing_of_another(
    scene: Offering, monkeypatch: pytest.MonkeyPatch
) -> None:
    await both_filled(scene)
    (run_id,) = {run.id for run in (await scene.store.list_runs(TENANT, None, None, scene.now, None, 1)).items}
    forgotten = runs_sql.GET.replace("r.tenant_id = $2", "$2::text IS NOT NULL")
    assert forgotten != runs_sql.GET
    monkeypatch.setattr(runs_sql, "GET", forgotten)
    assert (await scene.store.get_run(OTHER, run_id, scene.now)).id == run_id, "without the net it would be given away"
    with reading(OTHER), pytest.raises(NotFound):
        await scene.store.get_run(OTHER, run_id, scene.now)
    with reading(TENANT):
        assert (await scene.store.get_run(TENANT, run_id, scene.now)).id == run_id


async def test_a_wrong_tenant_of_the_caller_gives_nothing_either(scene: Offering) -> None:
    await both_filled(scene)
    with reading(OTHER):
        assert (await scene.store.list_jobs(TENANT, JobFilter(), scene.now, None, 10)).items == ()
        assert (await scene.store.list_jobs(OTHER, JobFilter(), scene.now, None, 10)).items != ()


async def test_readers_of_many_tenants_dont_mix(scene: Offering) -> None:
    names = [f"t{number}" for number in range(9)]
    for name in names:
        await scene.insert(scene.job(tenant=name))
    db = scene.offering._db

    async def read(name: str) -> None:
        read_for(name)  # of this task alone
        for _ in range(20):
            assert [row[0] for row in await db.seen("SELECT tenant_id FROM jobs")] == [name]

    await asyncio.gather(*(asyncio.create_task(read(name)) for name in names))
    assert len(await db.seen("SELECT tenant_id FROM jobs")) == len(names)


async def test_what_the_role_reads_for_nobody_is_nothing(scene: Offering) -> None:
    await both_filled(scene)
    connection = await asyncpg.connect(scene.url)
    try:
        await connection.execute(net.BECOME_TENANT)
        assert await connection.fetch("SELECT 1 FROM jobs") == []
        assert await connection.fetch("SELECT id FROM users") == []
        for table in ("users", "identities", "throttles", "instance"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch(f"SELECT * FROM {table}")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("DELETE FROM jobs")
    finally:
        await connection.close()


async def test_without_the_right_to_make_the_role_all_works_and_it_is_said(postgres_url: str) -> None:
    admin = await asyncpg.connect(postgres_url)
    user = f"plain_{new_id(0).replace('-', '')}"
    database = await admin.fetchval("SELECT current_database()")
    await admin.execute(f"CREATE ROLE {user} LOGIN; GRANT ALL ON DATABASE {database} TO {user}")
    await admin.execute(f"DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION {user}")
    try:
        url = (
            urlsplit(postgres_url)
            ._replace(netloc=f"{user}@{urlsplit(postgres_url).netloc.rpartition('@')[2]}")
            .geturl()
        )
        store = PostgresStore(url, graph_of=graph_of, new_id=new_id, pool_size=2)
        await store.open()
        try:
            assert await store.migrate() != []
            assert await store.keeps_tenants_apart() is False
            scene = Scene(store, url)
            await both_filled(scene)
            with reading(OTHER):
                assert (await store.list_jobs(OTHER, JobFilter(), scene.now, None, 10)).items != ()
        finally:
            await store.close()
    finally:
        await admin.execute(f"DROP OWNED BY {user}; DROP ROLE {user}")
        await admin.close()


def test_every_read_for_a_tenant_goes_through_the_net() -> None:
    """A method that is given a tenant reads by ``seen``, unless it is one of those named here."""
    around: set[str] = set()
    for path in Path(postgres.__file__).parent.glob("*.py"):
        for method in ast.walk(ast.parse(path.read_text())):
            if isinstance(method, ast.AsyncFunctionDef) and "tenant" in {given.arg for given in method.args.args}:
                calls = {ast.unparse(call.func) for call in ast.walk(method) if isinstance(call, ast.Call)}
                if calls & {"self._db.fetch", "self._db.first", "self._db.value"}:
                    around.add(method.name)
    assert around <= WRITES | ELSEWHERE
