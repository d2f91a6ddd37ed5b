"""What is over is pruned, the audit log when it is very old; damage to people, keys and the log is told."""

import asyncio
from dataclasses import replace

import pytest

from holdfast.model.audit import KEEP as AUDIT_KEEP
from holdfast.model.audit import NewAudit
from holdfast.model.instant import DAY, HOUR, MINUTE, SECOND
from tests.conformance.people import add_account, add_person, add_tenant, invite, key, password_link, sign_in
from tests.conformance.scene import TENANT, Scene

KEEP = 30 * DAY


async def acted(scene: Scene, *tenants: str) -> None:
    await scene.store.append_audit(
        [NewAudit(tenant, scene.now, "local", "", "local", "jobs.create_job", "", "done") for tenant in tenants]
    )


async def test_what_is_over_is_pruned(scene: Scene) -> None:
    ada = await add_person(scene)
    for hours in range(1, 5):
        made = await sign_in(scene, ada, bytes([hours]))
        await scene.store.touch_session(made.id, scene.now, scene.now + hours * HOUR)
        new = replace(invite(scene, f"{hours}@example.com"), expires_at=scene.now + hours * HOUR)
        await scene.store.add_invite(new, bytes([hours]))
        await scene.store.note_failure(f"{hours}", scene.now, hours * HOUR, 5, SECOND)
    used = password_link(scene, await add_person(scene, "bob"))
    await scene.store.add_invite(used, b"used")
    await scene.store.accept_password(b"used", "hash", scene.now)
    assert await scene.store.prune(scene.now, KEEP) == 0
    scene.clock.move(2 * HOUR)
    assert await scene.store.prune(scene.now, KEEP, limit=3) == 3
    assert await scene.store.prune(scene.now, KEEP) == 4
    assert [await scene.count(table) for table in ("sessions", "invites", "throttles")] == [2, 2, 2]
    assert len(await scene.store.list_sessions(ada.id, scene.now)) == 2
    assert len(await scene.store.list_invites(TENANT, scene.now)) == 2


async def test_a_session_that_is_used_meanwhile_is_not_pruned(scene: Scene, other: Scene) -> None:
    ada = await add_person(scene)
    sessions = [await sign_in(scene, ada, bytes([number])) for number in range(20)]
    now = sessions[0].expires_at - 1
    await asyncio.gather(
        *(scene.store.touch_session(made.id, now, now + DAY) for made in sessions),
        *(other.store.prune(now, KEEP) for _ in range(3)),
    )
    assert await other.store.prune(now + MINUTE, KEEP) == 0
    assert len(await scene.store.list_sessions(ada.id, now + MINUTE)) == 20


async def test_the_audit_log_is_kept_for_long(scene: Scene) -> None:
    await acted(scene, TENANT, TENANT, "", "a")
    scene.clock.move(DAY)
    await acted(scene, TENANT)
    scene.clock.move(AUDIT_KEEP - DAY)
    assert await scene.store.prune(scene.now, KEEP) == 0
    assert await scene.store.prune(scene.now + 1, KEEP, limit=3) == 3
    assert await scene.store.prune(scene.now + 1, KEEP) == 1
    assert [entry.seq for entry in await scene.store.read_audit(TENANT, 0, 10)] == [3]
    assert await scene.sound()


async def in_use(scene: Scene) -> None:
    """Something of everything."""
    elsewhere = await add_tenant(scene, "elsewhere")
    ada, account = await add_person(scene), await add_account(scene)
    await add_account(scene, "theirs", tenant=elsewhere)
    await sign_in(scene, ada, b"token", elsewhere)
    await scene.store.add_api_key(key(scene, user_id=account.id), b"1")
    await scene.store.add_api_key(key(scene), b"2")
    await scene.store.add_invite(invite(scene), b"1")
    gone = await add_account(scene, "gone")
    await scene.store.add_api_key(key(scene, user_id=gone.id), b"3")
    await scene.store.remove_member(TENANT, gone.id)
    await acted(scene, "pruned")
    for _ in range(3):
        await acted(scene, TENANT, "", elsewhere)
        scene.clock.move(DAY)
    await scene.store.prune_audit(scene.now - 2 * DAY, 100)


async def test_a_store_in_use_is_sound(scene: Scene) -> None:
    await in_use(scene)
    assert await scene.sound()


@pytest.mark.parametrize(
    "damage",
    [
        """INSERT INTO memberships (tenant_id, user_id, role, created_at)
        SELECT 'default', id, 'viewer', 1 FROM users WHERE name = 'theirs'""",
        "UPDATE api_keys SET revoked_at = NULL",
        "UPDATE sessions SET user_id = '00000000-0000-0000-0000-000000000000'",
        "DELETE FROM audit WHERE tenant_id = '' AND seq = 2",
        "DELETE FROM audit WHERE tenant_id = 'default' AND seq = 2",
        "DELETE FROM audit WHERE tenant_id = 'default' AND seq = 3",
        "UPDATE audit SET hash = previous WHERE tenant_id = 'default' AND seq = 3",
        "UPDATE audit_heads SET anchor = hash WHERE tenant_id = ''",
        "UPDATE audit_heads SET hash = anchor WHERE tenant_id = 'default'",
        "DELETE FROM audit_heads WHERE tenant_id = ''",
    ],
)
async def test_damage_is_told(scene: Scene, damage: str) -> None:
    await in_use(scene)
    await scene.execute(damage)
    assert await scene.store.check_invariants(scene.now) != []
