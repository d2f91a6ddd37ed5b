"""Pages of other sites in the browser of somebody who is signed in, planted cookies, and copies left in caches."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.routing import APIRoute
from structlog.testing import capture_logs

from holdfast.http.app import ROUTERS, routes_in
from holdfast.http.auth import rule_of
from tests.http.people import ADA, PASSWORD, SESSION, Browser, browsing, owner, person
from tests.http.serving import Api, serving
from tests.http.test_access import filled

FOREIGN: list[dict[str, str]] = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "HTTP://127.0.0.1.evil.example"},
    {"Origin": "file://"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {},
]


def mutations() -> list[tuple[str, str]]:
    """Every method and path that needs a caller and isn't a mere question by its method."""
    found = [route for router in ROUTERS for route in routes_in(router.routes) if isinstance(route, APIRoute)]
    kept = [route for route in found if (rule := rule_of(route.endpoint)) is not None and rule.role is not None]
    changing = [(route, sorted((route.methods or set()) - {"GET", "HEAD"})) for route in kept]
    return [(method, filled(route.path)) for route, methods in changing for method in methods]


async def signed_in(api: Api, browser: Browser) -> dict[str, str]:
    """A session of the owner's, as a header that any page could have the browser send."""
    await owner(api)
    assert (await browser.sign_in()).status == 200
    return {"Cookie": f"holdfast_session={browser.token}"}


async def test_no_page_of_another_site_changes_anything_by_any_route(locked: Api) -> None:
    asked = mutations()
    assert len(asked) > 80
    async with browsing(locked) as ada:
        cookie = await signed_in(locked, ada)
        for method, path in asked:
            for headers in (FOREIGN[0], FOREIGN[-1]):
                reply = await locked.call(method, path, json={}, headers={**cookie, **headers})
                assert reply.status == 403, (method, path, headers, reply.status)
        assert (await ada.get(SESSION)).status == 200  # signing out is a change, too


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
async def test_each_sign_of_another_site_is_enough(locked: Api, headers: dict[str, str]) -> None:
    async with browsing(locked) as ada:
        cookie = await signed_in(locked, ada)
        reply = await locked.post("/api/v1/jobs", {"kind": "noop"}, headers={**cookie, **headers})
        assert reply.status == 403
        assert (await ada.get("/api/v1/jobs")).json["items"] == []


SIMPLE = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "text/plain;a=/json"]


@pytest.mark.parametrize("kind", SIMPLE)
async def test_what_needs_no_preflight_is_not_taken(locked: Api, kind: str) -> None:
    async with browsing(locked) as ada:
        await signed_in(locked, ada)
        reply = await ada.call("POST", "/api/v1/jobs", data=b'{"kind": "noop"}', headers={"Content-Type": kind})
        assert reply.status == 415
        assert (await ada.get("/api/v1/jobs")).json["items"] == []


async def test_no_answer_lets_another_site_read_it(locked: Api) -> None:
    preflight = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    async with browsing(locked) as ada:
        cookie = await signed_in(locked, ada)
        for method in ("GET", "OPTIONS"):
            reply = await locked.call(method, "/api/v1/jobs", headers={**cookie, **preflight})
            assert not [name for name in reply.headers if name.lower().startswith("access-control-")]
            assert reply.headers["Cross-Origin-Resource-Policy"] == "same-origin"


async def test_the_local_user_answers_no_page_of_another_site(api: Api) -> None:
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        for method, path in mutations():
            assert (await api.call(method, path, json={}, headers=headers)).status in (401, 403), (method, path)


# -- cookies ---------------------------------------------------------------------------------------------------------


async def test_a_planted_session_becomes_nobodys(locked: Api) -> None:
    """Fixation: what the browser came with is never what it leaves with."""
    await owner(locked)
    await person(locked, "eve@example.com", "viewer")
    async with browsing(locked) as eve, browsing(locked) as ada:
        await eve.sign_in("eve@example.com")
        ada.session.cookie_jar.update_cookies({"holdfast_session": eve.token or ""})
        assert (await ada.sign_in()).status == 200
        assert ada.token not in (None, eve.token)
        assert (await eve.get(SESSION)).status == 401  # and the planted one has ended
        assert (await ada.get(SESSION)).json["user"]["email"] == ADA


@pytest.mark.parametrize("order", ["before", "after"])
async def test_a_tossed_cookie_never_mixes_two_people(locked: Api, order: str) -> None:
    await owner(locked)
    await person(locked, "eve@example.com", "viewer")
    async with browsing(locked) as eve, browsing(locked) as ada:
        await eve.sign_in("eve@example.com")
        await ada.sign_in()
        both = [f"holdfast_session={eve.token}", f"holdfast_session={ada.token}"]
        header = {"Cookie": "; ".join(both if order == "before" else both[::-1])}
        reply = await locked.get(SESSION, headers=header)
        assert reply.status in (200, 401)
        if reply.status == 200:
            assert (reply.json["user"]["email"], reply.json["role"]) in ((ADA, "owner"), ("eve@example.com", "viewer"))


async def test_over_https_only_the_cookie_that_no_other_host_can_set_counts(logs: list[Any]) -> None:
    async with serving(local=False, public_url="https://flows.example.com") as api:
        await owner(api)
        async with browsing(api) as ada:
            ada.origin = "https://flows.example.com"
            cookie = (await ada.sign_in()).headers["Set-Cookie"]
        token = cookie.partition("=")[2].partition(";")[0]
        for name, status in (("__Host-holdfast", 200), ("holdfast_session", 401), ("__Secure-holdfast", 401),
                             ("__host-holdfast", 401), ("__Host-holdfast_session", 401)):  # fmt: skip
            assert (await api.get(SESSION, headers={"Cookie": f"{name}={token}"})).status == status, name


@pytest.mark.parametrize(
    "cookie",
    ["holdfast_session=", "holdfast_session=a;b", 'holdfast_session="', "holdfast_session=" + "x" * 8_000, "=", ";;;",
     "holdfast_session=\xff", "holdfast_session=%00", "$Version=1; holdfast_session=x"],
    ids=["empty", "cut", "quote", "long", "nameless", "nothing", "bytes", "NUL", "old"],
)  # fmt: skip
async def test_a_broken_cookie_is_nobody(locked: Api, cookie: str) -> None:
    assert (await locked.get("/api/v1/jobs", headers={"Cookie": cookie})).status == 401


# -- caches and logs -------------------------------------------------------------------------------------------------


async def test_no_private_answer_stays_in_a_cache(locked: Api) -> None:
    found = [route for router in ROUTERS for route in routes_in(router.routes) if isinstance(route, APIRoute)]
    private = [route for route in found if (rule := rule_of(route.endpoint)) is not None and rule.role is not None]
    key = await locked.key("owner", instance_admin=True)
    asked = [filled(route.path) for route in private if "GET" in (route.methods or ()) and "stream" not in route.path]
    assert len(asked) > 60
    for path in asked:
        for headers in (key, {}):
            reply = await locked.get(path, headers=headers)
            assert "no-store" in reply.headers["Cache-Control"], path
            assert reply.headers["X-Content-Type-Options"] == "nosniff"


async def test_no_password_and_no_cookie_stands_in_a_log_line(locked: Api) -> None:
    await owner(locked)
    with capture_logs() as lines:
        async with browsing(locked) as ada:
            await ada.sign_in(password="a wrong guess of mine")
            await ada.sign_in()
            await ada.get(f"/api/v1/jobs?kind={ada.token}")
            token = ada.token
    assert lines
    for said in (PASSWORD, "a wrong guess of mine", token):
        assert str(said) not in repr(lines)
