"""Nothing of a tenant is reached by another one's owner: every route of the API is called with ids of real things.

Routes are walked as they are registered. One with a path parameter that no thing here has a name for, one that changes
something and isn't listed here, and any answer but 404 where nothing else is said, fail.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

import pytest

from holdfast.http import auth
from holdfast.http.app import ROUTERS
from holdfast.http.auth import Rule, rule_of
from holdfast.http.query import names_of
from holdfast.stores.postgres.sql import runs as runs_sql
from tests.http.neighbours import WORKED, Neighbours, neighbours
from tests.http.serving import UNLIMITED, serving
from tests.http.triggering import rule

_V1: Final = "/api/v1"
_FLOW: Final = {"holdfast": 1, "name": "beta-flow", "nodes": [{"id": "only", "type": "noop"}]}
_DIALECT_RULE: Final = {"name": "beta", "trigger_type": "time", "schedule": "0 7 * * *", "actions": []}

# Routes that anybody may call, whose parameter names no tenant's thing: a page, or a token that proves itself.
OPEN: Final = {"/callbacks/{token}", "/docs/{name}", "/app/{path:path}"}
# What a route's body must be to come as far as looking for the thing; {} for others.
BODIES: Final[dict[str, Any]] = {
    f"PUT {_V1}/workflows/{{workflow}}": _FLOW,
    "PUT /workflows/{workflow}": _FLOW,
    f"PATCH {_V1}/workflows/{{workflow}}": {"enabled": False},
    f"PUT {_V1}/automation-rules/{{rule}}": rule("beta-rule"),
    f"PATCH {_V1}/automation-rules/{{rule}}": {"enabled": False},
    f"POST {_V1}/schedules/{{row}}/backfills": {"from": "2020-01-01T00:00:00Z", "to": "2021-01-01T00:00:00Z"},
    f"PATCH {_V1}/event-subscriptions/{{subscription_id}}": {"enabled": False},
    f"PATCH {_V1}/users/{{user_id}}": {"role": "viewer"},
    f"POST {_V1}/jobs/{{job_id}}/discard": {"reason": "mine"},
    f"POST {_V1}/dead-letters/{{job_id}}/discard": {"reason": "mine"},
    f"PUT {_V1}/secrets/{{name}}": {"value": "beta value"},
    f"PATCH {_V1}/queues/{{queue}}": {"paused": True},
    f"PATCH {_V1}/tenants/{{tenant}}": {"weight": 9},
    "POST /events/{event_type}": {"n": 1},
}
# Names that mean the caller's own, or the instance's: answered, without anything of the other tenant's.
OWN: Final = {
    f"PUT {_V1}/secrets/{{name}}": {200, 201},
    f"GET {_V1}/queues/{{queue}}": {200},
    # Their own secret of that name is a text.
    f"POST {_V1}/secrets/{{name}}/test": {404, 422},
    "POST /events/{event_type}": {200, 201, 202},
}
# Where a parameter's name means another thing than elsewhere.
NAMED: Final[dict[str, Any]] = {
    f"{_V1}/secrets/{{name}}": {"name": "ALPHA_TOKEN"},
    f"{_V1}/triggers/{{row}}": "hook",
    f"{_V1}/dead-letters/{{job_id}}": "dead",
}
# What changes something without naming a thing: it makes the caller's own, which its own tests say.
MAKES: Final = {
    f"{_V1}/workflows", f"{_V1}/workflows/validate", f"{_V1}/expressions/evaluate", f"{_V1}/schedules/preview",
    f"{_V1}/automation-rules", f"{_V1}/automation-rules/dry-run", f"{_V1}/jobs", f"{_V1}/jobs/batch",
    f"{_V1}/jobs/bulk", f"{_V1}/dead-letters/replay", f"{_V1}/tenants", f"{_V1}/events", f"{_V1}/event-subscriptions",
    f"{_V1}/keys", f"{_V1}/setup", f"{_V1}/session", f"{_V1}/session/openid", f"{_V1}/sessions", f"{_V1}/account",
    f"{_V1}/account/password", f"{_V1}/account/totp", f"{_V1}/account/totp/confirm", f"{_V1}/invites",
    f"{_V1}/invites/look", f"{_V1}/invites/accept", f"{_V1}/service-accounts", "/workflows", "/jobs",
    "/automation-rules", "/api/workflow",
}  # fmt: skip
STREAMS: Final = {f"{_V1}/events/stream"}
# Query parameters that name things, and whose ids they take.
QUERIED: Final = {
    "run": "run_id", "job": "job_id", "workflow": "workflow", "rule": "rule", "trigger": "row", "backfill": "backfill",
    "tenant": "tenant",
}  # fmt: skip
NOTHING: Final = {
    "limit", "cursor", "state", "test", "queue", "kind", "attempt", "verdict", "version", "message", "expect", "count",
    "after", "type", "window", "grace", "actor", "action", "target", "outcome", "since", "before",
}  # fmt: skip


@pytest.fixture
async def there(store_url: str, logs: list[Any]) -> AsyncIterator[Neighbours]:
    async with serving(url=store_url, queues=(WORKED,), limits=UNLIMITED) as api:
        yield await neighbours(api, store_url)


def routes() -> Iterator[tuple[str, str, Rule, Any]]:
    """Method, path, rule and route of everything that asks for a caller."""
    for router in ROUTERS:
        for route in router.routes:
            rule_ = rule_of(getattr(route, "endpoint", None))
            path, methods = getattr(route, "path", ""), getattr(route, "methods", None) or ()
            assert rule_ is not None, path
            if rule_.role is None:
                assert "{" not in path or path in OPEN, f"{path} is open to all and names something"
                continue
            for method in sorted(set(methods) - {"HEAD"}):
                yield method, path, rule_, route


def filled(path: str, there: Neighbours) -> str:
    ids = dict(there.ids)
    for prefix, named in NAMED.items():
        if path.startswith(prefix):
            ids |= named if isinstance(named, dict) else {prefix.rpartition("{")[2].rstrip("}"): ids[named]}
    ids |= {"queue": "default", "event_type": "beta.told"}
    return re.sub(r"\{(\w+)(:\w+)?\}", lambda found: ids[found[1]], path)


def clean(text: str, there: Neighbours, *sent: str) -> bool:
    """Whether an answer holds nothing of A's but what was sent."""
    for each in sorted(sent, key=len, reverse=True):
        text = text.replace(each, "")
    leaked = [mark for mark in there.marks if mark in text]
    assert not leaked, (leaked, text[:500])
    return True


