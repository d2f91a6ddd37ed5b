"""Hooks: a key leads to a trigger of the newest version, for as long as there is one."""

import pytest

from holdfast.model.errors import NotFound
from tests.conformance.scene import TENANT, Scene, cron, webhook
from tests.model.definitions import document

ONE = document(name="one")


async def test_a_hook_leads_to_the_newest_version(scene: Scene) -> None:
    workflow = await scene.save(ONE, hooks=["signup"])
    record = await scene.store.get_workflow(TENANT, "one")
    (key,) = record.hooks.values()
    hook = await scene.store.find_hook(key)
    assert hook is not None
    assert (hook.tenant, hook.owner, hook.owner_name, hook.id) == (TENANT, ("workflow", workflow), "one", "signup")
    assert (hook.version, hook.version_id, hook.active, hook.key) == (1, record.version_id, True, key)

    await scene.save(ONE, hooks=["signup"])
    newest = await scene.store.get_workflow(TENANT, "one")
    assert newest.hooks == {"signup": key}
    again = await scene.store.find_hook(key)
    assert again is not None
    assert (again.version, again.version_id) == (2, newest.version_id)


async def test_a_removed_trigger_is_silent_and_comes_back_with_its_key(scene: Scene) -> None:
    await scene.save(ONE, hooks=["signup", "other"])
    keys = dict((await scene.store.get_workflow(TENANT, "one")).hooks)
    await scene.save(ONE, hooks=["other"])
    removed = await scene.store.find_hook(keys["signup"])
    assert removed is not None
    assert (removed.present, removed.active) == (False, False)
    assert (await scene.store.get_workflow(TENANT, "one")).hooks == {"other": keys["other"]}
    assert [w.hooks for w in (await scene.store.list_workflows(TENANT, None, 5)).items] == [{"other": keys["other"]}]

    await scene.save(ONE, hooks=["signup", "other"])
    assert (await scene.store.get_workflow(TENANT, "one")).hooks == keys
    back = await scene.store.find_hook(keys["signup"])
    assert back is not None
    assert (back.present, back.active) == (True, True)


async def test_a_switched_off_workflow_says_so_and_so_does_a_deleted_one(scene: Scene) -> None:
    await scene.save(ONE, hooks=["signup"])
    (key,) = (await scene.store.get_workflow(TENANT, "one")).hooks.values()
    await scene.store.set_enabled(TENANT, "one", False, scene.now)
    hook = await scene.store.find_hook(key)
    assert hook is not None
    assert (hook.enabled, hook.active) == (False, False)
    await scene.store.delete_workflow(TENANT, "one", scene.now)
    gone = await scene.store.find_hook(key)
    assert gone is not None
    assert (gone.present, gone.active) == (False, False)


async def test_an_unknown_key_leads_nowhere(scene: Scene) -> None:
    for key in ("", "unknown", "ä\x00"):
        assert await scene.store.find_hook(key) is None


async def test_a_renewed_key_is_the_only_address(scene: Scene) -> None:
    workflow = await scene.save(ONE, hooks=["signup"], triggers=[cron("c")])
    hook = await scene.trigger(workflow, "signup")
    renewed = await scene.store.renew_key(TENANT, hook.row, "another-key")
    assert renewed.key == "another-key"
    assert await scene.store.renew_key(TENANT, hook.row, "another-key") == renewed
    assert await scene.store.find_hook(hook.key or "") is None
    assert await scene.store.find_hook("another-key") == renewed
    await scene.save(ONE, hooks=["signup"])
    assert (await scene.store.get_workflow(TENANT, "one")).hooks == {"signup": "another-key"}
    with pytest.raises(NotFound):
        await scene.store.renew_key("other", hook.row, "stolen")


async def test_a_trigger_that_is_no_webhook_any_more_has_no_address(scene: Scene) -> None:
    workflow = await scene.save(ONE, triggers=[webhook("t", "the-key")])
    await scene.save(ONE, triggers=[cron("t")])
    assert await scene.store.find_hook("the-key") is None
    assert (await scene.store.get_workflow(TENANT, "one")).hooks == {}
    with pytest.raises(NotFound):
        await scene.store.renew_key(TENANT, (await scene.trigger(workflow, "t")).row, "key")
    await scene.save(ONE, triggers=[webhook("t", "ignored")])
    assert (await scene.store.get_workflow(TENANT, "one")).hooks == {"t": "the-key"}


async def test_rules_have_addresses_too(scene: Scene) -> None:
    rule = await scene.add_rule("r", webhook("trigger", "rules-key"))
    hook = await scene.store.find_hook("rules-key")
    assert hook is not None
    assert (hook.owner, hook.rule, hook.active) == (("rule", rule.id), rule.document, True)
