"""Event subscriptions over HTTP, delivered by a real worker to a real receiver."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.http.serving import Api, Reply
from tests.support.waiting import eventually
from tests.support.webhooks import Received, WebhookServer, webhook_server

SUBSCRIPTIONS = "/api/v1/event-subscriptions"
NOBODY = "019c0000-0000-7000-8000-000000000001"


@pytest.fixture
async def receiver() -> AsyncIterator[WebhookServer]:
    async with webhook_server() as made:
        yield made


async def subscribed(api: Api, url: str, **more: Any) -> dict[str, Any]:
    """A new subscription, with its secret."""
    reply = await api.post(SUBSCRIPTIONS, {"url": url, "types": ["order.*"], **more})
    assert reply.status == 201, reply.text
    made: dict[str, Any] = reply.json
    return made


async def got(receiver: WebhookServer, count: int) -> list[Received]:
    """What the receiver has, once it is so much."""
    await eventually(lambda: len(receiver.received) >= count)
    return receiver.received


async def delivery(api: Api, path: str, state: str) -> Any:
    """The newest delivery, once it is in that state."""

    async def look() -> Any:
        items = (await api.get(f"{path}/deliveries")).json["items"]
        return items[0] if items and items[0]["state"] == state else None

    return await eventually(look)


async def test_a_subscription_is_made_with_a_secret_that_is_shown_once(each: Api) -> None:
    made = await subscribed(
        each, "https://crm.example.com/h", title="CRM", condition="event.data.total > 5", types=["order.*", "job.dead"]
    )
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    path = f"{SUBSCRIPTIONS}/{made['id']}"
    assert (await each.get(path)).json == made
    assert (await each.get(SUBSCRIPTIONS)).json == {"items": [made], "next": None}
    assert {name: made[name] for name in ("url", "types", "title", "condition", "enabled", "reason")} == {
        "url": "https://crm.example.com/h",
        "types": ["order.*", "job.dead"],
        "title": "CRM",
        "condition": "event.data.total > 5",
        "enabled": True,
        "reason": "",
    }
    changed = await each.call("PATCH", path, json={"condition": None, "types": ["*"], "enabled": False})
    assert (changed.status, changed.json["condition"], changed.json["types"]) == (200, None, ["*"])
    assert not changed.json["enabled"]
    assert (await each.call("DELETE", path)).status == 204
    assert [(await each.call(method, path)).status for method in ("GET", "DELETE")] == [404, 404]
    for reply in (changed, await each.get(SUBSCRIPTIONS)):
        assert secret not in reply.text


async def test_a_test_event_arrives_signed(each: Api, receiver: WebhookServer) -> None:
    made = await subscribed(each, receiver.url)
    path = f"{SUBSCRIPTIONS}/{made['id']}"
    sent = await each.post(f"{path}/test")
    assert (sent.status, sent.json["type"]) == (201, "holdfast.test")
    (request,) = await got(receiver, 1)
    assert request.signed_by(made["secret"])
    assert (request.json["type"], request.json["data"]) == ("holdfast.test", {"subscription": made["id"]})
    done = await delivery(each, path, "SUCCEEDED")
    assert (done["id"], done["attempts"], done["status"], done["error"]) == (sent.json["id"], 1, 200, None)
    assert done["finished_at"] is not None
    job = (await each.get(f"/api/v1/jobs/{done['id']}")).json
    assert (job["kind"], job["result"]) == ("event.deliver", {"status": 200})


async def test_a_rotation_gives_a_new_secret_and_both_sign(each: Api, receiver: WebhookServer) -> None:
    made = await subscribed(each, receiver.url)
    path = f"{SUBSCRIPTIONS}/{made['id']}"
    rotated = (await each.post(f"{path}/rotate")).json
    assert rotated["secret"] != made["secret"]
    shown = (await each.get(path)).json
    assert shown["previous_secret_until"] == rotated["previous_secret_until"] is not None
    await each.post(f"{path}/test")
    (request,) = await got(receiver, 1)
    assert len(request.signatures) == 2
    assert request.signed_by(made["secret"])
    assert request.signed_by(rotated["secret"])
    own = await each.post(f"{path}/rotate", {"secret": made["secret"]})
    assert own.json["secret"] == made["secret"]
    assert (await each.post(f"{path}/rotate", {"secret": "mine"})).paths == ["secret"]


async def test_410_switches_off_and_enabling_goes_on(each: Api, receiver: WebhookServer) -> None:
    made = await subscribed(each, receiver.url)
    path = f"{SUBSCRIPTIONS}/{made['id']}"
    receiver.answer(410, text="moved away")
    await each.post(f"{path}/test")
    over = await delivery(each, path, "FAILED")
    assert (over["status"], over["error"]["type"], over["error"]["answer"]) == (410, "gone", "moved away")
    off = (await each.get(path)).json
    assert not off["enabled"]
    assert "410" in off["reason"]
    assert (await each.post(f"{path}/test")).status == 409
    assert (await each.post(f"{path}/deliveries/{over['id']}/redeliver")).status == 409
    on = (await each.call("PATCH", path, json={"enabled": True})).json
    assert (on["enabled"], on["reason"]) == (True, "")
    receiver.answer(204)
    again = await each.post(f"{path}/deliveries/{over['id']}/redeliver")
    assert again.status == 201
    done = await delivery(each, path, "SUCCEEDED")
    assert (done["id"], done["event"], done["status"]) == (again.json["id"], over["event"], 204)
    first, second = receiver.received
    assert first.id == second.id
    assert first.body == second.body


async def test_a_failed_delivery_says_what_the_receiver_said(each: Api, receiver: WebhookServer) -> None:
    made = await subscribed(each, receiver.url)
    path = f"{SUBSCRIPTIONS}/{made['id']}"
    receiver.answer(503, text="closed on Sundays", Retry_After="3600")
    await each.post(f"{path}/test")
    waits = await delivery(each, path, "SCHEDULED")
    assert (waits["attempts"], waits["status"], waits["finished_at"]) == (1, 503, None)
    assert waits["error"]["answer"] == "closed on Sundays"
    await each.call("PATCH", path, json={"enabled": False})
    assert len(receiver.received) == 1


async def test_the_same_key_is_the_same_subscription_test_and_redelivery(each: Api, receiver: WebhookServer) -> None:
    key = {"Idempotency-Key": "once"}
    body = {"url": receiver.url, "types": ["order.*"]}
    first = await each.post(SUBSCRIPTIONS, body, headers=key)
    again = await each.post(SUBSCRIPTIONS, body, headers=key)
    assert (again.status, again.json) == (201, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (await each.post(SUBSCRIPTIONS, {**body, "title": "other"}, headers=key)).status == 409
    path = f"{SUBSCRIPTIONS}/{first.json['id']}"
    sent = [(await each.post(f"{path}/test", headers=key)).json["id"] for _ in range(2)]
    assert sent[0] == sent[1]
    await delivery(each, path, "SUCCEEDED")
    redeliver = f"{path}/deliveries/{sent[0]}/redeliver"
    twice = [(await each.post(redeliver, headers=key)).json["id"] for _ in range(2)]
    assert twice[0] == twice[1] != sent[0]
    assert len((await each.get(f"{path}/deliveries")).json["items"]) == 2
    await each.post(f"{path}/rotate")
    late = await each.post(SUBSCRIPTIONS, body, headers=key)
    assert (late.status, late.json["id"], late.json["secret"]) == (201, first.json["id"], None)


async def test_no_answer_with_a_secret_is_kept_in_the_store(api: Api) -> None:
    body, key = {"url": "https://crm.example.com/h", "types": ["*"]}, {"Idempotency-Key": "once"}
    made = await api.post(SUBSCRIPTIONS, body, headers=key)
    store = api.app.services.store
    answer = await store.find_answer("default", f"POST {SUBSCRIPTIONS}", "once", api.app.services.now())
    assert answer is not None
    assert made.json["secret"] not in str(answer)


@pytest.mark.parametrize(("body", "paths"), [
    ({}, ["url", "types"]),
    ({"url": "crm", "types": ["*"]}, ["url"]),
    ({"url": "https://a.example.com", "types": []}, ["types"]),
    ({"url": "https://a.example.com", "types": "*"}, ["types"]),
    ({"url": "https://a.example.com", "types": [1]}, ["types[0]"]),
    ({"url": "https://a.example.com", "types": ["a b"]}, ["types[0]"]),
    ({"url": "https://a.example.com", "types": ["*"], "condition": "event."}, ["condition"]),
    ({"url": "https://a.example.com", "types": ["*"], "secret": "whsec_x"}, ["secret"]),
    ({"url": "https://a.example.com", "types": ["*"], "enabled": 1}, ["enabled"]),
    ({"url": "https://a.example.com", "types": ["*"], "type": "*"}, ["type"]),
])  # fmt: skip
async def test_a_wrong_subscription_is_422(api: Api, body: dict[str, Any], paths: list[str]) -> None:
    reply = await api.post(SUBSCRIPTIONS, body)
    assert (reply.status, reply.paths) == (422, paths)
    assert (await api.get(SUBSCRIPTIONS)).json["items"] == []


async def test_a_wrong_change_is_422(api: Api) -> None:
    path = f"{SUBSCRIPTIONS}/{(await subscribed(api, 'https://a.example.com'))['id']}"
    wrong: list[dict[str, Any]] = [{}, {"url": None}, {"url": ""}, {"types": []}, {"secret": "x"}, {"condition": "("}]
    for body in wrong:
        assert (await api.call("PATCH", path, json=body)).status == 422, body


async def test_what_is_not_there_is_404(api: Api) -> None:
    mine = f"{SUBSCRIPTIONS}/{(await subscribed(api, 'https://a.example.com'))['id']}"
    for missing in (NOBODY, "none", "%00"):
        path = f"{SUBSCRIPTIONS}/{missing}"
        replies: list[Reply] = [
            await api.get(path),
            await api.get(f"{path}/deliveries"),
            await api.call("PATCH", path, json={"title": "t"}),
            await api.call("DELETE", path),
            await api.post(f"{path}/rotate"),
            await api.post(f"{path}/test"),
            await api.post(f"{path}/deliveries/{NOBODY}/redeliver"),
            await api.post(f"{mine}/deliveries/{missing}/redeliver"),
        ]
        assert [reply.status for reply in replies] == [404] * 8


async def test_roles_and_tenants(locked: Api) -> None:
    editor, operator, viewer = [await locked.key(role) for role in ("editor", "operator", "viewer")]
    theirs = await locked.key("owner", tenant="another")
    body = {"url": "https://a.example.com", "types": ["*"]}
    assert (await locked.post(SUBSCRIPTIONS, body)).status == 401
    assert (await locked.post(SUBSCRIPTIONS, body, headers=operator)).status == 403
    made = (await locked.post(SUBSCRIPTIONS, body, headers=editor)).json
    path = f"{SUBSCRIPTIONS}/{made['id']}"
    assert (await locked.get(path, headers=viewer)).status == 200
    assert (await locked.post(f"{path}/rotate", headers=operator)).status == 403
    assert (await locked.post(f"{path}/test", headers=viewer)).status == 403
    assert (await locked.post(f"{path}/test", headers=operator)).status == 201
    assert (await locked.get(path, headers=theirs)).status == 404
    assert (await locked.post(f"{path}/test", headers=theirs)).status == 404
    assert (await locked.get(SUBSCRIPTIONS, headers=theirs)).json["items"] == []


async def test_a_job_that_pretends_to_be_a_delivery_sends_nothing(api: Api, receiver: WebhookServer) -> None:
    made = await subscribed(api, receiver.url)
    payload = {"subscription": made["id"], "event": {"id": "1", "type": "job.dead", "data": {}}}
    job = (await api.post("/api/v1/jobs", {"kind": "event.deliver", "payload": payload})).json

    async def ended() -> Any:
        found = (await api.get(f"/api/v1/jobs/{job['id']}")).json
        return found if found["state"] == "CANCELLED" else None

    assert "wasn't made by an event" in (await eventually(ended))["error"]["message"]
    assert receiver.received == []


async def test_the_kind_of_deliveries_is_no_node(api: Api) -> None:
    assert "event.deliver" not in api.app.services.engine.specs
    document = {"holdfast": 1, "name": "forged", "nodes": [{"id": "a", "type": "event.deliver"}]}
    assert (await api.post("/api/v1/workflows", document)).status == 422


async def test_events_that_fit_are_delivered_once(each: Api, receiver: WebhookServer) -> None:
    made = await subscribed(each, receiver.url, types=["order.*", "refund"], condition="event.data.total > 5")
    path = f"{SUBSCRIPTIONS}/{made['id']}"
    for event_type, total in (("order.paid", 3), ("orders", 9), ("order.paid", 7), ("refund", 8), ("refunds", 9)):
        event = {"type": event_type, "data": {"total": total}, "subject": "order-17"}
        assert (await each.post("/api/v1/events", event)).status == 201
    assert (await each.post("/api/v1/events", {"type": "order.done", "data": {"total": 10}})).status == 201
    requests = await got(receiver, 3)
    told = {(request.json["type"], request.json["data"]["total"]) for request in requests}
    assert told == {("order.paid", 7), ("refund", 8), ("order.done", 10)}
    assert all(request.signed_by(made["secret"]) for request in requests)
    events = {event["id"]: event for event in (await each.get("/api/v1/events?limit=500")).json["items"]}
    for request in requests:
        event = events[request.json["id"]]
        assert (request.json["timestamp"], request.json["data"]) == (event["at"], event["data"])
    assert len((await each.get(f"{path}/deliveries")).json["items"]) == 3


async def test_a_subscription_to_everything_hears_nothing_of_its_own_deliveries(
    each: Api, receiver: WebhookServer
) -> None:
    made = await subscribed(each, receiver.url, types=["*"])
    path = f"{SUBSCRIPTIONS}/{made['id']}"
    job = (await each.post("/api/v1/jobs", {"kind": "noop"})).json

    async def told_of(event_type: str) -> bool:
        return any(request.json["type"] == event_type for request in receiver.received)

    await eventually(lambda: told_of("job.succeeded"))
    assert (await each.post("/api/v1/events", {"type": "the.last"})).status == 201
    await eventually(lambda: told_of("the.last"))
    deliveries = {delivery["id"] for delivery in (await each.get(f"{path}/deliveries?limit=500")).json["items"]}
    jobs = {request.json["job"] for request in receiver.received} - {None}
    assert job["id"] in jobs
    assert not jobs & deliveries


async def test_one_that_was_switched_on_again_gets_what_comes_from_then_on(each: Api, receiver: WebhookServer) -> None:
    made = await subscribed(each, receiver.url, enabled=False)
    path = f"{SUBSCRIPTIONS}/{made['id']}"
    await each.post("/api/v1/events", {"type": "order.missed"})
    await each.call("PATCH", path, json={"enabled": True})
    await each.post("/api/v1/events", {"type": "order.heard"})
    (request,) = await got(receiver, 1)
    assert request.json["type"] == "order.heard"
    assert len((await each.get(f"{path}/deliveries")).json["items"]) == 1