async def test_no_route_reaches_a_thing_of_another_tenant(there: Neighbours) -> None:
    before, asked = await there.settled(), 0
    # Deletions first: what the stranger makes under the same name is theirs to delete.
    for method, path, rule_, _ in sorted(routes(), key=lambda each: each[0] != "DELETE"):
        if "{" not in path:
            continue
        call = f"{method} {path}"
        address = filled(path, there)
        headers = there.person if rule_.personal else there.stranger
        body = None if method in ("GET", "DELETE") else BODIES.get(call, {})
        reply = await there.api.call(method, address, headers=headers, **({} if body is None else {"json": body}))
        expected = {403} if rule_.instance_admin else OWN.get(call, {404})
        assert reply.status in expected, (call, reply.status, reply.text[:500])
        assert clean(reply.text, there, *address.split("/")), call
        asked += 1
    assert asked > 70
    assert await there.everything() == before


async def test_names_of_another_tenants_things_are_unknown_too(there: Neighbours) -> None:
    there.ids |= {"workflow": "alpha-flow", "rule": "alpha-rule"}
    for method, path, _, _ in routes():
        if method == "GET" and ("{workflow}" in path or "{rule}" in path):
            reply = await there.api.get(filled(path, there), headers=there.stranger)
            assert reply.status == 404, (path, reply.text[:300])


async def test_no_list_shows_anything_of_another_tenant(there: Neighbours) -> None:
    """Nor does any of them with an id of it in a parameter."""
    for method, path, rule_, route in routes():
        if "{" in path or path in STREAMS:
            continue
        if method != "GET":
            assert path in MAKES, f"{method} {path} changes something and isn't known here"
            continue
        headers = there.person if rule_.personal else there.stranger
        plain = await there.api.get(path, headers=headers)
        assert plain.status == (403 if rule_.instance_admin else 200) or _lacks(plain.text), (path, plain.text[:300])
        assert clean(plain.text, there), path
        for name in names_of(route):
            assert name in QUERIED or name in NOTHING, f"{path}?{name}= isn't known here"
            if name in QUERIED:
                value = there.ids[QUERIED[name]]
                reply = await there.api.get(f"{path}?{name}={value}", headers=headers)
                assert reply.status in (200, 403, 404, 422), (path, name, reply.text[:300])
                assert clean(reply.text, there, value), (path, name)


