"""Tenants over HTTP: made and changed by admins of the instance, each with keys of its own and nothing of another's."""

from __future__ import annotations

from typing import Any

import pytest

from tests.http.serving import Api
from tests.http.test_job_control import JOBS
from tests.support.waiting import eventually

TENANTS, KEYS = "/api/v1/tenants", "/api/v1/keys"


async def test_the_first_tenant_is_default(each: Api) -> None:
    (tenant,) = (await each.get(TENANTS)).json["items"]
    assert (tenant["id"], tenant["weight"], tenant["max_running"]) == ("default", 1.0, None)
    assert (await each.get(f"{TENANTS}/default")).json == tenant
    assert (await each.get(f"{TENANTS}/acme")).status == 404
    assert (await each.get(f"{TENANTS}/%00")).status == 404


async def test_a_tenant_is_made_changed_and_listed(each: Api) -> None:
    body = {"name": "acme", "weight": 2, "max_running": 50, "attributes": {"plan": "pro"}, "retention": {"DEAD": "90d"}}
    made = await each.post(TENANTS, body)
    assert made.status == 201, made.text
    for name, value in body.items():
        assert made.json[name] == value
    assert (await each.post(TENANTS, body)).status == 409
    path = f"{TENANTS}/{made.json['id']}"
    changed = await each.call("PATCH", path, json={"max_running": None, "weight": 0.5})
    assert (changed.json["max_running"], changed.json["weight"]) == (None, 0.5)
    assert changed.json["attributes"] == {"plan": "pro"}
    assert (await each.call("PATCH", path, json={"name": "default"})).status == 409
    assert (await each.call("PATCH", f"{TENANTS}/none", json={"weight": 1})).status == 404
    first = (await each.get(f"{TENANTS}?limit=1")).json
    second = (await each.get(f"{TENANTS}?limit=1&cursor={first['next']}")).json
    assert {tenant["name"] for tenant in first["items"] + second["items"]} == {"default", "acme"}


@pytest.mark.parametrize(("body", "path"), [
    ({}, "name"),
    ({"name": ""}, "name"),
    ({"name": "x", "weight": 0}, "weight"),
    ({"name": "x", "weight": -1}, "weight"),
    ({"name": "x", "weight": "2"}, "weight"),
    ({"name": "x", "max_running": 0}, "max_running"),
    ({"name": "x", "attributes": []}, "attributes"),
    ({"name": "x", "retention": {"PENDING": "1d"}}, "retention.PENDING"),
    ({"name": "x", "id": "y"}, "id"),
])  # fmt: skip
async def test_a_wrong_tenant_is_422(api: Api, body: dict[str, Any], path: str) -> None:
    reply = await api.post(TENANTS, body)
    assert (reply.status, reply.paths) == (422, [path])
    assert len((await api.get(TENANTS)).json["items"]) == 1


async def test_a_patch_that_says_nothing_is_422(api: Api) -> None:
    for body in ({}, {"weight": None}, {"name": None}, {"plan": "pro"}):
        assert (await api.call("PATCH", f"{TENANTS}/default", json=body)).status == 422


async def test_keys_of_another_tenant_are_for_admins_of_the_instance(each: Api) -> None:
    acme = (await each.post(TENANTS, {"name": "acme"})).json["id"]
    made = await each.post(KEYS, {"name": "app", "role": "owner", "tenant": acme})
    assert (made.status, made.json["tenant"]) == (201, acme)
    header = {"Authorization": f"Bearer {made.json['key']}"}
    job = (await each.post(JOBS, {"kind": "noop", "tenant_id": acme}, headers=header)).json
    assert (await each.get(f"{JOBS}/{job['id']}", headers=header)).status == 200
    assert (await each.get(f"{JOBS}/{job['id']}")).status == 404
    assert (await each.post(JOBS, {"kind": "noop", "tenant_id": "default"}, headers=header)).status == 404
    for method, path, body in (
        ("GET", TENANTS, None),
        ("POST", TENANTS, {"name": "mine"}),
        ("PATCH", f"{TENANTS}/{acme}", {"weight": 9}),
        ("PATCH", "/api/v1/queues/default", {"paused": True}),
        ("GET", "/api/v1/workers", None),
        ("POST", KEYS, {"name": "up", "role": "viewer", "tenant": "default"}),
        ("GET", f"{KEYS}?tenant=default", None),
    ):
        assert (await each.call(method, path, json=body, headers=header)).status == 403, path
    listed = [key["name"] for key in (await each.get(f"{KEYS}?tenant={acme}")).json["items"]]
    assert listed == ["app"]
    assert (await each.call("DELETE", f"{KEYS}/{made.json['id']}")).status == 404
    assert (await each.call("DELETE", f"{KEYS}/{made.json['id']}?tenant={acme}")).status == 204
    assert (await each.get(JOBS, headers=header)).status == 401


async def test_a_key_of_a_tenant_that_does_not_exist_is_404(each: Api) -> None:
    assert (await each.post(KEYS, {"name": "app", "role": "viewer", "tenant": "none"})).status == 404
    assert (await each.get(f"{KEYS}?tenant=none")).status == 404


