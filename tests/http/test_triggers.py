"""Triggers over HTTP: those of a workflow, their addresses, pause, resume and renewal."""

from __future__ import annotations

import pytest

from tests.http.serving import Api, workflow
from tests.http.triggering import SCHEDULES, TRIGGERS, clocked, row_of, saved, yearly_rule

MISSING = "01990000-0000-7000-8000-000000000000"


async def test_a_workflows_triggers_are_told_with_addresses_and_next_times(each: Api) -> None:
    created = await each.create(clocked())
    reply = await each.get("/api/v1/workflows/nightly/triggers")
    assert reply.status == 200, reply.text
    hook, clock = sorted(reply.json["items"], key=lambda one: str(one["id"]))
    assert hook["url"] == created["triggers"][0]["url"]
    assert hook["url"].startswith(f"{each.base}/hooks/")
    assert (hook["type"], hook["signed"], hook["active"], hook["paused"]) == ("webhook", False, True, False)
    assert hook["owner"] == {"kind": "workflow", "id": created["id"], "name": "nightly"}
    assert clock["definition"]["cron"] == "0 7 1 1 *"
    assert "url" not in clock
    assert "next_at" in clock
    assert (await each.get(f"{TRIGGERS}/{hook['row']}")).json == hook


async def test_a_signed_webhook_is_shown_as_such(api: Api) -> None:
    signed = {"id": "hook", "type": "webhook", "signature": {"type": "github", "secret": "GITHUB"}}
    created = await api.create(workflow("signed", triggers=[signed]))
    assert created["triggers"][0]["signed"] is True
    assert (await api.get("/api/v1/workflows/signed/triggers")).json["items"][0]["signed"] is True


async def test_a_renewed_webhook_answers_at_its_new_address_alone(each: Api) -> None:
    old = (await each.create(workflow()))["triggers"][0]["url"].removeprefix(each.base)
    assert (await each.post(old, {})).status == 202
    renewed = await each.post(f"{TRIGGERS}/{await row_of(each, 'greet', 'hook')}/renew")
    assert renewed.status == 200, renewed.text
    new = renewed.json["url"].removeprefix(each.base)
    assert new != old
    assert ((await each.post(old, {})).status, (await each.post(new, {})).status) == (404, 202)
    shown = (await each.get("/api/v1/workflows/greet")).json["triggers"][0]["url"]
    assert shown == renewed.json["url"]


async def test_only_a_webhook_has_an_address_to_renew(api: Api) -> None:
    await api.create(clocked())
    assert (await api.post(f"{TRIGGERS}/{await row_of(api, 'nightly', 'yearly')}/renew")).status == 409


async def test_a_paused_webhook_answers_nothing_until_it_is_resumed(each: Api) -> None:
    address = (await each.create(workflow()))["triggers"][0]["url"].removeprefix(each.base)
    row = await row_of(each, "greet", "hook")
    paused = await each.post(f"{TRIGGERS}/{row}/pause")
    assert (paused.json["paused"], paused.json["active"]) == (True, False)
    assert (await each.post(address, {})).status == 404
    assert (await each.post(f"{TRIGGERS}/{row}/pause")).json == paused.json
    assert (await each.post(f"{TRIGGERS}/{row}/resume")).json["active"] is True
    assert (await each.post(address, {})).status == 202


async def test_a_trigger_is_off_with_its_workflow(api: Api) -> None:
    await api.create(clocked())
    row = await row_of(api, "nightly", "yearly")
    await api.post("/api/v1/workflows/nightly/disable")
    shown = (await api.get(f"{TRIGGERS}/{row}")).json
    assert (shown["active"], shown["paused"], shown["next_at"]) == (False, False, None)


async def test_a_rules_trigger_is_one_of_the_triggers(api: Api) -> None:
    made = await saved(api, yearly_rule())
    shown = (await api.get(f"{TRIGGERS}/{made['trigger']['row']}")).json
    assert shown["owner"] == {"kind": "rule", "id": made["id"], "name": "yearly"}


@pytest.mark.parametrize("path", [f"{TRIGGERS}/{MISSING}", f"{TRIGGERS}/nonsense", f"{SCHEDULES}/{MISSING}"])
async def test_an_unknown_trigger_is_404(api: Api, path: str) -> None:
    assert (await api.get(path)).status == 404
    assert (await api.post(f"{path}/pause")).status == 404


async def test_triggers_of_another_tenant_are_not_there(api: Api) -> None:
    await api.create(clocked())
    row = await row_of(api, "nightly", "hook")
    other = (await api.post("/api/v1/tenants", {"name": "acme"})).json["id"]
    stranger = await api.key("owner", tenant=other)
    assert (await api.get(f"{TRIGGERS}/{row}", headers=stranger)).status == 404
    assert (await api.post(f"{TRIGGERS}/{row}/renew", headers=stranger)).status == 404
    assert (await api.get("/api/v1/workflows/nightly/triggers", headers=stranger)).status == 404
    assert (await api.get(SCHEDULES, headers=stranger)).json["items"] == []


async def test_who_may_start_nothing_is_shown_no_address_that_starts_something(api: Api) -> None:
    """Neither where triggers are shown, nor in what their deliveries leave."""
    hooked = {"name": "told", "trigger": {"type": "webhook"}, "jobs": [{"kind": "noop"}]}
    rule = await saved(api, hooked)
    address = (await api.create(workflow()))["triggers"][0]["url"]
    keys = [url.rpartition("/")[2] for url in (address, rule["trigger"]["url"])]
    for url in (rule["trigger"]["url"], f"{address}/further?a=1"):
        reply = await api.post(url.removeprefix(api.base), {})
        assert reply.status == 202
    run = reply.json["run_id"]
    viewer, operator = await api.key("viewer"), await api.key("operator")
    v1 = "/api/v1"
    shown = {}
    for role, headers in (("viewer", viewer), ("operator", operator)):
        paths = [f"{v1}/{name}" for name in ("workflows", "workflows/greet", "workflows/greet/triggers", "firings")]
        paths += [f"{v1}/{name}" for name in ("automation-rules", "automation-rules/told", "runs", "jobs", "events")]
        paths.append(f"{v1}/runs/{run}")
        paths += [f"{TRIGGERS}/{await row_of(api, 'greet', 'hook')}", "/admin/automations", "/automation/rules"]
        replies = [await api.get(path, headers=headers) for path in paths]
        shown[role] = "".join(reply.text for reply in replies if reply.status == 200)
        assert len([reply for reply in replies if reply.status == 200]) >= 10
    assert all(key in shown["operator"] for key in keys)
    assert not any(key in shown["viewer"] for key in keys)


async def test_viewers_look_and_editors_change(api: Api) -> None:
    await api.create(clocked())
    row = await row_of(api, "nightly", "hook")
    viewer, operator, editor = [await api.key(role) for role in ("viewer", "operator", "editor")]
    assert (await api.get(f"{TRIGGERS}/{row}", headers=viewer)).status == 200
    for what in ("pause", "resume", "renew"):
        assert (await api.post(f"{TRIGGERS}/{row}/{what}", headers=operator)).status == 403
        assert (await api.post(f"{TRIGGERS}/{row}/{what}", headers=editor)).status == 200


async def test_unknown_parameters_are_refused(api: Api) -> None:
    await api.create(clocked())
    reply = await api.get("/api/v1/workflows/nightly/triggers?limt=1")
    assert (reply.status, reply.paths) == (422, ["limt"])
