"""The job automation engine's rules and events: the seeds' words in, both words out."""

from __future__ import annotations

from typing import Any

import pytest

from tests.http.serving import Api
from tests.http.triggering import fired, rule
from tests.support.waiting import eventually

RULES = "/automation-rules"
DAILY: dict[str, Any] = {
    "name": "bills",
    "trigger_type": "CRON",
    "trigger": {"cron": "0 7 * * *"},
    "for_each": "tenant",
    "conditions": ["tenant.plan == 'pro'"],
    "actions": [{"job_type": "noop", "payload": {"plan": "{{ tenant.plan }}"}}],
}


async def test_a_rule_in_the_documents_words(each: Api) -> None:
    reply = await each.post(RULES, DAILY)
    assert reply.status == 201, reply.text
    made = reply.json
    assert (made["trigger_type"], made["tenant_id"], made["conditions"]) == ("CRON", "default", DAILY["conditions"])
    assert made["actions"] == [{"kind": "noop", "job_type": "noop", "payload": {"plan": "{{ tenant.plan }}"}}]
    assert made["definition"]["trigger"] == {"type": "cron", "cron": "0 7 * * *"}
    assert (await each.get(f"{RULES}/bills")).json == made
    (listed,) = (await each.get(RULES)).json["items"]
    assert (listed["id"], listed["trigger_type"]) == (made["id"], "CRON")
    assert (await each.get("/api/v1/automation-rules/bills")).json["definition"] == made["definition"]


@pytest.mark.parametrize(("kind", "trigger", "ours"), [
    ("CRON", {"every": "15m"}, {"type": "every", "every": "15m"}),
    ("cron", "0 7 * * *", {"type": "cron", "cron": "0 7 * * *"}),
    ("WEBHOOK", None, {"type": "webhook"}),
    ("INTERNAL_EVENT", "job_succeeded: job_type=X", {"type": "event", "event": "job.succeeded", "kind": "X"}),
    ("INTERNAL_EVENT", {"event": "job.dead", "job_type": "X"}, {"type": "event", "event": "job.dead", "kind": "X"}),
    ("INTERNAL_EVENT", "order.paid", {"type": "event", "event": "order.paid"}),
])  # fmt: skip
async def test_every_trigger_type(api: Api, kind: str, trigger: Any, ours: dict[str, Any]) -> None:
    document: dict[str, Any] = {"trigger_type": kind, "actions": [{"job_type": "noop"}]}
    if trigger is not None:
        document["trigger"] = trigger
    reply = await api.post(RULES, document)
    assert reply.status == 201, reply.text
    assert reply.json["definition"]["trigger"] == ours
    assert reply.json["trigger_type"] == kind.upper()
    assert reply.json["name"].startswith("rule-")
    assert ("url" in reply.json["trigger"]) == (kind == "WEBHOOK")


async def test_our_words_are_understood_as_well(api: Api) -> None:
    reply = await api.post(RULES, rule())
    assert (reply.status, reply.json["trigger_type"]) == (201, "INTERNAL_EVENT")
    assert reply.json["definition"] == rule()


async def test_a_rule_is_replaced_and_deleted(each: Api) -> None:
    made = (await each.post(RULES, DAILY)).json
    nameless = {key: value for key, value in DAILY.items() if key != "name"}
    saved = await each.call("PUT", f"{RULES}/{made['id']}", json={**nameless, "trigger": "30 6 * * *"})
    assert saved.status == 200, saved.text
    assert (saved.json["name"], saved.json["definition"]["trigger"]["cron"]) == ("bills", "30 6 * * *")
    assert (await each.call("DELETE", f"{RULES}/bills")).status == 204
    assert (await each.get(f"{RULES}/bills")).status == 404


