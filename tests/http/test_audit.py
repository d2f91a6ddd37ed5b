"""Who did what: every route that may change something leaves one entry, and nothing else does."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from itertools import pairwise
from typing import Any

import asyncpg
import pytest
from fastapi.routing import APIRoute

from holdfast.http.addresses import networks_of
from holdfast.http.app import ROUTERS, routes_in
from holdfast.http.audit import changes_something
from holdfast.http.callers import rule_of
from holdfast.http.limits import Limits
from holdfast.http.strangers import COUNTED
from holdfast.model.audit import INSTANCE, NewAudit, hash_of
from holdfast.model.errors import Unavailable
from tests.http.serving import Api, serving, workflow
from tests.http.test_access import MOCKS, SIGNED, filled

AUDIT = "/api/v1/audit"
# POSTs that are questions: their rule says so.
QUESTIONS = {
    "/api/v1/workflows/validate",
    "/api/v1/expressions/evaluate",
    "/api/v1/schedules/preview",
    "/api/v1/automation-rules/dry-run",
    "/api/v1/automation-rules/{rule}/dry-run",
}


def routes() -> list[tuple[APIRoute, str]]:
    """Each route of the application with each of its methods."""
    found = [route for router in ROUTERS for route in routes_in(router.routes)]
    assert all(isinstance(route, APIRoute) for route in found)
    return [(route, method) for route in found if isinstance(route, APIRoute) for method in sorted(route.methods or ())]


def is_mutation(route: APIRoute, method: str) -> bool:
    return changes_something(rule_of(route.endpoint), method)


def is_public(route: APIRoute) -> bool:
    rule = rule_of(route.endpoint)
    return rule is not None and rule.role is None


MUTATIONS = [(route, method) for route, method in routes() if is_mutation(route, method) and not is_public(route)]


async def entries(api: Api, tenant: str | None = None) -> list[Any]:
    """What the store has, oldest first."""
    store = api.app.services.store
    return [entry.act for entry in await store.read_audit("default" if tenant is None else tenant, 0, 500)]


async def everything(api: Api) -> list[Any]:
    return [*await entries(api), *await entries(api, INSTANCE)]


async def newest(api: Api, tenant: str | None = None) -> NewAudit:
    return (await entries(api, tenant))[-1]  # type: ignore[no-any-return]


@pytest.fixture
async def root(locked: Api) -> tuple[Api, dict[str, str]]:
    return locked, await locked.key("owner", instance_admin=True)


async def test_each_route_that_may_change_something_leaves_one_entry(root: tuple[Api, dict[str, str]]) -> None:
    """Called with what it refuses or takes: the entry is made by the gateway, whatever the route does."""
    api, key = root
    seen = set()
    for route, method in MUTATIONS:
        before = len(await everything(api))
        reply = await api.call(method, filled(route.path).replace("{", "x").replace("}", "x"), json={}, headers=key)
        assert reply.status != 405, (method, route.path)
        after = await everything(api)
        assert len(after) == before + 1, (method, route.path, reply.status)
        entry = max(after, key=lambda each: each.at)
        assert entry.action.endswith(f".{route.name}"), (method, route.path, entry.action)
        seen.add((method, route.path))
    assert len(seen) > 50
    assert ("POST", "/api/v1/jobs") in seen
    assert ("POST", "/job-engine/jobs") in seen or any("job" in path and "api/v1" not in path for _, path in seen)


async def test_what_only_looks_leaves_none(root: tuple[Api, dict[str, str]]) -> None:
    api, key = root
    for route, method in routes():
        if is_mutation(route, method) or is_public(route) or route.path.endswith(("/stream", "/export")):
            continue
        await api.call(method, filled(route.path).replace("{", "x").replace("}", "x"), headers=key)
    # A key may not ask about a person of its own: that it was denied is recorded.
    assert {entry.outcome for entry in await everything(api)} == {"denied"}
    assert len(await everything(api)) < 5


def test_the_questions_are_these() -> None:
    asked = {
        route.path for route, method in routes() if method not in ("GET", "HEAD") and not is_mutation(route, method)
    }
    assert asked == QUESTIONS


async def test_an_entry_says_who_what_where_and_how_it_came_out(locked: Api) -> None:
    key = await locked.key("operator")
    made = await locked.post("/api/v1/jobs", {"kind": "noop"}, headers={**key, "X-Correlation-Id": "order-7"})
    entry = await newest(locked)
    assert (entry.actor_kind, entry.actor) == ("key", "operator")
    assert entry.actor_id
    assert (entry.action, entry.target) == ("jobs.insert_job", made.json["id"])
    assert (entry.outcome, entry.detail) == ("done", {})
    assert (entry.address, entry.correlation_id) == ("127.0.0.1", "order-7")
    await locked.post(f"/api/v1/jobs/{made.json['id']}/discard", {"no": 1}, headers=key)
    entry = await newest(locked)
    assert (entry.outcome, entry.target, entry.detail) == ("refused", made.json["id"], {"status": 422})


async def test_no_body_is_recorded(api: Api) -> None:
    assert (await api.call("PUT", "/api/v1/secrets/TOKEN", json={"value": "s3cr3t"})).status == 200
    entry = await newest(api)
    assert (entry.action, entry.target, entry.actor_kind) == ("secrets.put_secret", "TOKEN", "local")
    assert "s3cr3t" not in str(entry)


async def test_denied_calls_of_known_callers_are_recorded_even_of_what_only_looks(locked: Api) -> None:
    key = await locked.key("viewer")
    assert (await locked.get("/api/v1/keys", headers=key)).status == 403
    assert (await locked.post("/api/v1/jobs", {"kind": "noop"}, headers=key)).status == 403
    assert [(e.action, e.outcome, e.actor) for e in await entries(locked)] == [
        ("keys.list_keys", "denied", "viewer"),
        ("jobs.insert_job", "denied", "viewer"),
    ]


async def test_strangers_leave_nothing(locked: Api) -> None:
    for path in ("/api/v1/jobs", "/hooks/guess", "/callbacks/guess", "/nowhere"):
        await locked.post(path)
    await locked.post("/api/v1/jobs", headers={"Authorization": "Bearer hf_wrong"})
    assert await entries(locked) == await entries(locked, INSTANCE) == []


async def test_webhooks_leave_firings_and_no_entries(api: Api) -> None:
    created = await api.create(workflow())
    hook = created["triggers"][0]["url"]
    before = len(await entries(api))
    assert (await api.post(hook[hook.index("/hooks/") :])).status == 202
    assert len(await entries(api)) == before


async def test_a_callback_is_recorded_without_its_address(api: Api) -> None:
    document = {"holdfast": 1, "name": "w", "nodes": [{"id": "wait", "type": "wait.callback"}]}
    await api.create(document)
    run = (await api.post("/api/v1/workflows/w/runs")).json["id"]
    callbacks = api.app.services.engine.callbacks
    path = callbacks.url("default", run, "wait").partition("/callbacks/")[2]
    assert (await api.post(f"/callbacks/{path}")).status == 200
    entry = await newest(api)
    assert (entry.action, entry.actor_kind, entry.target) == ("callbacks.call_back", "nobody", f"{run}/wait")
    assert path not in str(entry)


async def test_an_address_of_what_is_over_or_gone_fills_no_log(api: Api) -> None:
    services = api.app.services
    for tenant in ("default", "taken-away"):
        run = services.engine.entropy.new_id(services.now())
        path = services.engine.callbacks.url(tenant, run, "wait").partition("/callbacks/")[2]
        before = len(await entries(api, tenant))
        assert (await api.post(f"/callbacks/{path}")).status == 404
        assert len(await entries(api, tenant)) == before


async def test_what_concerns_the_instance_stands_in_its_own_log(root: tuple[Api, dict[str, str]]) -> None:
    api, key = root
    assert (await api.post("/api/v1/tenants", {"name": "acme"}, headers=key)).status == 201
    assert [e.action for e in await entries(api, INSTANCE)] == ["tenants.create_tenant"]
    assert await entries(api) == []


async def test_what_is_done_in_another_tenant_stands_in_its_log(root: tuple[Api, dict[str, str]]) -> None:
    api, key = root
    acme = (await api.post("/api/v1/tenants", {"name": "acme"}, headers=key)).json["id"]
    wanted = {"name": "ci", "role": "viewer", "tenant": acme}
    made = await api.post("/api/v1/keys", wanted, headers=key)
    await api.call("DELETE", f"/api/v1/keys/{made.json['id']}", params={"tenant": acme}, headers=key)
    assert [(e.action, e.target) for e in await entries(api, acme)] == [
        ("keys.create_key", made.json["id"]),
        ("keys.revoke_key", made.json["id"]),
    ]
    assert await entries(api) == []
    await api.get("/api/v1/keys", params={"tenant": acme}, headers=key)
    assert len(await entries(api, acme)) == 2


async def test_signing_in_is_recorded_whatever_comes_of_it(api: Api) -> None:
    owner = {"email": "ada@example.com", "password": "correct horse battery"}
    assert (await api.post("/api/v1/setup", {**owner, "name": "Ada"})).status == 201
    assert (await api.post("/api/v1/session", owner)).status == 200
    assert (await api.post("/api/v1/session", {**owner, "password": "wrong"})).status == 401
    found = [(e.action, e.actor, e.target, e.outcome) for e in await everything(api)]
    assert found == [
        ("session.set_up", "ada@example.com", "ada@example.com", "done"),
        ("session.sign_in", "ada@example.com", "ada@example.com", "done"),
        ("session.sign_in", "", "ada@example.com", "denied"),
    ]
    assert "correct horse" not in str(await everything(api))


def test_what_anybody_may_call_is_counted_by_address() -> None:
    """But for questions to the mocks, which exist on this machine only, and callbacks, of which guesses are counted."""
    free = {
        route.path
        for route, method in routes()
        if is_public(route) and is_mutation(route, method) and COUNTED not in route.dependencies
    }
    assert {path for path in free if not path.startswith(MOCKS)} == SIGNED


async def test_a_proxy_tells_the_address() -> None:
    async with serving(limits=Limits(0, networks_of(["127.0.0.1"])), local=False) as api:
        key = await api.key("operator")
        headers = {**key, "X-Forwarded-For": "6.6.6.6, 198.51.100.7"}
        await api.post("/api/v1/jobs", {"kind": "noop"}, headers=headers)
        assert (await newest(api)).address == "198.51.100.7"


async def test_what_cant_be_recorded_is_not_answered_as_done(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.app.services.engine.audit, "_batcher", _Refusing())
    reply = await api.post("/api/v1/jobs", {"kind": "noop"})
    assert (reply.status, reply.headers["Retry-After"]) == (503, "2")
    assert reply.json["title"] == "Unavailable"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert (await api.get("/api/v1/jobs")).status == 200


class _Refusing:
    async def submit(self, _act: NewAudit) -> None:
        raise Unavailable("the store is away")


async def test_the_log_is_listed_newest_first_in_pages_and_filtered(api: Api) -> None:
    for number in range(5):
        await api.call("PUT", f"/api/v1/secrets/S{number}", json={"value": "v"})
    await api.call("DELETE", "/api/v1/secrets/NONE")
    page = (await api.get(AUDIT, params={"limit": 4})).json
    assert [item["target"] for item in page["items"]] == ["NONE", "S4", "S3", "S2"]
    rest = (await api.get(AUDIT, params={"limit": 4, "cursor": page["next"]})).json
    assert ([item["target"] for item in rest["items"]], rest["next"]) == (["S1", "S0"], None)
    first = rest["items"][-1]
    assert first["actor"] == {"kind": "local", "id": "local", "name": "local"}
    assert (first["seq"], first["outcome"], len(first["hash"])) == (1, "done", 64)
    for wanted, count in (
        ({"outcome": "refused"}, 1),
        ({"action": "secrets.*"}, 6),
        ({"action": "secrets.put_secret", "target": "S1"}, 1),
        ({"actor": "nobody"}, 0),
        ({"since": "2999-01-01T00:00:00Z"}, 0),
        ({"before": "2999-01-01T00:00:00Z"}, 6),
    ):
        assert len((await api.get(AUDIT, params=wanted)).json["items"]) == count, wanted


@pytest.mark.parametrize("query", [{"since": "soon"}, {"outcome": "odd"}, {"cursor": "nonsense"}, {"who": "me"}])
async def test_a_question_that_is_none_is_refused(api: Api, query: dict[str, str]) -> None:
    assert (await api.get(AUDIT, params=query)).status == 422


async def test_an_export_is_the_whole_chain_and_stands_in_the_log(api: Api) -> None:
    for number in range(130):
        await api.call("DELETE", f"/api/v1/secrets/S{number}")
    reply = await api.get(f"{AUDIT}/export")
    assert reply.headers["Content-Type"].startswith("application/x-ndjson")
    assert reply.headers["Content-Disposition"] == 'attachment; filename="audit-default.ndjson"'
    lines = [json.loads(line) for line in reply.text.splitlines()]
    assert [line["seq"] for line in lines] == list(range(1, 131))
    assert all(line["previous"] == before["hash"] for before, line in pairwise(lines))
    entry = await newest(api)
    assert (entry.action, entry.detail) == ("audit.export_audit", {"up_to": 130})
    filtered = (await api.get(f"{AUDIT}/export", params={"target": "S7"})).text.splitlines()
    assert [json.loads(line)["target"] for line in filtered] == ["S7"]


async def test_an_exported_line_proves_its_hash(api: Api) -> None:
    await api.call("DELETE", "/api/v1/secrets/S")
    line = json.loads((await api.get(f"{AUDIT}/export")).text)
    kept = (await api.app.services.store.read_audit("default", 0, 1))[0]
    assert line["hash"] == hash_of(line["seq"], kept.act, bytes.fromhex(line["previous"])).hex()


async def test_a_check_tells_where_a_chain_was_changed(each: Api, store_url: str) -> None:
    for number in range(4):
        await each.call("DELETE", f"/api/v1/secrets/S{number}")
    sound = (await each.get(f"{AUDIT}/check")).json
    assert (sound["intact"], sound["broken_at"], sound["entries"]) == (True, None, 4)
    await tamper(store_url)
    assert (await each.get(f"{AUDIT}/check")).json["broken_at"] == 3


async def tamper(url: str) -> None:
    """Changes what the third entry says, in the database itself."""
    statement = "UPDATE audit SET target = 'elsewhere' WHERE tenant_id = 'default' AND seq = 3"
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file, file:
            file.execute(statement)
        return
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def test_the_log_is_for_admins_and_others_logs_for_those_of_the_instance(locked: Api) -> None:
    editor, admin = await locked.key("editor"), await locked.key("admin")
    root = await locked.key("owner", instance_admin=True)
    other = (await locked.post("/api/v1/tenants", {"name": "acme"}, headers=root)).json["id"]
    for path in ("", "/check", "/export"):
        assert (await locked.get(AUDIT + path, headers=editor)).status == 403
        assert (await locked.get(AUDIT + path, headers=admin)).status == 200
        for tenant in (other, ""):
            query = {"tenant": tenant}
            assert (await locked.get(AUDIT + path, headers=admin, params=query)).status == 403
            assert (await locked.get(AUDIT + path, headers=root, params=query)).status == 200
        assert (await locked.get(AUDIT + path, headers=root, params={"tenant": "none"})).status == 404
    instance = (await locked.get(AUDIT, headers=root, params={"tenant": ""})).json["items"]
    assert instance[-1]["action"] == "tenants.create_tenant"
