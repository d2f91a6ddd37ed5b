"""Versions keep who saved them and what they said of it."""

from holdfast.model.json import JSONObject
from holdfast.ports import NewVersion
from tests.conformance.scene import TENANT, Scene, new_id
from tests.model.definitions import document, node


def version(scene: Scene, definition: JSONObject, author: str | None = None, message: str = "") -> NewVersion:
    return NewVersion(TENANT, new_id(scene.now), new_id(scene.now), "sample", definition, (), author, message)


async def test_each_version_keeps_its_author_and_message(scene: Scene) -> None:
    first = version(scene, document(), "ada", "the first")
    await scene.store.create_workflow(first, scene.now, None)
    second = version(scene, document([node("b")]), "bob", "renamed a")
    await scene.store.save_version(TENANT, "sample", second, scene.now)
    await scene.store.save_version(TENANT, "sample", version(scene, document([node("c")])), scene.now)
    page = await scene.store.list_versions(TENANT, "sample", None, 10)
    assert [(one.version, one.author, one.message) for one in page.items] == [
        (3, None, ""),
        (2, "bob", "renamed a"),
        (1, "ada", "the first"),
    ]
    found = await scene.store.get_version(second.version_id)
    assert await scene.store.get_versions([second.version_id, "unknown", first.workflow_id]) == [found]
    assert len(await scene.store.get_versions([first.version_id, second.version_id])) == 2
    assert (found.author, found.message, found.definition) == ("bob", "renamed a", document([node("b")]))