async def test_an_owner_of_another_tenant_is_no_admin_of_the_instance(each: Api) -> None:
    acme = (await each.post(TENANTS, {"name": "acme"})).json["id"]
    await each.post(KEYS, {"name": "theirs", "role": "owner", "tenant": acme})
    mine = (await each.post(KEYS, {"name": "mine", "role": "owner"})).json
    header = {"Authorization": f"Bearer {mine['key']}"}
    assert (await each.get("/api/v1/workers", headers=header)).status == 200


async def test_a_tenant_with_a_limit_gets_all_its_jobs_done(each: Api) -> None:
    acme = (await each.post(TENANTS, {"name": "acme", "max_running": 1})).json["id"]
    header = await each.key("operator", tenant=acme)
    for _ in range(3):
        assert (await each.post(JOBS, {"kind": "noop"}, headers=header)).status == 201

    async def all_done() -> bool:
        return len((await each.get(f"{JOBS}?state=SUCCEEDED", headers=header)).json["items"]) == 3

    await eventually(all_done)


async def made(api: Api, name: str = "acme") -> str:
    reply = await api.post(TENANTS, {"name": name})
    assert reply.status == 201, reply.text
    return str(reply.json["id"])


async def test_a_tenant_is_suspended_and_resumed(each: Api) -> None:
    path = f"{TENANTS}/{await made(each)}"
    suspended = await each.post(f"{path}/suspend")
    assert suspended.status == 200, suspended.text
    assert suspended.json["suspended_at"] is not None
    assert (suspended.json["delete_at"], (await each.get(path)).json) == (None, suspended.json)
    resumed = await each.post(f"{path}/resume")
    assert (resumed.status, resumed.json["suspended_at"]) == (200, None)
    for verb in ("suspend", "resume"):
        assert (await each.post(f"{TENANTS}/none/{verb}")).status == 404


async def test_a_suspended_tenants_key_is_refused_until_it_goes_on(each: Api) -> None:
    tenant = await made(each)
    key = (await each.post(KEYS, {"name": "app", "tenant": tenant, "role": "owner"})).json["key"]
    bearer = {"Authorization": f"Bearer {key}"}
    assert (await each.get(JOBS, headers=bearer)).status == 200
    await each.post(f"{TENANTS}/{tenant}/suspend")
    refused = await each.get(JOBS, headers=bearer)
    assert refused.status == 403
    assert refused.json["detail"].startswith("The tenant acme is suspended; an admin of the instance resumes it")
    await each.post(f"{TENANTS}/{tenant}/resume")
    assert (await each.get(JOBS, headers=bearer)).status == 200


async def test_a_deletion_can_be_taken_back_until_its_time(each: Api) -> None:
    path = f"{TENANTS}/{await made(each)}"
    gone = await each.call("DELETE", f"{path}?grace=30d")
    assert gone.status == 202, gone.text
    assert gone.json["suspended_at"] < gone.json["delete_at"]
    assert (await each.post(f"{path}/suspend")).json["delete_at"] is None
    await each.call("DELETE", path)
    resumed = await each.post(f"{path}/resume")
    assert (resumed.json["suspended_at"], resumed.json["delete_at"]) == (None, None)
    await each.call("DELETE", f"{path}?grace=0s")
    assert (await each.post(f"{path}/resume")).status in (404, 409)


async def test_wrong_deletions_are_refused(api: Api) -> None:
    path = f"{TENANTS}/{await made(api)}"
    for grace in ("soon", "-1d", "400d", "7"):
        reply = await api.call("DELETE", f"{path}?grace={grace}")
        assert (reply.status, reply.paths) == (422, ["grace"]), grace
    assert (await api.call("DELETE", f"{TENANTS}/default")).status == 409
    assert (await api.call("DELETE", f"{TENANTS}/none")).status == 404
    assert (await api.get(path)).json["suspended_at"] is None


async def test_where_a_tenant_may_connect_to_is_kept(each: Api) -> None:
    path = f"{TENANTS}/{await made(each)}"
    assert (await each.get(path)).json["egress"] == {"also": [], "only": None}
    wanted = {"also": ["10.1.2.0/24", "10.0.0.5"], "only": ["api.Example.com", "*.example.org", "10.1.2.0/24"]}
    changed = await each.call("PATCH", path, json={"egress": wanted})
    assert changed.json["egress"] == {
        "also": ["10.1.2.0/24", "10.0.0.5/32"], "only": ["api.example.com", "*.example.org", "10.1.2.0/24"]
    }  # fmt: skip
    assert (await each.call("PATCH", path, json={"weight": 2})).json["egress"] == changed.json["egress"]
    assert (await each.call("PATCH", path, json={"egress": None})).json["egress"] == {"also": [], "only": None}


@pytest.mark.parametrize(("egress", "path"), [
    ({"also": ["10.0.0.1/8"]}, "egress.also[0]"),
    ({"also": ["example.com"]}, "egress.also[0]"),
    ({"only": ["http://example.com"]}, "egress.only[0]"),
    ({"only": ["*"]}, "egress.only[0]"),
    ({"only": ["a.*.com"]}, "egress.only[0]"),
    ({"only": ["10.0.0"]}, "egress.only[0]"),
    ({"never": []}, "egress.never"),
])  # fmt: skip
async def test_a_wrong_place_is_422(api: Api, egress: dict[str, Any], path: str) -> None:
    reply = await api.call("PATCH", f"{TENANTS}/default", json={"egress": egress})
    assert (reply.status, reply.paths) == (422, [path])
