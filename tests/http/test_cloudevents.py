"""CloudEvents 1.0: binary, structured and in batches; what is kept of them, what makes a repeat, what is refused."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest

from tests.http.serving import Api, Reply
from tests.http.triggering import fired, rule, saved

EVENTS = "/api/v1/events"
STRUCTURED = {"Content-Type": "application/cloudevents+json; charset=utf-8"}
BATCH = {"Content-Type": "application/cloudevents-batch+json"}
BINARY = {
    "ce-specversion": "1.0",
    "ce-type": "com.example.someevent",
    "ce-time": "2018-04-05T03:56:24Z",
    "ce-id": "1234-1234-1234",
    "ce-source": "/mycontext/subcontext",
    "Content-Type": "application/json; charset=utf-8",
}


def event(**changes: Any) -> dict[str, Any]:
    """A structured event; None leaves an attribute out."""
    whole = {"specversion": "1.0", "id": "A-1", "source": "/orders", "type": "order.paid", "data": {"amount": 9}}
    return {name: value for name, value in {**whole, **changes}.items() if value is not None}


async def binary(api: Api, **headers: str) -> Reply:
    """A binary event with these headers changed."""
    given = {**BINARY, **{name.replace("_", "-"): value for name, value in headers.items()}}
    sent = {name: value for name, value in given.items() if value != "absent"}
    return await api.call("POST", EVENTS, data=b'{"amount": 9}', headers=sent)


async def structured(api: Api, value: Any) -> Reply:
    return await api.call("POST", EVENTS, data=json.dumps(value).encode(), headers=STRUCTURED)


async def batch(api: Api, value: Any) -> Reply:
    return await api.call("POST", EVENTS, data=json.dumps(value).encode(), headers=BATCH)


async def on_record(api: Api, event_type: str = "order.paid") -> list[Any]:
    found: list[Any] = (await api.get(f"{EVENTS}?type={event_type}")).json["items"]
    return found


async def test_a_binary_event_is_kept_with_its_attributes_beside_its_data(each: Api) -> None:
    reply = await binary(each, ce_subject="order-7", ce_traceparent="00-ab-cd-01")
    assert reply.status == 201, reply.text
    (kept,) = await on_record(each, "com.example.someevent")
    assert (kept["data"], kept["subject"]) == ({"amount": 9}, "order-7")
    assert kept["attributes"] == {
        "specversion": "1.0",
        "id": "1234-1234-1234",
        "source": "/mycontext/subcontext",
        "time": "2018-04-05T03:56:24Z",
        "datacontenttype": "application/json; charset=utf-8",
        "traceparent": "00-ab-cd-01",
    }
    assert kept["id"] == reply.json["id"]
    assert reply.json["attributes"] == kept["attributes"]


async def test_a_structured_event_is_the_same_fact(each: Api) -> None:
    reply = await structured(each, event(subject="order-7", attempts=3, urgent=True, dataschema=None))
    assert reply.status == 201, reply.text
    (kept,) = await on_record(each)
    assert (kept["data"], kept["subject"]) == ({"amount": 9}, "order-7")
    assert kept["attributes"] == {
        "specversion": "1.0", "id": "A-1", "source": "/orders", "attempts": 3, "urgent": True,
    }  # fmt: skip


async def test_source_and_id_make_a_repeat_the_same_event(each: Api) -> None:
    first = await structured(each, event())
    again = await structured(each, event(traceparent="another", time="2026-01-01T00:00:00Z"))
    assert (first.status, again.status) == (201, 200)
    assert again.json["id"] == first.json["id"]
    assert (await structured(each, event(data={"amount": 10}))).status == 409
    assert (await structured(each, event(source="/refunds"))).status == 201
    # An event in our own form has ids of its own.
    assert (await each.post(EVENTS, {"type": "order.paid", "id": "A-1"})).status == 201
    assert len(await on_record(each)) == 3


async def test_a_repeat_in_another_mode_is_the_same_event(api: Api) -> None:
    first = await structured(api, event())
    headers = {"ce_id": "A-1", "ce_source": "/orders", "ce_type": "order.paid"}
    again = await binary(api, **headers)
    assert (again.status, again.json["id"]) == (200, first.json["id"])


@pytest.mark.parametrize(("content_type", "body", "data"), [
    ("application/json", b'{"a": [1]}', {"a": [1]}),
    ("application/vnd.acme+json", b'{"a": 1}', {"a": 1}),
    ("application/json", b"[1, 2]", {"value": [1, 2]}),
    ("application/json", b'"text"', {"value": "text"}),
    ("application/json", b"", {}),
    ("text/plain", "grüße".encode(), {"value": "grüße"}),
    ("text/xml", b"<a/>", {"value": "<a/>"}),
    ("application/octet-stream", b"\x00\xff", {"base64": b64encode(b"\x00\xff").decode()}),
])  # fmt: skip
async def test_data_is_an_object_whatever_was_sent(api: Api, content_type: str, body: bytes, data: Any) -> None:
    headers = {"Content-Type": content_type}
    reply = await api.call("POST", EVENTS, data=body, headers={**BINARY, **headers})
    assert (reply.status, reply.json["data"]) == (201, data)


@pytest.mark.parametrize(("changes", "data"), [
    ({"data": None}, {}),
    ({"data": [1]}, {"value": [1]}),
    ({"data": "<a/>", "datacontenttype": "text/xml"}, {"value": "<a/>"}),
    ({"data": None, "data_base64": b64encode(b'{"a": 1}').decode(), "datacontenttype": "application/json"}, {"a": 1}),
    ({"data": None, "data_base64": "AP8="}, {"base64": "AP8="}),
])  # fmt: skip
async def test_structured_data_in_every_form(api: Api, changes: dict[str, Any], data: Any) -> None:
    reply = await structured(api, event(**changes))
    assert (reply.status, reply.json["data"]) == (201, data), reply.text


async def test_header_values_are_percent_decoded_once(api: Api) -> None:
    reply = await binary(api, ce_subject="Euro%20%E2%82%AC%20%F0%9F%98%80", ce_quoted='"a \\"b\\" %2541"')
    assert reply.status == 201, reply.text
    assert reply.json["subject"] == "Euro € 😀"
    assert reply.json["attributes"]["quoted"] == 'a "b" %41'


async def test_a_batch_is_answered_with_the_ids_in_order(each: Api) -> None:
    reply = await batch(each, [event(id="1"), event(id="2"), event(id="1")])
    assert reply.status == 201, reply.text
    kept = await on_record(each)
    first, second = (one["id"] for one in kept)
    assert reply.json == {"ids": [first, second, first]}
    assert [one["attributes"]["id"] for one in kept] == ["1", "2"]
    assert (await batch(each, [event(id="2"), event(id="3")])).json["ids"][0] == second
    assert (await batch(each, [])).json == {"ids": []}


async def test_a_batch_is_refused_as_a_whole_with_every_problem(api: Api) -> None:
    reply = await batch(api, [event(), event(id=None, source=""), event(type="job.succeeded"), 7])
    assert reply.status == 422
    assert reply.paths == ["[1].id", "[1].source", "[2].type", "[3]"]
    assert await on_record(api) == []
    assert (await batch(api, {"not": "a list"})).status == 422
    assert (await batch(api, [event(id=str(n)) for n in range(501)])).status == 422


@pytest.mark.parametrize(("changes", "path"), [
    ({"specversion": None}, "specversion"), ({"specversion": "0.3"}, "specversion"), ({"id": None}, "id"),
    ({"id": ""}, "id"), ({"id": 7}, "id"), ({"source": None}, "source"), ({"source": "a b"}, "source"),
    ({"type": None}, "type"), ({"type": "workflow.started"}, "type"), ({"type": 7}, "type"),
    ({"time": "yesterday"}, "time"), ({"time": "2026-01-01T00:00:00"}, "time"), ({"subject": 7}, "subject"),
    ({"dataschema": "a b"}, "dataschema"), ({"Camel": "x"}, "Camel"), ({"ext": {"a": 1}}, "ext"), ({"ext": 1.5}, "ext"),
    ({"data_base64": "AP8="}, "data_base64"), ({"data": None, "data_base64": "no!"}, "data_base64"),
    ({"data": None, "data_base64": "e30g", "datacontenttype": 7}, "datacontenttype"),
    ({"id": "x" * 501}, "id"), ({"source": "/" + "x" * 500}, "source"),
])  # fmt: skip
async def test_a_wrong_event_is_422_by_its_attribute(api: Api, changes: dict[str, Any], path: str) -> None:
    reply = await structured(api, event(**changes))
    assert (reply.status, reply.paths) == (422, [path]), reply.text
    assert (await api.get(EVENTS)).json["items"] == []


@pytest.mark.parametrize(("headers", "paths"), [
    ({"ce_specversion": "absent"}, ["ce-specversion"]), ({"ce_specversion": "2.0"}, ["ce-specversion"]),
    ({"ce_id": "absent", "ce_source": "absent"}, ["ce-id", "ce-source"]), ({"ce_type": "job.dead"}, ["ce-type"]),
    ({"ce_datacontenttype": "text/plain"}, ["ce-datacontenttype"]), ({"ce_subject": "%C0%A0"}, ["ce-subject"]),
    ({"ce_ext": "%00"}, ["ce-ext"]),
])  # fmt: skip
async def test_a_wrong_header_is_422_by_its_name(api: Api, headers: dict[str, str], paths: list[str]) -> None:
    reply = await binary(api, **headers)
    assert (reply.status, reply.paths) == (422, paths), reply.text


async def test_a_header_given_twice_is_refused(api: Api) -> None:
    headers = [*BINARY.items(), ("ce-id", "other")]
    async with api.session.post(api.base + EVENTS, data=b"{}", headers=headers) as response:
        assert response.status == 422
        assert [error["path"] for error in (await response.json())["errors"]] == ["ce-id"]


@pytest.mark.parametrize(("headers", "body", "status"), [
    (STRUCTURED, b"{", 400), (STRUCTURED, b"[]", 422), (BATCH, b"[", 400),
    ({"Content-Type": "application/cloudevents+avro"}, b"x", 415),
    ({"Content-Type": "application/cloudevents-batch+xml"}, b"x", 415),
    ({**BINARY}, b"{", 400), ({**BINARY, "Content-Type": "text/plain"}, b"\xff", 400),
])  # fmt: skip
async def test_what_cannot_be_read(api: Api, headers: dict[str, str], body: bytes, status: int) -> None:
    assert (await api.call("POST", EVENTS, data=body, headers=headers)).status == status


async def test_a_viewer_posts_no_event(api: Api) -> None:
    viewer = await api.key("viewer")
    for kind in (STRUCTURED, BATCH, BINARY):
        reply = await api.call("POST", EVENTS, data=b"{}", headers={**kind, **viewer})
        assert reply.status == 403


async def test_data_that_looks_like_the_engines_own_batches_is_kept_as_it_is(each: Api) -> None:
    data = {"jobs": [1, "two"], "worker": "me"}
    assert (await each.post(EVENTS, {"type": "order.paid", "data": data})).status == 201
    (kept,) = await on_record(each)
    assert kept["data"] == data


async def test_expressions_read_the_attributes(each: Api) -> None:
    document = rule(
        conditions=[
            "event.attributes.source == '/orders'",
            "event.attributes.region == 'eu'",
            "event.data.amount == 9",
        ],
        jobs=[{"kind": "noop", "payload": "{{ event.attributes }}"}],
    )
    await saved(each, document)
    await structured(each, event(id="1", region="us"))
    await structured(each, event(id="2", region="eu"))
    await each.post(EVENTS, {"type": "order.paid", "data": {"amount": 9}})
    plain, met, elsewhere = await fired(each, "rule=big-orders", 3)
    assert [one["verdict"] for one in (plain, met, elsewhere)] == ["not_met", "started", "not_met"]
    assert "missing" in plain["detail"]["conditions"][0]["reason"]
    job = (await each.get(f"/api/v1/jobs/{met['jobs'][0]}")).json
    assert job["payload"] == {"specversion": "1.0", "id": "2", "source": "/orders", "region": "eu"}
