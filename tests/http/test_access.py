"""Who may call what: every route is denied unless it is on the public list written here."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Mount

from holdfast.http.app import check_rules, routes_in
from holdfast.http.auth import Role, rule_of
from holdfast.http.local_access import host_of, is_loopback
from tests.http.serving import Api, workflow

RUNS = "/api/v1/runs"
PUBLIC = {
    "/health/live",
    "/health/ready",
    "/health",
    "/openapi.json",
    "/docs",
    "/docs/start.js",
    "/docs/{name}",
    "/",
    "/app",
    "/app/{path:path}",
    "/api/v1/session/options",
}
# Where strangers prove who they are: what they send is looked at.
ENTRANCES = {
    ("POST", "/api/v1/session"),
    ("POST", "/api/v1/setup"),
    ("POST", "/api/v1/invites/look"),
    ("POST", "/api/v1/invites/accept"),
}
# Nothing is there where no OpenID provider is set.
OPENID = {"/api/v1/session/openid", "/api/v1/session/openid/callback"}
# The address itself is the permission: one that was guessed finds nothing.
SIGNED = {"/callbacks/{token}"}
# Public on this machine; elsewhere there is nothing.
MOCKS = "/workflows/api/"
ID = "01890000-0000-7000-8000-000000000000"


def filled(path: str) -> str:
    """An address that the template answers to."""
    for name, value in (
        ("{path:path}", "x"),
        ("{workflow}", "w"),
        ("{name}", "swagger-ui.css"),
        ("{queue}", "default"),
        ("{tenant}", "default"),
        ("{version}", "1"),
        ("{before}", "1"),
        ("{after}", "2"),
        ("{node}", "n"),
    ):
        path = path.replace(name, value)
    return path.replace("{run_id}", ID).replace("{job_id}", ID).replace("{key_id}", ID)


async def test_every_route_but_the_public_ones_refuses_a_stranger(locked: Api) -> None:
    seen: set[str] = set()
    for route in routes_in(locked.app.application.routes):
        assert isinstance(route, APIRoute), f"{route!r} is served without the guard"
        for method in sorted(route.methods or ()):
            reply = await locked.call(method, filled(route.path))
            if route.path in PUBLIC:
                assert reply.status < 400, (method, route.path, reply.status)
            elif (method, route.path) in ENTRANCES:
                assert reply.status == 422, (method, route.path, reply.status)
            elif route.path in SIGNED or route.path.startswith(MOCKS) or route.path in OPENID:
                assert reply.status == 404, (method, route.path, reply.status)
            else:
                assert reply.status == 401, (method, route.path, reply.status)
                assert reply.headers["WWW-Authenticate"] == "Bearer"
        seen.add(route.path)
    assert seen >= PUBLIC | SIGNED
    assert {"/api/v1/events/stream", "/metrics", "/api/v1/jobs/batch", "/api/v1/jobs/bulk"} <= seen - PUBLIC
    assert {"/api/v1/dead-letters/replay", "/api/v1/queues/{queue}", "/api/v1/tenants/{tenant}"} <= seen - PUBLIC


async def test_webhooks_are_public_but_unguessable(locked: Api) -> None:
    reply = await locked.post("/hooks/guess", {})
    assert reply.status == 404


async def test_a_stranger_learns_nothing_of_a_body_before_the_401(locked: Api) -> None:
    reply = await locked.call("POST", "/api/v1/jobs", data=b"{not json", headers={"Content-Type": "application/json"})
    assert reply.status == 401


def test_a_route_without_a_rule_stops_the_application() -> None:
    router = APIRouter()

    @router.get("/open")
    async def _open() -> None: ...

    application = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    application.include_router(router)
    with pytest.raises(RuntimeError, match="/open"):
        check_rules(application.routes)


def test_a_mounted_application_is_no_way_around_the_guard() -> None:
    with pytest.raises(RuntimeError, match="Mount"):
        check_rules([Mount("/side", FastAPI())])


async def test_the_local_user_is_signed_in(api: Api) -> None:
    assert (await api.get(RUNS)).status == 200


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "127.8.9.1:1", "[::1]:8000", "LOCALHOST"])
async def test_loopback_names_are_local(api: Api, host: str) -> None:
    assert (await api.get(RUNS, headers={"Host": host})).status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "10.0.0.1", ""]
)
async def test_a_rebound_name_is_not_local(api: Api, host: str) -> None:
    assert (await api.get(RUNS, headers={"Host": host})).status == 401


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"])
async def test_what_a_proxy_passed_on_is_not_local(api: Api, header: str) -> None:
    assert (await api.get(RUNS, headers={header: "127.0.0.1"})).status == 401


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
    ids=["origin", "opaque origin", "fetch metadata"],
)
async def test_a_page_of_another_site_is_refused(api: Api, headers: dict[str, str]) -> None:
    reply = await api.post("/api/v1/workflows", workflow(), headers=headers)
    assert reply.status == 403
    assert (await api.get("/api/v1/workflows")).json["items"] == []


async def test_a_page_of_this_origin_is_not_refused(api: Api) -> None:
    headers = {"Origin": api.base, "Sec-Fetch-Site": "same-origin"}
    assert (await api.post("/api/v1/workflows", workflow(), headers=headers)).status == 201


async def test_a_page_on_another_port_of_this_machine_is_another_site(api: Api) -> None:
    reply = await api.post("/api/v1/workflows", workflow(), headers={"Origin": "http://127.0.0.1:1"})
    assert reply.status == 403


@pytest.mark.parametrize("credentials", ["Bearer hf_wrong", "Bearer ", "Basic dTpw", "hf_wrong", ""])
async def test_a_bad_key_is_401_even_locally(api: Api, credentials: str) -> None:
    reply = await api.get(RUNS, headers={"Authorization": credentials})
    assert reply.status == 401
    assert reply.headers["WWW-Authenticate"] == "Bearer"


async def test_revoked_and_expired_keys_stop_working(locked: Api) -> None:
    now = locked.app.services.now()
    revoked = await locked.key("viewer", revoked_at=now)
    expired = await locked.key("viewer", expires_at=now)
    good = await locked.key("viewer", expires_at=now + 60_000_000)
    assert [(await locked.get(RUNS, headers=key)).status for key in (revoked, expired, good)] == [401, 401, 200]


@pytest.mark.parametrize(("role", "statuses"), [
    ("viewer", (200, 403, 403, 403)),
    ("operator", (200, 201, 403, 403)),
    ("editor", (200, 201, 201, 403)),
    ("admin", (200, 201, 201, 200)),
    ("owner", (200, 201, 201, 200)),
])  # fmt: skip
async def test_roles(locked: Api, role: str, statuses: tuple[int, ...]) -> None:
    key = await locked.key(role)
    replies = [
        await locked.get("/api/v1/workflows", headers=key),
        await locked.post("/api/v1/jobs", {"kind": "noop"}, headers=key),
        await locked.post("/api/v1/workflows", workflow(), headers=key),
        await locked.get("/api/v1/keys", headers=key),
    ]
    assert tuple(reply.status for reply in replies) == statuses


async def test_workers_are_for_admins_of_the_instance(locked: Api) -> None:
    owner, admin = await locked.key("owner"), await locked.key("viewer", instance_admin=True)
    assert (await locked.get("/api/v1/workers", headers=owner)).status == 403
    assert (await locked.get("/api/v1/workers", headers=admin)).status == 200


async def test_an_owners_key_works_beside_the_local_user(api: Api) -> None:
    made = await api.post("/api/v1/keys", {"name": "boss", "role": "owner"})
    assert made.status == 201
    assert (await api.get(RUNS)).status == 200  # a key that gets lost locks nobody out of this machine's console
    key = {"Authorization": f"Bearer {made.json['key']}"}
    assert (await api.get(RUNS, headers=key)).status == 200
    assert (await api.get("/api/v1/workers", headers=key)).status == 200


async def test_keys_are_shown_once_listed_without_secret_and_revoked(api: Api) -> None:
    made = (await api.post("/api/v1/keys", {"name": "ci", "role": "operator"})).json
    assert made["key"].startswith("hf_")
    listed = await api.get("/api/v1/keys")
    assert [key["id"] for key in listed.json["items"]] == [made["id"]]
    assert made["key"] not in listed.text
    header = {"Authorization": f"Bearer {made['key']}"}
    assert (await api.get(RUNS, headers=header)).status == 200
    assert (await api.call("DELETE", f"/api/v1/keys/{made['id']}")).status == 204
    assert (await api.get(RUNS, headers=header)).status == 401


async def test_nobody_gives_or_takes_more_than_they_have(locked: Api) -> None:
    admin, owner = await locked.key("admin"), await locked.key("owner")
    refused = await locked.post("/api/v1/keys", {"name": "up", "role": "owner"}, headers=admin)
    assert refused.status == 403
    owners = [key for key in (await locked.get("/api/v1/keys", headers=owner)).json["items"] if key["role"] == "owner"]
    assert (await locked.call("DELETE", f"/api/v1/keys/{owners[0]['id']}", headers=admin)).status == 403
    elsewhere = {"name": "other", "role": "viewer", "tenant": "acme"}
    assert (await locked.post("/api/v1/keys", elsewhere, headers=admin)).status == 403


async def test_only_an_admin_of_the_instance_revokes_the_key_of_one(locked: Api) -> None:
    root, owner = await locked.key("owner", instance_admin=True), await locked.key("owner")
    ids = sorted(key["id"] for key in (await locked.get("/api/v1/keys", headers=owner)).json["items"])
    refused = await locked.call("DELETE", f"/api/v1/keys/{ids[0]}", headers=owner)
    assert (refused.status, refused.json["detail"]) == (403, "Only an admin of the instance revokes the key of one.")
    assert (await locked.get("/api/v1/tenants", headers=root)).status == 200


def test_roles_rise() -> None:
    assert sorted(Role) == [Role.VIEWER, Role.OPERATOR, Role.EDITOR, Role.ADMIN, Role.OWNER]
    assert rule_of(object()) is None


@pytest.mark.parametrize(
    ("authority", "host"),
    [("a:1", "a"), ("[::1]:2", "::1"), ("[::1]", "::1"), ("::1", "::1"), ("[", ""), ("", ""), ("A", "a")],
)
def test_the_host_of_an_authority(authority: str, host: str) -> None:
    assert host_of(authority) == host


def test_addresses_that_only_look_like_loopback() -> None:
    assert not is_loopback("0.0.0.0")
    assert not is_loopback("localhost@evil.example")
    assert not is_loopback("127.1")


async def test_a_proxy_that_hides_whom_it_passes_on_makes_nobody_the_local_user(api: Api) -> None:
    """As nginx does by default: the peer and the name are this machine's, and nothing else is said."""
    url = urlsplit(api.base)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    writer.write(f"GET /api/v1/jobs HTTP/1.0\r\nHost: 127.0.0.1:{url.port}\r\nConnection: close\r\n\r\n".encode())
    assert b" 401 " in await reader.readline()
    writer.close()
