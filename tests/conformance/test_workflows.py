"""Workflows: versions, names, switching off, deleting."""

import asyncio

import pytest

from holdfast.model.errors import Conflict, Invalid, NotFound
from holdfast.model.instant import HOUR, SECOND
from holdfast.ports import Dedupe, NewVersion
from tests.conformance.scene import TENANT, Scene, new_id
from tests.model.definitions import document, edge, node

ONE = document([node("a")], name="one")
TWO = document([node("a"), node("b")], [edge("a", "b")], name="one")


def version(scene: Scene, name: str = "one", tenant: str = TENANT, **fields: str) -> NewVersion:
    made = {"workflow_id": new_id(scene.now), "version_id": new_id(scene.now)} | fields
    return NewVersion(tenant, made["workflow_id"], made["version_id"], name, document(name=name))


async def test_a_workflow_is_kept_as_it_was_given(scene: Scene) -> None:
    new = version(scene)
    accepted = await scene.store.create_workflow(new, scene.now, None)
    assert (accepted.id, accepted.duplicate, accepted.conflict) == (new.workflow_id, False, False)
    record = await scene.store.get_workflow(TENANT, "one")
    assert (record.id, record.name, record.version, record.version_id) == (new.workflow_id, "one", 1, new.version_id)
    assert (record.enabled, record.definition, record.hooks) == (True, new.definition, {})
    assert record.created_at == record.updated_at == scene.now
    assert record == await scene.store.get_workflow(TENANT, new.workflow_id)


async def test_a_taken_name_is_a_conflict_and_changes_nothing(scene: Scene) -> None:
    await scene.save(ONE)
    dedupe = Dedupe(TENANT, "workflows", "key", "f", scene.now + HOUR)
    with pytest.raises(Conflict, match="one"):
        await scene.store.create_workflow(version(scene), scene.now, dedupe)
    assert [w.version for w in (await scene.store.list_workflows(TENANT, None, 10)).items] == [1]
    assert await scene.store.find_answer(TENANT, "workflows", "key", scene.now) is None


async def test_the_same_create_again_answers_as_the_first(scene: Scene) -> None:
    new = version(scene)
    first = await scene.store.create_workflow(new, scene.now, None)
    assert await scene.store.create_workflow(new, scene.now, None) == first
    assert [v.version for v in (await scene.store.list_versions(TENANT, "one", None, 10)).items] == [1]


async def test_a_repeated_request_with_a_dedupe_key_makes_one_workflow(scene: Scene) -> None:
    def dedupe(fingerprint: str) -> Dedupe:
        return Dedupe(TENANT, "workflows", "key", fingerprint, scene.now + HOUR)

    first = await scene.store.create_workflow(version(scene, "one"), scene.now, dedupe("f"))
    again = await scene.store.create_workflow(version(scene, "one"), scene.now, dedupe("f"))
    other = await scene.store.create_workflow(version(scene, "two"), scene.now, dedupe("g"))
    assert (again.id, again.duplicate, again.conflict) == (first.id, True, False)
    assert (other.id, other.duplicate, other.conflict) == (first.id, False, True)
    assert [w.name for w in (await scene.store.list_workflows(TENANT, None, 10)).items] == ["one"]


async def test_each_save_adds_a_version_and_old_ones_stay(scene: Scene) -> None:
    await scene.save(ONE)
    scene.clock.move(SECOND)
    await scene.save(TWO)
    newest = await scene.store.get_workflow(TENANT, "one")
    assert (newest.version, newest.definition, newest.updated_at) == (2, TWO, scene.now)
    first = await scene.store.get_workflow(TENANT, "one", 1)
    assert (first.version, first.definition, first.id) == (1, ONE, newest.id)
    with pytest.raises(NotFound):
        await scene.store.get_workflow(TENANT, "one", 3)
    by_id = await scene.store.get_version(newest.version_id)
    assert (by_id.version, by_id.workflow_id, by_id.definition) == (2, newest.id, TWO)


async def test_the_same_save_again_adds_no_version(scene: Scene) -> None:
    await scene.save(ONE)
    new = version(scene)
    saved = await scene.store.save_version(TENANT, "one", new, scene.now)
    assert await scene.store.save_version(TENANT, "one", new, scene.now) == saved
    assert saved.version == 2


async def test_a_version_is_saved_after_the_expected_one_alone(scene: Scene) -> None:
    await scene.save(ONE)
    new = version(scene)
    saved = await scene.store.save_version(TENANT, "one", new, scene.now, 1)
    assert saved.version == 2
    for expected in (1, 3):
        with pytest.raises(Conflict, match=f"newest version is 2, not {expected}"):
            await scene.store.save_version(TENANT, "one", version(scene), scene.now, expected)
    assert await scene.store.get_workflow(TENANT, "one") == saved
    assert await scene.store.save_version(TENANT, "one", new, scene.now, 1) == saved  # its answer was lost


