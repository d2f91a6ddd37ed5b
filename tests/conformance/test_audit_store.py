"""The audit log as stored: an unbroken chain per tenant, whoever appends at once; listed, walked and shortened."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from holdfast.model.audit import INSTANCE, ORIGIN, AuditEntry, AuditHead, NewAudit, broken
from holdfast.model.errors import Invalid
from holdfast.model.instant import DAY, SECOND
from holdfast.model.json import JSONObject
from holdfast.ports import AuditFilter
from tests.conformance.scene import TENANT, Scene


def act(scene: Scene, action: str = "jobs.create_job", tenant: str = TENANT, **fields: Any) -> NewAudit:
    usual = NewAudit(tenant, scene.now, "person", "id-1", "Ada", action, "/jobs", "done", "203.0.113.9", "c")
    return replace(usual, **fields)


async def all_of(scene: Scene, tenant: str = TENANT) -> list[AuditEntry]:
    return await scene.store.read_audit(tenant, 0, 10_000)


async def intact(scene: Scene, tenant: str = TENANT) -> bool:
    head = await scene.store.audit_head(tenant)
    assert head is not None
    return broken(head, await all_of(scene, tenant)) is None


async def shown(scene: Scene, **wanted: Any) -> list[int]:
    page = await scene.store.list_audit(TENANT, AuditFilter(**wanted), None, 100)
    return [entry.seq for entry in page.items]


async def test_what_was_appended_is_read_in_order(scene: Scene) -> None:
    assert await scene.store.audit_head(TENANT) is None
    assert await all_of(scene) == []
    acts = [act(scene, f"jobs.act_{number}", detail={"n": number}) for number in range(5)]
    await scene.store.append_audit([])
    await scene.store.append_audit(acts[:2])
    await scene.store.append_audit(acts[2:])
    entries = await all_of(scene)
    assert [(entry.seq, entry.act) for entry in entries] == list(enumerate(acts, 1))
    assert entries[0].previous == ORIGIN
    assert await scene.store.audit_head(TENANT) == AuditHead(5, entries[-1].hash)
    assert await intact(scene)
    assert [entry.seq for entry in await scene.store.read_audit(TENANT, 2, 2)] == [3, 4]


async def test_each_tenant_has_a_chain_of_its_own(scene: Scene) -> None:
    tenants = ["b", INSTANCE, "a", TENANT]
    acts = [act(scene, f"x.{number}", tenants[number % 4]) for number in range(400)]
    await scene.store.append_audit(acts)
    for tenant in tenants:
        entries = await all_of(scene, tenant)
        assert [entry.act for entry in entries] == [one for one in acts if one.tenant == tenant]
        assert await intact(scene, tenant)


async def test_many_who_append_at_once_leave_unbroken_chains(scene: Scene, other: Scene) -> None:
    tenants = ["c", "a", INSTANCE, "b"]

    async def append(number: int) -> None:
        one = (scene, other)[number % 2]
        batch = [act(one, f"x.{number}", tenants[(number + n) % 4], detail={"n": n}) for n in range(number % 5 + 1)]
        await one.store.append_audit(batch)

    await asyncio.gather(*(append(number) for number in range(60)))
    entries = {tenant: await all_of(scene, tenant) for tenant in tenants}
    assert sum(map(len, entries.values())) == sum(number % 5 + 1 for number in range(60))
    for tenant in tenants:
        assert await intact(scene, tenant)
    for number in range(60):  # each batch stands in order
        there = [entry.act.detail["n"] for entry in entries["a"] if entry.act.action == f"x.{number}"]
        assert there == sorted(there, key=str)


@pytest.mark.parametrize(
    "detail",
    [{"f": 1.0, "big": 1e22, "tiny": 5e-324, "n": 1 << 53}, {"t": "ä\x00\ud800😀", "deep": [{"a": None}, [True]]}, {}],
)
async def test_any_detail_comes_back_as_it_was_hashed(scene: Scene, detail: JSONObject) -> None:
    await scene.store.append_audit([act(scene, detail=detail)])
    assert (await all_of(scene))[0].act.detail == detail
    assert await intact(scene)


async def test_no_text_can_keep_an_act_from_being_written(scene: Scene) -> None:
    hostile = act(scene, target="/jobs/\x00\ud800x😀", actor="\udfff", address="\x00")
    await scene.store.append_audit([hostile, act(scene)])
    first, second = await all_of(scene)
    assert (first.act.target, first.act.actor, first.act.address) == ("/jobs/\ufffd\ufffdx😀", "\ufffd", "\ufffd")
    assert second.act == act(scene)
    assert await intact(scene)
    assert await shown(scene, target="/jobs/\x00\ud800x😀") == [1]


@pytest.mark.parametrize(
    ("damage", "at"),
    [
        ("UPDATE audit SET actor = 'Eve' WHERE seq = 2", 2),
        ("UPDATE audit SET detail = '{\"n\": 1}' WHERE seq = 3", 3),
        ("DELETE FROM audit WHERE seq = 2", 2),
        ("DELETE FROM audit WHERE seq = 4", 4),
        ("DELETE FROM audit WHERE seq = 1", 1),
    ],
)
async def test_damage_shows_where_it_is(scene: Scene, damage: str, at: int) -> None:
    await scene.store.append_audit([act(scene) for _ in range(4)])
    assert await intact(scene)
    await scene.execute(damage)
    head = await scene.store.audit_head(TENANT)
    assert head is not None
    assert broken(head, await all_of(scene)) == at


async def test_a_list_is_newest_first_and_goes_on(scene: Scene) -> None:
    for _ in range(5):
        await scene.store.append_audit([act(scene), act(scene, tenant="other")])
        scene.clock.move(SECOND)
    late = act(scene, at=scene.now - 10 * SECOND)  # from a process whose clock is behind
    await scene.store.append_audit([late])
    seen: list[int] = []
    cursor = None
    while True:
        page = await scene.store.list_audit(TENANT, AuditFilter(), cursor, 2)
        seen += [entry.seq for entry in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert seen == [5, 4, 3, 2, 1, 6]
    with pytest.raises(Invalid):
        await scene.store.list_audit(TENANT, AuditFilter(), "nonsense", 2)


async def test_a_list_shows_what_is_wanted(scene: Scene) -> None:
    start = scene.now
    await scene.store.append_audit(
        [
            act(scene),
            act(scene, "secrets.put", actor="Bob", actor_id="id-2", target="KEY"),
            act(scene, "secret.used", actor_kind="engine", outcome="refused", target="KEY", at=start + SECOND),
            act(scene, "secrets.delete", outcome="denied", at=start + 2 * SECOND),
            act(scene, "secret%", at=start + 3 * SECOND),
        ]
    )
    assert await shown(scene) == [5, 4, 3, 2, 1]
    assert await shown(scene, actor="Bob") == await shown(scene, actor="id-2") == [2]
    assert await shown(scene, action="secrets.put") == [2]
    assert await shown(scene, action="secrets.*") == [4, 2]
    assert await shown(scene, action="secret%*") == [5]
    assert await shown(scene, action="*") == [5, 4, 3, 2, 1]
    assert await shown(scene, action="secrets.") == []
    assert await shown(scene, target="KEY") == [3, 2]
    assert await shown(scene, target="KEY", outcome="done") == [2]
    assert await shown(scene, since=start + SECOND) == [5, 4, 3]
    assert await shown(scene, before=start + SECOND) == [2, 1]
    assert await shown(scene, since=start + SECOND, before=start + 2 * SECOND) == [3]


async def test_an_old_chain_is_shortened_from_its_start(scene: Scene) -> None:
    for _ in range(6):
        await scene.store.append_audit([act(scene), act(scene, tenant="a")])
        scene.clock.move(DAY)
    before = scene.now - 3 * DAY
    whole = await scene.store.audit_head(TENANT)
    assert whole is not None
    assert await scene.store.prune_audit(before, 2) == 2
    assert [len(await all_of(scene, tenant)) for tenant in ("a", TENANT)] == [4, 6]
    assert await scene.store.prune_audit(before, 100) == 4
    assert await scene.store.prune_audit(before, 100) == 0
    for tenant in (TENANT, "a"):
        assert [entry.seq for entry in await all_of(scene, tenant)] == [4, 5, 6]
        assert await intact(scene, tenant)
    head = await scene.store.audit_head(TENANT)
    assert head is not None
    assert (head.first, head.seq, head.hash) == (4, 6, whole.hash)
    await scene.execute("DELETE FROM audit WHERE seq = 4 AND tenant_id = 'default'")
    assert broken(head, await all_of(scene)) == 4


async def test_a_chain_goes_on_after_all_of_it_was_pruned(scene: Scene) -> None:
    await scene.store.append_audit([act(scene), act(scene)])
    assert await scene.store.prune_audit(scene.now + 1, 100) == 2
    assert await intact(scene)
    await scene.store.append_audit([act(scene)])
    assert [entry.seq for entry in await all_of(scene)] == [3]
    assert await intact(scene)


async def test_what_stands_behind_something_newer_stays(scene: Scene) -> None:
    times = [0, 1, 50, 2]
    await scene.store.append_audit([act(scene, at=scene.now + at * SECOND) for at in times])
    assert await scene.store.prune_audit(scene.now + 10 * SECOND, 100) == 2
    assert [entry.seq for entry in await all_of(scene)] == [3, 4]
    assert await intact(scene)


async def test_pruning_beside_appending_breaks_nothing(scene: Scene, other: Scene) -> None:
    await scene.store.append_audit([act(scene) for _ in range(50)])
    late = scene.now + DAY
    pruned = await asyncio.gather(
        *(one.store.prune_audit(scene.now + 1, 20) for one in (scene, other) * 2),
        *(one.store.append_audit([act(one, at=late)] * 3) for one in (scene, other) * 5),
    )
    gone = sum(count for count in pruned[:4] if count is not None)
    assert len(await all_of(scene)) == 80 - gone
    assert gone == 50
    assert await intact(scene)
