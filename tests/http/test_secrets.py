"""Secrets over HTTP: they go in, and no answer, list, error or log line gives one back."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.ports import NewTenant
from tests.http.serving import Api, Reply

SECRETS = "/api/v1/secrets"
VALUE = "s3cr3t-value"


async def put(api: Api, name: str, body: Any, **options: Any) -> Reply:
    return await api.call("PUT", f"{SECRETS}/{name}", json=body, **options)


async def test_a_secret_is_set_replaced_listed_and_deleted(each: Api) -> None:
    made = await put(each, "STRIPE_KEY", {"value": VALUE})
    assert (made.status, made.json["hosts"]) == (200, None)
    replaced = await put(each, "STRIPE_KEY", {"value": f"{VALUE}-2"})
    assert (replaced.status, replaced.json["created_at"]) == (200, made.json["created_at"])
    assert (await put(each, "ANOTHER", {"value": "x"})).status == 200
    listed = (await each.get(SECRETS)).json
    assert [secret["name"] for secret in listed["items"]] == ["ANOTHER", "STRIPE_KEY"]
    first = (await each.get(f"{SECRETS}?limit=1")).json
    second = (await each.get(f"{SECRETS}?limit=1&cursor={first['next']}")).json
    assert first["items"] + second["items"] == listed["items"]
    assert await each.app.services.engine.secrets.values("default", ["STRIPE_KEY"]) == {"STRIPE_KEY": f"{VALUE}-2"}
    assert (await each.call("DELETE", f"{SECRETS}/STRIPE_KEY")).status == 204
    assert (await each.call("DELETE", f"{SECRETS}/STRIPE_KEY")).status == 404
    assert [secret["name"] for secret in (await each.get(SECRETS)).json["items"]] == ["ANOTHER"]


async def test_nothing_gives_a_value_back(api: Api, logs: list[Any]) -> None:
    replies = [
        await put(api, "KEY", {"value": VALUE}),
        await put(api, "KEY", {"value": VALUE}),
        await put(api, "not-a-name", {"value": VALUE}),
        await put(api, "KEY", {"value": VALUE, "more": VALUE}),
        await put(api, "KEY", {"value": [VALUE]}),
        await put(api, "KEY", VALUE),
        await api.get(SECRETS),
        await api.get(f"{SECRETS}/KEY"),
        await api.get("/api/v1/events"),
        await api.call("DELETE", f"{SECRETS}/KEY"),
    ]
    assert [reply.status for reply in replies] == [200, 200, 422, 422, 422, 422, 200, 405, 200, 204]
    assert not any(VALUE in reply.text for reply in replies)
    assert VALUE not in str(logs)


@pytest.mark.parametrize(("name", "body", "path"), [
    ("KEY", {}, "value"),
    ("KEY", {"value": ""}, "value"),
    ("KEY", {"value": None}, "value"),
    ("KEY", {"value": 7}, "value"),
    ("KEY", {"value": "a" * 65_537}, "value"),
    ("KEY", {"value": "ä" * 40_000}, "value"),
    ("KEY", {"value": "a\0b"}, "value"),
    ("KEY", {"values": "a"}, "values"),
    ("1KEY", {"value": "a"}, "name"),
    ("KEY%20", {"value": "a"}, "name"),
    ("K" * 65, {"value": "a"}, "name"),
])  # fmt: skip
async def test_a_wrong_secret_is_422(api: Api, name: str, body: Any, path: str) -> None:
    reply = await put(api, name, body)
    assert reply.status == 422, reply.text
    assert path in reply.paths
    assert (await api.get(SECRETS)).json["items"] == []


async def test_editors_set_them_viewers_see_their_names_and_no_other_tenant_does(locked: Api) -> None:
    editor, operator, viewer = [await locked.key(role) for role in ("editor", "operator", "viewer")]
    engine = locked.app.services.engine
    await engine.store.create_tenant(NewTenant("another", "another"), engine.clock.now())
    theirs = await locked.key("owner", tenant="another")
    assert (await put(locked, "KEY", {"value": VALUE})).status == 401
    assert (await put(locked, "KEY", {"value": VALUE}, headers=operator)).status == 403
    assert (await put(locked, "KEY", {"value": VALUE}, headers=editor)).status == 200
    assert len((await locked.get(SECRETS, headers=viewer)).json["items"]) == 1
    assert (await locked.get(SECRETS, headers=theirs)).json["items"] == []
    assert (await locked.call("DELETE", f"{SECRETS}/KEY", headers=theirs)).status == 404
    assert (await locked.call("DELETE", f"{SECRETS}/KEY", headers=operator)).status == 403
    assert (await locked.call("DELETE", f"{SECRETS}/KEY", headers=editor)).status == 204


async def test_where_it_may_go_is_changed_with_its_value_alone(each: Api) -> None:
    body = {"value": VALUE, "hosts": ["API.example.com", "*.example.org"], "kinds": ["http.request"]}
    made = (await put(each, "KEY", {**body, "description": "For the shop"})).json
    bound = {"hosts": ["api.example.com", "*.example.org"], "kinds": ["http.request"], "description": "For the shop"}
    assert {name: made[name] for name in bound} == bound
    assert (await put(each, "KEY", {"hosts": None})).paths == ["value"]
    renewed = (await put(each, "KEY", {"value": f"{VALUE}-2"})).json
    assert {name: renewed[name] for name in bound} == bound
    opened = (await each.app.services.engine.secrets.opened("default", ["KEY"]))["KEY"]
    assert (opened.value, opened.hosts) == (f"{VALUE}-2", ("api.example.com", "*.example.org"))
    freed = (await put(each, "KEY", {"value": VALUE, "hosts": None, "kinds": None})).json
    assert (freed["hosts"], freed["kinds"], freed["type"], freed["fields"]) == (None, None, "text", {})


@pytest.mark.parametrize(("body", "path"), [
    ({"hosts": []}, "hosts"),
    ({"hosts": ["https://api.example.com"]}, "hosts[0]"),
    ({"hosts": ["a.example", "a.example:443"]}, "hosts[1]"),
    ({"hosts": ["*"]}, "hosts[0]"),
    ({"hosts": "a.example"}, "hosts"),
    ({"hosts": [f"a{number}" for number in range(51)]}, "hosts"),
    ({"kinds": ["not a kind"]}, "kinds[0]"),
    ({"kinds": ["a*b"]}, "kinds[0]"),
    ({"kinds": ["task:anything", "other.*", "http.requst"]}, "kinds[2]"),
    ({"kinds": []}, "kinds"),
    ({"description": "a" * 501}, "description"),
])  # fmt: skip
async def test_a_wrong_bound_is_422(api: Api, body: Any, path: str) -> None:
    reply = await put(api, "KEY", {"value": VALUE, **body})
    assert (reply.status, reply.paths) == (422, [path]), reply.text
