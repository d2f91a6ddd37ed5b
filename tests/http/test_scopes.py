"""Every route, by the table of routes: what a key with other scopes, or a role below the one needed, may not do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from fastapi.routing import APIRoute

from holdfast.http.app import ROUTERS, routes_in
from holdfast.http.auth import Role, Rule, needs, rule_of
from holdfast.http.scopes import scope_of
from tests.http.people import browsing, owner
from tests.http.serving import Api
from tests.http.test_access import filled

# It goes on for ever once it is let in.
STREAM = "/api/v1/events/stream"


class Call(NamedTuple):
    method: str
    path: str
    rule: Rule
    scope: str


def calls() -> Iterator[Call]:
    """Each method of each route that isn't public."""
    for router in ROUTERS:
        for route in routes_in(router.routes):
            assert isinstance(route, APIRoute)
            rule = rule_of(route.endpoint)
            assert rule is not None
            if rule.role is not None:
                for method in sorted(route.methods or ()):
                    yield Call(method, filled(route.path), rule, scope_of(route, method, rule.scope))


CALLS = sorted(set(calls()), key=lambda call: (call.path, call.method))
SCOPED = [call for call in CALLS if call.rule.is_scoped]


async def made(locked: Api, call: Call, headers: dict[str, str]) -> tuple[int, str]:
    reply = await locked.call(call.method, call.path, headers=headers)
    return reply.status, reply.json.get("detail", "") if reply.status >= 400 else ""


async def test_a_key_with_no_scope_may_do_nothing(locked: Api) -> None:
    key = await locked.key("owner", instance_admin=True, scopes=frozenset())
    for call in SCOPED:
        status, detail = await made(locked, call, key)
        assert (status, detail) == (403, f"This needs the scope {call.scope}, which this key doesn't have."), call
    for call in set(CALLS) - set(SCOPED):
        status, _ = await made(locked, call, key)
        expected = 200 if (call.method, call.path) == ("GET", "/api/v1/session") else 403
        assert status == expected, call


async def test_a_key_may_do_what_its_scope_says_and_nothing_else(locked: Api) -> None:
    for scope in sorted({call.scope for call in SCOPED}):
        key = await locked.key("owner", instance_admin=True, scopes=frozenset({scope}))
        let_in = next((call for call in SCOPED if call.scope == scope and call.path != STREAM), None)
        assert let_in is not None, scope
        assert (await made(locked, let_in, key))[0] not in (401, 403), let_in
        shut_out = next(call for call in SCOPED if call.scope != scope)
        assert (await made(locked, shut_out, key))[0] == 403, shut_out


async def test_the_role_below_the_one_needed_is_refused(locked: Api) -> None:
    keys = {role: await locked.key(role.text) for role in Role}
    roles = [call for call in SCOPED if not call.rule.instance_admin]
    assert {call.rule.role for call in roles} >= {Role.VIEWER, Role.OPERATOR, Role.EDITOR, Role.ADMIN}
    for call in roles:
        needed = call.rule.role
        assert needed is not None
        if needed is not Role.VIEWER:
            status, detail = await made(locked, call, keys[Role(needed - 1)])
            told = f"This needs the role {needed.text}; you have {Role(needed - 1).text}."
            assert (status, detail) == (403, told), call
        if call.path != STREAM:
            assert (await made(locked, call, keys[needed]))[0] not in (401, 403), call


async def test_what_belongs_to_the_instance_is_refused_to_the_owners_of_tenants(locked: Api) -> None:
    key = await locked.key("owner")
    instances = [call for call in SCOPED if call.rule.instance_admin]
    assert instances
    for call in instances:
        assert await made(locked, call, key) == (403, "This needs an admin of the instance."), call


def test_nothing_but_lists_and_looks_is_a_viewers_to_write() -> None:
    """A route that changes something and that viewers may call is written down here, with why."""
    open_to_viewers = {
        call.path for call in SCOPED
        if call.rule.role is Role.VIEWER and not call.rule.instance_admin and call.scope.endswith(":write")
    }  # fmt: skip
    # Whom an approval names may be a viewer; the route itself asks for an operator otherwise.
    assert open_to_viewers == {f"/api/v1/runs/{filled('{run_id}')}/signals/swagger-ui.css"}


def test_what_only_reads_says_so() -> None:
    named = {(call.path, call.scope) for call in SCOPED if call.rule.scope is not None}
    assert {scope.partition(":")[2] for _, scope in named} == {"read"}
    assert "/api/v1/workflows/validate" in {path for path, _ in named}


async def test_unknown_scopes_are_told_with_those_that_exist(api: Api) -> None:
    known = (await api.get("/api/v1/keys/scopes")).json["items"]
    assert known == sorted({call.scope for call in SCOPED})
    assert {"jobs:write", "runs:read", "dead-letters:write", "automation-rules:read"} <= set(known)
    body = {"name": "x", "role": "viewer", "scopes": ["jobs:write", "jobs:dance"]}
    refused = await api.post("/api/v1/keys", body)
    assert (refused.status, refused.paths) == (422, ["scopes"])
    assert all(scope in refused.json["errors"][0]["message"] for scope in known)
    assert (await api.get("/api/v1/keys")).json["items"] == []


async def test_a_narrowed_key_gives_no_more_than_it_has(locked: Api) -> None:
    key = await locked.key("admin", scopes=frozenset({"keys:write", "runs:read"}))
    for scopes in (None, ["jobs:write"], ["runs:read", "jobs:read"]):
        body = {"name": "x", "role": "viewer", **({} if scopes is None else {"scopes": scopes})}
        assert (await locked.post("/api/v1/keys", body, headers=key)).status == 403
    given = await locked.post("/api/v1/keys", {"name": "x", "role": "viewer", "scopes": ["runs:read"]}, headers=key)
    assert (given.status, given.json["scopes"]) == (201, ["runs:read"])


async def test_a_narrowed_owners_key_is_no_admin_of_the_instance(api: Api) -> None:
    narrowed = await api.post("/api/v1/keys", {"name": "x", "role": "owner", "scopes": ["tenants:read"]})
    header = {"Authorization": f"Bearer {narrowed.json['key']}"}
    assert (await api.get("/api/v1/tenants", headers=header)).status == 403


async def test_roles_of_people_are_those_of_keys(locked: Api) -> None:
    """The guard asks the same of both: one look from each side is enough."""
    await owner(locked)
    async with browsing(locked) as ada:
        await ada.sign_in()
        assert (await ada.get("/api/v1/session")).json["scopes"] is None
        assert (await ada.get("/api/v1/keys")).status == 200
        assert (await ada.get("/api/v1/workers")).status == 200


@pytest.mark.parametrize("scope", [None, "runs:read"])
def test_a_rule_may_name_its_scope(scope: str | None) -> None:
    async def endpoint() -> None: ...

    rule = rule_of(needs(Role.VIEWER, scope=scope)(endpoint))
    assert rule is not None
    assert scope_of(type("R", (), {"tags": ["dead letters"]}), "POST", rule.scope) == (scope or "dead-letters:write")
