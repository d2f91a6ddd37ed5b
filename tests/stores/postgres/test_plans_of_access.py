"""What is asked with every request about keys, sessions and people, on tables that were never analysed: a statement
meets what it is asked about, however many others there are."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from holdfast.model.audit import ORIGIN, NewAudit
from holdfast.model.instant import SECOND
from holdfast.ports import AuditFilter
from holdfast.stores.audit_rows import wanted_rows
from holdfast.stores.postgres import keys, sessions, throttles
from holdfast.stores.postgres.sql import access_pruning, audit, invites, members, people
from holdfast.stores.postgres.store import PostgresStore
from tests.conformance.scene import TENANT, Scene, graph_of, new_id
from tests.stores.postgres.test_plans_of_triggers import met

MANY = 3_000

FILL = """
INSERT INTO tenants (id, name, created_at) SELECT 't' || n, 't' || n, 1 FROM generate_series(0, 99) n;
INSERT INTO users (id, kind, email, name, instance_admin, created_at)
SELECT md5(n::text)::uuid, 'person', n || '@example.com', 'n', n < 3, 1 FROM generate_series(1, {many}) n;
INSERT INTO memberships (tenant_id, user_id, role, created_at)
SELECT 'default', md5(n::text)::uuid, 'editor', 1 FROM generate_series(1, {many}) n;
INSERT INTO sessions (id, token_hash, user_id, tenant_id, created_at, seen_at, expires_at)
SELECT md5(n::text)::uuid, n::text::bytea, md5((n / 3)::text)::uuid, 'default', 1, 1, n
FROM generate_series(1, {many}) n;
INSERT INTO api_keys (id, tenant_id, name, role, secret_hash, created_at)
SELECT md5(n::text)::uuid, 't' || n % 100, 'n', 'editor', n::text::bytea, 1 FROM generate_series(1, {many}) n;
INSERT INTO invites (id, token_hash, purpose, tenant_id, email, role, created_by, created_at, expires_at)
SELECT md5(n::text)::uuid, n::text::bytea, 'member', 't' || n % 100, n || '@example.com', 'editor', '', 1, n
FROM generate_series(1, {many}) n;
INSERT INTO throttles (key, failures, forget_at) SELECT n::text, 1, n FROM generate_series(1, {many}) n;
"""


@pytest.fixture
async def scene(postgres_url: str) -> AsyncIterator[Scene]:
    connection = await asyncpg.connect(postgres_url)
    await connection.execute(FILL.format(many=MANY))
    await connection.close()
    store = PostgresStore(postgres_url, graph_of=graph_of, new_id=new_id, pool_size=1)
    await store.open()
    yield Scene(store, postgres_url)
    await store.close()


async def test_who_calls_is_found_by_unique_indexes(scene: Scene) -> None:
    assert await met(scene, keys.FIND, b"7") == {"api_keys": 1, "tenants": 1, "users": 0}
    assert await met(scene, sessions.FIND, b"9", 0) == {"sessions": 1, "users": 1, "memberships": 1, "tenants": 1}
    assert await met(scene, invites.FIND, b"7", 0) == {"invites": 1}
    assert await met(scene, people.PROOF, "7@example.com") == {"users": 1}
    assert sum((await met(scene, people.HAS_PERSON)).values()) <= 2


async def test_a_few_are_met_where_a_few_are_wanted(scene: Scene) -> None:
    (user,) = await scene.column("SELECT md5('7')::uuid::text")
    others = await scene.column("SELECT id::text FROM users LIMIT 5")
    assert await met(scene, members.GET, TENANT, user) == {"memberships": 1, "users": 1, "tenants": 1}
    assert (await met(scene, members.OF_USER, user))["memberships"] == 1
    assert (await met(scene, members.LIST, TENANT, None, 10))["memberships"] <= 11
    assert (await met(scene, people.ADMINS))["users"] == 2
    assert (await met(scene, sessions.LIST, user, 0))["sessions"] == 3
    assert (await met(scene, sessions.END_ALL, user, None))["sessions"] <= 6
    assert (await met(scene, keys.NOTE_USES, others, [1] * 5, [""] * 5))["api_keys"] <= 10
    assert (await met(scene, throttles.FIND, ["1", "2", "x"], 0))["throttles"] == 2
    assert (await met(scene, invites.LIST, "t7", 0))["invites"] == MANY // 100
    assert (await met(scene, keys.LIST, "t7"))["api_keys"] == MANY // 100
    assert (await met(scene, members.REVOKE_KEYS, "t7", user))["api_keys"] <= MANY // 100


async def test_what_is_over_is_found_without_looking_at_the_rest(scene: Scene) -> None:
    for table, statement in (
        ("sessions", access_pruning.SESSIONS),
        ("invites", access_pruning.INVITES),
        ("throttles", access_pruning.THROTTLES),
    ):
        assert (await met(scene, statement, 10, 500))[table] <= 20


async def test_the_audit_log_is_read_from_where_it_is_wanted(scene: Scene) -> None:
    for start in range(0, MANY, 1_000):
        acts = [
            NewAudit(TENANT, scene.now + (start + n) * SECOND, "person", "i", "a", "x.y", "", "done")
            for n in range(1_000)
        ]
        await scene.store.append_audit(acts)
    late, early = scene.now + 2_900 * SECOND, scene.now + 100 * SECOND
    for wanted, limit, most in (
        (AuditFilter(), 50, 51),
        (AuditFilter(before=early), 50, 51),
        (AuditFilter(since=late), 500, 100),
        (AuditFilter(since=late, actor="nobody"), 500, 100),
    ):
        assert (await met(scene, audit.LIST, TENANT, *wanted_rows(wanted, None), limit))["audit"] <= most
    assert (await met(scene, audit.READ, TENANT, 1_500, 50))["audit"] <= 51
    assert await met(scene, audit.LOCK, [TENANT, "a"]) == {"audit_heads": 1}
    assert (await met(scene, audit.NEXT_CHAINS, "", 0, 500))["audit"] == 1
    assert (await met(scene, audit.OLDEST, TENANT, 1, 50))["audit"] <= 51
    assert (await met(scene, audit.MOVE, [TENANT], [5], [ORIGIN]))["audit_heads"] == 1
