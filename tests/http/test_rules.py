"""Automation rules over HTTP: create, save, switch, delete, try, fire, and who may do so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.http.serving import Api
from tests.http.triggering import FIRINGS, RULES, SCHEDULES, fired, rule, saved, yearly_rule

EVENTS, JOBS = "/api/v1/events", "/api/v1/jobs"
FOR_EACH = {
    "name": "bills",
    "trigger": {"type": "cron", "cron": "0 7 * * *"},
    "for_each": "tenant",
    "conditions": ["tenant.plan == 'pro'", "tenant.usage != previous.usage"],
    "jobs": [{"kind": "noop", "payload": {"usage": "{{ tenant.usage }}"}, "queue": "billing"}],
}


async def jobs_of(api: Api, queue: str = "orders", **options: Any) -> list[Any]:
    found: list[Any] = (await api.get(f"{JOBS}?queue={queue}", **options)).json["items"]
    return found


async def test_a_rule_is_made_shown_and_listed(each: Api) -> None:
    made = await saved(each, rule(title="Big ones", description="Look at them.", priority=5))
    assert (made["name"], made["title"], made["enabled"], made["priority"]) == ("big-orders", "Big ones", True, 5)
    assert made["definition"] == rule(title="Big ones", description="Look at them.", priority=5)
    assert (made["trigger"]["type"], made["trigger"]["active"]) == ("event", True)
    assert (await each.get(f"{RULES}/big-orders")).json == made
    assert (await each.get(f"{RULES}/{made['id']}")).json == made
    await saved(each, yearly_rule("another"))
    page = (await each.get(f"{RULES}?limit=1")).json
    more = (await each.get(f"{RULES}?limit=1&cursor={page['next']}")).json
    assert [one["name"] for one in page["items"] + more["items"]] == ["another", "big-orders"]
    assert (await each.post(RULES, rule())).status == 409


async def test_a_rule_in_yaml_is_the_same_rule(api: Api) -> None:
    text = f"name: big-orders\n{json.dumps({k: v for k, v in rule().items() if k != 'name'})[1:-1]}"
    body = "{" + text.removeprefix("name: big-orders\n") + ", name: big-orders}"
    reply = await api.call("POST", RULES, data=body.encode(), headers={"Content-Type": "application/yaml"})
    assert reply.status == 201, reply.text
    assert reply.json["definition"] == rule()


async def test_an_idempotency_key_makes_one_rule(each: Api) -> None:
    headers = {"Idempotency-Key": "once"}
    first, again = [await each.post(RULES, rule(), headers=headers) for _ in range(2)]
    assert (first.status, again.status, again.json["id"]) == (201, 201, first.json["id"])
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (await each.post(RULES, rule(priority=9), headers=headers)).status == 409


@pytest.mark.parametrize(("changes", "path"), [
    ({"name": None}, "name"), ({"name": "a b"}, "name"), ({"trigger": None}, "trigger"), ({"jobs": None}, "jobs"),
    ({"jobs": []}, "jobs"), ({"jobs": [{"payload": 1}]}, "jobs[0].kind"), ({"conditions": ["1 +"]}, "conditions[0]"),
    ({"conditions": ["input.amount > 1"]}, "conditions[0]"),
    ({"trigger": {"type": "cron", "cron": "x"}}, "trigger.cron"),
    ({"trigger": {"type": "manual"}}, "trigger.type"), ({"for_each": "workflow"}, "for_each"), ({"prio": 1}, "prio"),
    ({"priority": "high"}, "priority"), ({"jobs": [{"kind": "noop", "priority": 101}]}, "jobs[0].priority"),
    ({"jobs": [{"kind": "noop", "payload": "{{ nodes.a }}"}]}, "jobs[0].payload"),
    ({"trigger": {"type": "webhook", "respond": "result"}}, "trigger.respond"),
])  # fmt: skip
async def test_a_wrong_rule_is_422_and_not_saved(api: Api, changes: dict[str, Any], path: str) -> None:
    reply = await api.post(RULES, rule(**changes))
    assert reply.status == 422, reply.text
    assert path in reply.paths
    assert (await api.get(RULES)).json["items"] == []


@pytest.mark.parametrize(("body", "status"), [(b"{", 400), (b"[]", 422), (b"", 400)])
async def test_what_is_no_rule(api: Api, body: bytes, status: int) -> None:
    headers = {"Content-Type": "application/json"}
    assert (await api.call("POST", RULES, data=body, headers=headers)).status == status
    assert (await api.call("POST", RULES, data=b"x", headers={"Content-Type": "text/plain"})).status == 415


async def test_a_rule_acts_on_an_event_and_says_why(each: Api) -> None:
    made = await saved(each, rule())
    for amount in (900, 9):
        await each.post(EVENTS, {"type": "order.paid", "data": {"amount": amount}})
    items = await fired(each, "rule=big-orders", 2)
    assert [item["verdict"] for item in items] == ["not_met", "started"]
    assert items[0]["owner"] == {"kind": "rule", "id": made["id"], "name": "big-orders"}
    (condition,) = items[0]["detail"]["conditions"]
    assert (condition["condition"], condition["met"]) == ("event.data.amount > 100", False)
    assert "9" in str(condition["reason"])
    (job,) = await jobs_of(each)
    assert items[1]["jobs"] == [job["id"]]
    assert (await each.get(f"{JOBS}/{job['id']}")).json["payload"] == {"amount": 900}
    assert (await each.get(f"{RULES}/big-orders/firings")).json["items"] == items
    assert [
        item["verdict"] for item in (await each.get(f"{FIRINGS}?rule=big-orders&verdict=started")).json["items"]
    ] == ["started"]


async def test_saving_replaces_a_rule_and_keeps_its_webhook(each: Api) -> None:
    hooked = rule("hooked", trigger={"type": "webhook"}, conditions=None, jobs=[{"kind": "noop"}])
    made = await saved(each, hooked)
    assert made["trigger"]["signed"] is False
    address = made["trigger"]["url"]
    changed = await each.call("PUT", f"{RULES}/hooked", json={**hooked, "name": "renamed", "priority": 7})
    assert changed.status == 200, changed.text
    assert (changed.json["id"], changed.json["name"], changed.json["priority"]) == (made["id"], "renamed", 7)
    assert changed.json["trigger"]["url"] == address
    assert (await each.get(f"{RULES}/hooked")).status == 404
    assert (await each.call("PUT", f"{RULES}/hooked", json=hooked)).status == 404
    delivered = await each.post(address.removeprefix(each.base), {})
    assert delivered.status == 202, delivered.text
    assert len(delivered.json["job_ids"]) == 1


async def test_a_rule_is_switched_and_given_a_priority(each: Api) -> None:
    await saved(each, rule())
    off = await each.call("PATCH", f"{RULES}/big-orders", json={"enabled": False})
    assert (off.status, off.json["enabled"], off.json["trigger"]["active"]) == (200, False, False)
    assert off.json["definition"]["enabled"] is False
    both = await each.call("PATCH", f"{RULES}/big-orders", json={"enabled": True, "priority": 3})
    assert (both.json["enabled"], both.json["priority"], both.json["definition"]["priority"]) == (True, 3, 3)
    only = await each.call("PATCH", f"{RULES}/big-orders", json={"priority": -3})
    assert (only.json["enabled"], only.json["priority"]) == (True, -3)
    for body in ({}, {"priority": 101}, {"enabled": "yes"}, {"name": "x"}):
        assert (await each.call("PATCH", f"{RULES}/big-orders", json=body)).status == 422


async def test_a_deleted_rule_leaves_its_firings(each: Api) -> None:
    made = await saved(each, rule())
    firing = (await each.post(f"{RULES}/big-orders/fire", {"trigger": {"event": {"data": {"amount": 500}}}})).json
    assert (await each.call("DELETE", f"{RULES}/big-orders")).status == 204
    assert (await each.call("DELETE", f"{RULES}/big-orders")).status == 404
    (kept,) = (await each.get(f"{FIRINGS}?rule={made['id']}")).json["items"]
    assert (kept["id"], kept["owner"]["name"]) == (firing["id"], None)
    assert (await each.get(f"{FIRINGS}/{firing['id']}")).json["owner"]["name"] is None
    await saved(each, rule())


async def test_a_dry_run_shows_what_would_be_inserted_and_inserts_nothing(each: Api) -> None:
    event = {"trigger": {"event": {"data": {"amount": 500}}}}
    unsaved = await each.post(f"{RULES}/dry-run", {"rule": rule(), **event})
    assert unsaved.status == 200, unsaved.text
    assert (unsaved.json["rule"], unsaved.json["seen"], unsaved.json["met"], unsaved.json["jobs"]) == (
        "big-orders", 1, 1, 1,
    )  # fmt: skip
    (tenant,) = unsaved.json["tenants"]
    assert tenant["conditions"][0]["met"] is True
    assert (tenant["jobs"][0]["kind"], tenant["jobs"][0]["payload"]) == ("noop", {"amount": 500})
    await saved(each, rule())
    tried = await each.post(f"{RULES}/big-orders/dry-run", {"trigger": {"event": {"data": {"amount": 5}}}})
    assert (tried.status, tried.json["met"], tried.json["tenants"][0]["jobs"]) == (200, 0, [])
    assert await jobs_of(each) == []
    assert (await each.get(FIRINGS)).json["items"] == []


async def test_a_wrong_rule_is_tried_with_every_problem(api: Api) -> None:
    reply = await api.post(f"{RULES}/dry-run", {"rule": rule(conditions=["1 +"], jobs=[])})
    assert (reply.status, sorted(reply.paths)) == (422, ["conditions[0]", "jobs"])
    assert (await api.post(f"{RULES}/dry-run", {})).paths == ["rule"]
    assert (await api.post(f"{RULES}/no-such-rule/dry-run")).status == 404


async def test_a_rule_fired_by_hand_is_fired_once_for_a_key(each: Api) -> None:
    await saved(each, rule())
    body, headers = {"trigger": {"event": {"data": {"amount": 500}}}}, {"Idempotency-Key": "now"}
    first, again = [await each.post(f"{RULES}/big-orders/fire", body, headers=headers) for _ in range(2)]
    assert (first.status, again.status) == (201, 201), first.text
    assert (first.json["verdict"], len(first.json["jobs"])) == ("started", 1)
    assert first.json["given"]["event"]["data"] == {"amount": 500}
    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(await jobs_of(each)) == 1
    small = await each.post(f"{RULES}/big-orders/fire", {"trigger": {"event": {"data": {"amount": 5}}}})
    assert (small.status, small.json["verdict"], small.json["jobs"]) == (201, "not_met", [])
    assert len(await jobs_of(each)) == 1


async def test_a_rule_that_is_off_is_not_fired(api: Api) -> None:
    await saved(api, rule(enabled=False))
    assert (await api.post(f"{RULES}/big-orders/fire")).status == 409
    assert (await api.post(f"{RULES}/no-such-rule/fire")).status == 404
    assert (await api.post(f"{RULES}/a b/fire")).status == 404


async def test_a_rule_for_each_tenant_acts_for_those_whose_usage_changed(each: Api) -> None:
    ids = {}
    for name, plan in (("acme", "pro"), ("beta", "free"), ("core", "pro")):
        body = {"name": name, "attributes": {"plan": plan, "usage": 10}}
        ids[name] = (await each.post("/api/v1/tenants", body)).json["id"]
    await saved(each, FOR_EACH)
    tried = (await each.post(f"{RULES}/bills/dry-run")).json
    assert (tried["seen"], tried["met"], tried["jobs"]) == (4, 2, 2)
    first = (await each.post(f"{RULES}/bills/fire")).json
    assert first["detail"]["tenants"]["met"] == 2
    keys = {name: await each.key("operator", tenant=tenant) for name, tenant in ids.items()}
    assert [len(await jobs_of(each, "billing", headers=keys[name])) for name in ids] == [1, 0, 1]
    await each.call("PATCH", f"/api/v1/tenants/{ids['core']}", json={"attributes": {"plan": "pro", "usage": 11}})
    second = (await each.post(f"{RULES}/bills/fire")).json
    examples = second["detail"]["tenants"]["examples"]
    assert examples[0]["name"] == "core"
    assert [example["met"] for example in examples] == [True, False, False, False]
    assert second["detail"]["tenants"]["jobs"] == 1
    assert [len(await jobs_of(each, "billing", headers=keys[name])) for name in ids] == [1, 0, 2]
    viewer = await each.key("viewer")
    shown = (await each.get(f"{FIRINGS}/{second['id']}", headers=viewer)).json["detail"]["tenants"]
    assert (shown["met"], "examples" in shown) == (1, False)


async def test_what_failed_for_one_tenant_is_told_to_admins_of_the_instance(api: Api) -> None:
    await api.post("/api/v1/tenants", {"name": "acme", "attributes": {"plan": "pro", "usage": "a secret of acme"}})
    jobs = [{"kind": "noop", "queue": "{{ tenant.usage }}"}]
    await saved(api, {**FOR_EACH, "jobs": jobs})
    failed = (await api.post(f"{RULES}/bills/fire")).json
    assert (failed["verdict"], "queue" in failed["reason"]) == ("failed", True)
    viewer = await api.key("viewer")
    shown = (await api.get(f"{FIRINGS}/{failed['id']}", headers=viewer)).json
    assert (shown["verdict"], shown["detail"]["tenants"]["failed"]) == ("failed", 1)
    assert "admins of the instance" in shown["reason"]
    assert "acme" not in str(shown)
    hooked = await saved(api, {**FOR_EACH, "name": "hooked", "trigger": {"type": "webhook"}, "jobs": jobs})
    answer = await api.post(hooked["trigger"]["url"].removeprefix(api.base), {}, headers={})
    assert answer.status == 422
    automations = await api.get("/admin/automations", headers=viewer)
    events = await api.get(f"{EVENTS}?type=trigger.rejected", headers=viewer)
    assert len(events.json["items"]) == 1
    assert not [one for one in (answer, automations, events) if "acme" in one.text]


async def test_a_rule_for_each_tenant_is_for_admins_of_the_instance(api: Api) -> None:
    owner, admin = await api.key("owner"), await api.key("owner", instance_admin=True)
    assert (await api.post(RULES, FOR_EACH, headers=owner)).status == 403
    assert (await api.post(f"{RULES}/dry-run", {"rule": FOR_EACH}, headers=owner)).status == 403
    assert (await api.post(RULES, FOR_EACH, headers=admin)).status == 201
    calls: list[tuple[str, str, Any]] = [
        ("PUT", "", FOR_EACH), ("PUT", "", rule("bills")), ("PATCH", "", {"enabled": False}), ("DELETE", "", None),
        ("POST", "/fire", {}), ("POST", "/dry-run", {}),
    ]  # fmt: skip
    for method, path, body in calls:
        reply = await api.call(method, f"{RULES}/bills{path}", json=body, headers=owner)
        assert reply.status == 403, (method, path, reply.text)
    assert (await api.get(f"{RULES}/bills", headers=owner)).json["enabled"] is True


async def test_the_trigger_of_a_rule_for_each_tenant_is_for_admins_of_the_instance(api: Api) -> None:
    owner, admin = await api.key("owner"), await api.key("owner", instance_admin=True)
    await api.post(RULES, FOR_EACH, headers=admin)
    hooked = {"name": "hooked", "trigger": {"type": "webhook"}, "for_each": "tenant", "jobs": [{"kind": "noop"}]}
    await api.post(RULES, hooked, headers=admin)
    clock, hook = [(await api.get(f"{RULES}/{name}")).json["trigger"] for name in ("bills", "hooked")]
    assert (await api.post(hook["url"].removeprefix(api.base), {}, headers={})).status == 202
    (firing,) = await fired(api, "rule=hooked")
    some = {"from": "2020-01-01T00:00:00Z", "to": "2020-01-02T00:00:00Z"}
    calls: list[tuple[str, Any, int]] = [
        (f"{SCHEDULES}/{clock['row']}/pause", None, 200), (f"{SCHEDULES}/{clock['row']}/resume", None, 200),
        (f"{SCHEDULES}/{clock['row']}/backfills", some, 201), (f"/api/v1/triggers/{clock['row']}/pause", None, 200),
        (f"/api/v1/triggers/{clock['row']}/resume", None, 200), (f"/api/v1/triggers/{hook['row']}/renew", None, 200),
        (f"{FIRINGS}/{firing['id']}/replay", None, 201),
    ]  # fmt: skip
    for path, body, status in calls:
        assert (await api.post(path, body, headers=owner)).status == 403, path
        assert (await api.post(path, body, headers=admin)).status == status, path
    (backfill,) = (await api.get(f"{SCHEDULES}/{clock['row']}/backfills")).json["items"]
    cancel = f"{SCHEDULES}/{clock['row']}/backfills/{backfill['id']}/cancel"
    assert (await api.post(cancel, headers=owner)).status == 403
    assert (await api.get(f"{SCHEDULES}/{clock['row']}", headers=owner)).json["paused"] is False


async def test_a_delivery_to_a_rule_for_each_tenant_names_its_firing(each: Api) -> None:
    document = {"name": "hooked", "trigger": {"type": "webhook"}, "for_each": "tenant", "jobs": [{"kind": "noop"}]}
    url = (await saved(each, document))["trigger"]["url"].removeprefix(each.base)
    for headers in ({"Idempotency-Key": "d-1"}, {}):
        answer = await each.post(url, {}, headers=headers)
        shown = await each.get(f"{FIRINGS}/{answer.json['firing_id']}")
        assert (answer.status, shown.status, shown.json["verdict"]) == (202, 200, "started"), shown.text


async def test_viewers_look_operators_fire_and_editors_change(api: Api) -> None:
    viewer, operator, editor = [await api.key(role) for role in ("viewer", "operator", "editor")]
    assert (await api.post(RULES, rule(), headers=operator)).status == 403
    assert (await api.post(RULES, rule(), headers=editor)).status == 201
    assert (await api.get(f"{RULES}/big-orders", headers=viewer)).status == 200
    assert (await api.post(f"{RULES}/big-orders/dry-run", headers=viewer)).status == 200
    assert (await api.post(f"{RULES}/big-orders/fire", headers=viewer)).status == 403
    assert (await api.post(f"{RULES}/big-orders/fire", headers=operator)).status == 201
    assert (await api.call("PATCH", f"{RULES}/big-orders", json={"priority": 1}, headers=operator)).status == 403
    assert (await api.call("PUT", f"{RULES}/big-orders", json=rule(), headers=operator)).status == 403
    assert (await api.call("DELETE", f"{RULES}/big-orders", headers=operator)).status == 403
    assert (await api.call("DELETE", f"{RULES}/big-orders", headers=editor)).status == 204


async def test_rules_of_another_tenant_are_not_there(api: Api) -> None:
    made = await saved(api, yearly_rule())
    other = (await api.post("/api/v1/tenants", {"name": "acme"})).json["id"]
    stranger = await api.key("owner", tenant=other)
    assert (await api.get(RULES, headers=stranger)).json["items"] == []
    for name in ("yearly", made["id"]):
        assert (await api.get(f"{RULES}/{name}", headers=stranger)).status == 404
        assert (await api.post(f"{RULES}/{name}/fire", headers=stranger)).status == 404
    assert (await api.get(f"{SCHEDULES}/{made['trigger']['row']}/next", headers=stranger)).status == 404
    assert (await api.post(RULES, yearly_rule(), headers=stranger)).status == 201


async def test_unknown_parameters_are_refused(api: Api) -> None:
    reply = await api.get(f"{RULES}?limt=1")
    assert (reply.status, reply.paths) == (422, ["limt"])