def _lacks(text: str) -> bool:
    """A list that must be told what of."""
    return '"status":422' in text


@pytest.mark.parametrize(("path", "body", "statuses"), [
    ("/jobs", {"kind": "noop", "tenant_id": "tenant"}, {404}),
    ("/jobs/batch", {"jobs": [{"kind": "noop", "tenant_id": "tenant"}]}, {404}),
    ("/jobs/bulk", {"action": "cancel", "filter": {"ids": ["job_id"]}}, {200, 404}),
    ("/jobs/bulk", {"action": "cancel", "filter": {"run": "run_id"}}, {200, 404}),
    ("/jobs/bulk", {"action": "retry", "filter": {"ids": ["dead"]}}, {200, 404}),
    ("/dead-letters/replay", {"filter": {"ids": ["dead"]}}, {200, 404}),
    ("/keys", {"name": "mine", "role": "viewer", "tenant": "tenant"}, {403, 404}),
    ("/keys", {"name": "mine", "role": "viewer", "service_account": "account_id"}, {404, 422}),
    ("/invites", {"email": "b@example.com", "role": "viewer", "tenant": "tenant"}, {403, 404}),
    ("/expressions/evaluate", {"source": "input", "as": "expression", "run": "run_id"}, {404}),
])  # fmt: skip
async def test_no_body_names_a_thing_of_another_tenant(
    there: Neighbours, path: str, body: Any, statuses: set[int]
) -> None:
    before = await there.settled()
    sent = _with_ids(body, there)
    reply = await there.api.post(_V1 + path, sent, headers=there.stranger)
    assert reply.status in statuses, reply.text
    if reply.status == 200:
        assert (reply.json["matched"], reply.json["changed"]) == (0, 0)
    assert clean(reply.text, there, *there.ids.values())
    assert await there.everything() == before


def _with_ids(body: Any, there: Neighbours) -> Any:
    match body:
        case dict():
            return {name: _with_ids(value, there) for name, value in body.items()}
        case list():
            return [_with_ids(value, there) for value in body]
        case str():
            return there.ids.get(body, body)
    return body


async def test_a_person_cant_choose_a_tenant_that_isnt_theirs(there: Neighbours) -> None:
    reply = await there.api.call("PATCH", f"{_V1}/session", json={"tenant": there.ids["tenant"]}, headers=there.person)
    assert reply.status in (403, 404), reply.text
    assert (await there.api.get(f"{_V1}/session", headers=there.person)).json["tenant"]["id"] != there.ids["tenant"]


@pytest.mark.parametrize("query", ["", "run_id", "job_id"])
async def test_the_stream_tells_nothing_of_another_tenant(there: Neighbours, query: str) -> None:
    named = f"?{query.removesuffix('_id')}={there.ids[query]}" if query else ""
    heard = b""
    async with there.api.session.get(f"{there.api.base}{_V1}/events/stream{named}", headers=there.stranger) as stream:
        if stream.status == 404:
            return
        assert stream.status == 200
        for who in (there.owner, there.stranger):
            run = f"{_V1}/runs/{there.ids['run_id']}/pause" if who is there.owner else f"{_V1}/events"
            told = await there.api.post(run, {"type": "beta.told"} if who is there.stranger else {}, headers=who)
            assert told.status in (200, 201, 202), told.text
        if query:
            # What it would tell is of the other tenant alone, so nothing comes: a comment ends the wait.
            heard = await asyncio.wait_for(stream.content.readuntil(b"\n\n"), 30)
        else:
            while b"beta.told" not in heard:
                heard += await asyncio.wait_for(stream.content.readany(), 20)
    assert clean(heard.decode(), there)


async def test_a_statement_that_forgot_its_tenant_gives_nothing_to_a_caller(
    postgres_url: str, logs: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    forgotten = runs_sql.GET.replace("r.tenant_id = $2", "$2::text IS NOT NULL")
    async with serving(url=postgres_url, queues=(WORKED,), limits=UNLIMITED) as api:
        there = await neighbours(api, postgres_url)
        address = f"{_V1}/runs/{there.ids['run_id']}"
        monkeypatch.setattr(runs_sql, "GET", forgotten)
        assert (await api.get(address, headers=there.stranger)).status == 404
        assert (await api.get(address, headers=there.owner)).status == 200
        monkeypatch.setattr(auth, "read_for", lambda _: None)
        assert (await api.get(address, headers=there.stranger)).status == 200, "it is the net that held"