async def test_of_saves_at_once_one_comes_after_the_expected_version(scene: Scene) -> None:
    await scene.save(ONE)
    saves = (scene.store.save_version(TENANT, "one", version(scene), scene.now, 1) for _ in range(5))
    results = await asyncio.gather(*saves, return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["Conflict"] * 4 + ["WorkflowRecord"]
    assert (await scene.store.get_workflow(TENANT, "one")).version == 2


async def test_versions_are_listed_newest_first_page_by_page(scene: Scene) -> None:
    for _ in range(5):
        await scene.save(ONE)
    seen: list[int] = []
    cursor = None
    while True:
        page = await scene.store.list_versions(TENANT, "one", cursor, 2)
        seen += [item.version for item in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert seen == [5, 4, 3, 2, 1]


async def test_workflows_are_listed_by_name_page_by_page(scene: Scene) -> None:
    for name in ("beta", "Alpha", "gamma", "alpha"):
        await scene.save(document(name=name))
    first = await scene.store.list_workflows(TENANT, None, 3)
    second = await scene.store.list_workflows(TENANT, first.next, 3)
    assert [w.name for w in first.items + second.items] == ["Alpha", "alpha", "beta", "gamma"]
    assert second.next is None


@pytest.mark.parametrize("cursor", ["", "x", "bm90IGpzb24", "WzFd", "\x00"])
async def test_a_cursor_that_no_list_gave_is_invalid(scene: Scene, cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        await scene.store.list_workflows(TENANT, cursor, 3)
    assert [problem.path for problem in refused.value.problems] == ["cursor"]


async def test_a_new_name_renames_unless_it_is_taken(scene: Scene) -> None:
    workflow = await scene.save(ONE)
    await scene.save(document(name="taken"))
    renamed = await scene.store.save_version(TENANT, workflow, version(scene, "better"), scene.now)
    assert (renamed.id, renamed.name, renamed.version) == (workflow, "better", 2)
    with pytest.raises(Conflict, match="taken"):
        await scene.store.save_version(TENANT, "better", version(scene, "taken"), scene.now)
    assert (await scene.store.get_workflow(TENANT, workflow)).version == 2
    with pytest.raises(NotFound):
        await scene.store.get_workflow(TENANT, "one")


async def test_a_workflow_is_switched_off_and_on(scene: Scene) -> None:
    await scene.save(ONE)
    assert (await scene.store.set_enabled(TENANT, "one", False, scene.now)).enabled is False
    assert (await scene.store.get_workflow(TENANT, "one")).enabled is False
    assert (await scene.store.set_enabled(TENANT, "one", True, scene.now)).enabled is True


async def test_a_deleted_workflow_frees_its_name_and_keeps_its_history(scene: Scene) -> None:
    workflow = await scene.save(ONE)
    run = await scene.start("one")
    record = await scene.store.get_workflow(TENANT, "one")
    await scene.store.delete_workflow(TENANT, "one", scene.now)
    for name in ("one", workflow):
        with pytest.raises(NotFound):
            await scene.store.get_workflow(TENANT, name)
    with pytest.raises(NotFound):
        await scene.store.delete_workflow(TENANT, "one", scene.now)
    assert (await scene.store.list_workflows(TENANT, None, 10)).items == ()
    assert (await scene.run(run)).workflow == "one"
    assert (await scene.store.get_version(record.version_id)).definition == ONE
    assert await scene.save(ONE) != workflow


async def test_another_tenants_workflows_are_not_found(scene: Scene) -> None:
    await scene.execute("INSERT INTO tenants (id, name, created_at) VALUES ('other', 'other', 0)")
    workflow = await scene.save(ONE)
    await scene.save(document([node("x")], name="theirs"), tenant="other")
    for name in ("one", workflow):
        with pytest.raises(NotFound):
            await scene.store.get_workflow("other", name)
        with pytest.raises(NotFound):
            await scene.store.set_enabled("other", name, False, scene.now)
        with pytest.raises(NotFound):
            await scene.store.delete_workflow("other", name, scene.now)
        with pytest.raises(NotFound):
            await scene.store.list_versions("other", name, None, 10)
        with pytest.raises(NotFound):
            await scene.store.save_version("other", name, version(scene, tenant="other"), scene.now)
    assert [w.name for w in (await scene.store.list_workflows("other", None, 10)).items] == ["theirs"]
    assert (await scene.save(ONE, tenant="other")) != workflow


@pytest.mark.parametrize("name", ["", "no-such", "01a3185c-5000-7000-8000-3557c1d3fcff", "ä", "' OR true --"])
async def test_an_unknown_name_is_not_found(scene: Scene, name: str) -> None:
    with pytest.raises(NotFound):
        await scene.store.get_workflow(TENANT, name)