async def test_a_finished_job_of_a_kind_inserts_another(each: Api) -> None:
    document = {
        "name": "chained",
        "trigger_type": "INTERNAL_EVENT",
        "trigger": "job_succeeded: job_type=noop",
        "conditions": ["event.data.queue == 'first'"],
        "actions": [{"job_type": "noop", "queue": "second"}],
    }
    assert (await each.post(RULES, document)).status == 201
    await each.post("/jobs", {"job_type": "noop", "queue": "first"})

    async def inserted() -> Any:
        return (await each.get("/jobs?queue=second")).json["items"]

    assert len(await eventually(inserted, 20)) == 1


async def test_automations_tell_what_they_did_last(each: Api) -> None:
    await each.post(RULES, rule())
    (never,) = (await each.get("/admin/automations")).json["items"]
    assert (never["name"], never["last_firing"], never["trigger_type"]) == ("big-orders", None, "INTERNAL_EVENT")
    await each.post("/events/order.paid", {"amount": 7})
    await fired(each, "rule=big-orders")
    (told,) = (await each.get("/admin/automations")).json["items"]
    assert (told["last_firing"]["verdict"], told["trigger"]["active"]) == ("not_met", True)


async def test_a_webhook_of_a_rule_answers_at_both_addresses(each: Api) -> None:
    document = {"trigger_type": "WEBHOOK", "conditions": ["trigger.body.n > 1"], "actions": [{"job_type": "noop"}]}
    key = (await each.post(RULES, document)).json["trigger"]["url"].rpartition("/")[2]
    for path in (f"/hooks/{key}", f"/events/webhook/{key}"):
        reply = await each.post(path, {"n": 2})
        assert (reply.status, len(reply.json["job_ids"])) == (202, 1), reply.text


async def test_an_event_is_posted_by_its_type(each: Api) -> None:
    headers = {"Idempotency-Key": "7"}
    first, again = [await each.post("/events/order.paid", {"amount": 9}, headers=headers) for _ in range(2)]
    assert (first.status, again.status, again.json["id"]) == (201, 201, first.json["id"])
    assert (first.json["type"], first.json["data"]) == ("order.paid", {"amount": 9})
    assert (await each.post("/events/job.succeeded", {})).paths == ["type"]
    assert (await each.post("/events/order.paid", [1])).paths == ["data"]
    assert (await each.get("/events/order.paid")).status == 405


@pytest.mark.parametrize(("changes", "path"), [
    ({"trigger_type": "MONTHLY"}, "trigger_type"), ({"trigger_type": 7}, "trigger_type"),
    ({"actions": [{"job_type": ""}]}, "actions[0].job_type"), ({"actions": [{}]}, "actions[0].job_type"),
    ({"actions": []}, "actions"), ({"jobs": [{"kind": "noop"}]}, "actions"), ({"conditions": ["1 +"]}, "conditions[0]"),
    ({"trigger": {"cron": "0 25 * * *"}}, "trigger.cron"), ({"trigger_type": "WEBHOOK", "trigger": "x"}, "trigger"),
    ({"actions": [{"job_type": "noop", "priority": 1000}]}, "actions[0].priority"),
])  # fmt: skip
async def test_a_wrong_rule_is_told_in_the_words_it_was_sent_in(api: Api, changes: dict[str, Any], path: str) -> None:
    reply = await api.post(RULES, {**DAILY, **changes})
    assert (reply.status, reply.paths) == (422, [path]), reply.text


async def test_a_rule_of_another_tenant_is_refused(api: Api) -> None:
    assert (await api.post(RULES, {**DAILY, "tenant_id": "acme"})).status == 404
    assert (await api.post(RULES, {**DAILY, "tenant_id": "default"})).status == 201


async def test_roles_are_those_of_the_api(api: Api) -> None:
    viewer = await api.key("viewer")
    await api.post(RULES, DAILY)
    assert (await api.get(RULES, headers=viewer)).status == 200
    assert (await api.get("/admin/automations", headers=viewer)).status == 200
    assert (await api.post(RULES, DAILY, headers=viewer)).status == 403
    assert (await api.post("/events/order.paid", {}, headers=viewer)).status == 403
    assert (await api.get(f"{RULES}?limt=1")).paths == ["limt"]
