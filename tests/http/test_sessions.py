"""Signing in and out: cookies, what a forged request can't do, and how guesses are held back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from holdfast.engine.people.sessions import IDLE, LIFETIME
from holdfast.engine.people.sign_in import WrongCredentials
from holdfast.engine.people.throttling import HeldBack
from holdfast.engine.people.tokens import digest_of
from holdfast.model.instant import MINUTE, SECOND
from holdfast.ports import UserChange
from tests.http.people import ADA, PASSWORD, SESSION, browsing, owner, person
from tests.http.serving import Api, serving, workflow

WORKFLOWS = "/api/v1/workflows"


async def test_the_local_user_sets_up_the_first_owner_and_is_gone(api: Api) -> None:
    async with browsing(api) as ada:
        assert (await ada.get(f"{SESSION}/options")).json == {"setup": True, "local": True, "openid": None}
        assert (await ada.get(SESSION)).json["kind"] == "local"
        made = await ada.post("/api/v1/setup", {"email": "ADA@example.com ", "name": "Ada", "password": PASSWORD})
        assert made.status == 201, made.text
        assert made.json["user"]["email"] == ADA
        assert (made.json["kind"], made.json["role"], made.json["instance_admin"]) == ("person", "owner", True)
        assert made.json["tenants"] == [{"id": "default", "name": made.json["tenant"]["name"], "role": "owner"}]
        assert (await ada.get(SESSION)).json == made.json
        assert (await ada.get("/api/v1/tenants")).status == 200
    assert (await api.get(WORKFLOWS)).status == 401  # nobody is signed in by themselves any more
    assert (await api.get(f"{SESSION}/options")).json == {"setup": False, "local": False, "openid": None}
    again = await api.post("/api/v1/setup", {"email": "eve@example.com", "name": "Eve", "password": PASSWORD})
    assert again.status == 409


async def test_only_the_local_user_sets_up(locked: Api) -> None:
    refused = await locked.post("/api/v1/setup", {"email": "eve@example.com", "name": "Eve", "password": PASSWORD})
    assert refused.status == 403
    assert not await locked.app.services.store.has_person()


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"email": "no address", "name": "Ada", "password": PASSWORD}, "email"),
        ({"email": ADA, "name": " ", "password": PASSWORD}, "name"),
        ({"email": ADA, "name": "Ada", "password": "elevenchars"}, "password"),
        ({"email": ADA, "name": "Ada", "password": ADA}, "password"),
        ({"email": ADA, "name": "Ada", "password": "x" * 257}, "password"),
        ({"email": ADA, "name": "Ada", "password": "abababababab"}, "password"),
    ],
)
async def test_a_poor_first_owner_is_refused(api: Api, body: dict[str, str], path: str) -> None:
    refused = await api.post("/api/v1/setup", body)
    assert (refused.status, refused.paths) == (422, [path])
    assert (await api.get(SESSION)).json["kind"] == "local"


async def test_signing_in_and_out(locked: Api) -> None:
    await owner(locked)
    async with browsing(locked) as ada:
        assert (await ada.get(SESSION)).status == 401
        signed_in = await ada.sign_in()
        assert signed_in.status == 200
        assert (await ada.get(WORKFLOWS)).status == 200
        first = ada.token
        assert (await ada.sign_in()).status == 200
        assert ada.token != first  # a new one at each sign-in
        assert (
            await locked.get(SESSION, cookies={"holdfast_session": first or ""})
        ).status == 401  # the old one is over
        assert (await ada.call("DELETE", SESSION)).status == 204
        assert ada.token is None
        assert (await ada.get(SESSION)).status == 401


async def test_a_session_that_somebody_planted_is_not_kept(locked: Api) -> None:
    await owner(locked)
    async with browsing(locked) as ada:
        ada.session.cookie_jar.update_cookies({"holdfast_session": "planted"})
        await ada.sign_in()
        assert ada.token != "planted"
    assert (await locked.get(SESSION, cookies={"holdfast_session": "planted"})).status == 401


async def test_the_cookie_is_shut_to_scripts_and_other_sites(locked: Api) -> None:
    await owner(locked)
    async with browsing(locked) as ada:
        cookie = (await ada.sign_in()).headers["Set-Cookie"]
    assert cookie.startswith("holdfast_session=")
    assert {"HttpOnly", "Path=/", "SameSite=strict"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


async def test_over_https_the_cookie_belongs_to_this_host_alone(logs: list[Any]) -> None:
    async with serving(local=False, public_url="https://flows.example.com") as api:
        await owner(api)
        async with browsing(api) as ada:
            ada.origin = "https://flows.example.com"
            reply = await ada.sign_in()
            cookie = reply.headers["Set-Cookie"]
            assert cookie.startswith("__Host-holdfast=")
            assert {"HttpOnly", "Path=/", "SameSite=strict", "Secure"} <= set(cookie.split("; "))
            token = cookie.partition("=")[2].partition(";")[0]
            good = {"Cookie": f"__Host-holdfast={token}"}
            assert (await ada.get(SESSION, headers=good)).status == 200
            assert (await ada.get(SESSION, headers={"Cookie": f"holdfast_session={token}"})).status == 401
            posted = await ada.post(WORKFLOWS, workflow(), headers=good)
            assert posted.status == 201  # the public address is our own origin


FORGED: list[dict[str, str]] = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {},
]


@pytest.mark.parametrize("headers", FORGED, ids=str)
async def test_a_forged_request_changes_nothing(locked: Api, headers: dict[str, str]) -> None:
    await owner(locked)
    async with browsing(locked) as ada:
        await ada.sign_in()
        cookie = {"Cookie": f"holdfast_session={ada.token}"}
    forged = await locked.post(WORKFLOWS, workflow(), headers={**cookie, **headers})
    assert forged.status == 403, forged.text
    assert (await locked.call("DELETE", "/api/v1/sessions", headers={**cookie, **headers})).status == 403
    assert (await locked.get(WORKFLOWS, headers=cookie)).json["items"] == []


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
async def test_what_a_form_can_send_is_not_taken_with_a_session(locked: Api, kind: str) -> None:
    await owner(locked)
    async with browsing(locked) as ada:
        await ada.sign_in()
        reply = await ada.call("POST", "/api/v1/account/totp", data=b"", headers={"Content-Type": kind})
        assert reply.status == 415


@pytest.mark.parametrize("headers", FORGED[:5], ids=str)
async def test_another_site_signs_nobody_in(locked: Api, headers: dict[str, str]) -> None:
    await owner(locked)
    body = {"email": ADA, "password": PASSWORD}
    refused = await locked.post(SESSION, body, headers=headers)
    assert (refused.status, "Set-Cookie" in refused.headers) == (403, False)
    assert (await locked.post("/api/v1/invites/accept", {"token": "x"}, headers=headers)).status == 403


async def test_a_key_comes_before_a_session(locked: Api) -> None:
    await owner(locked)
    viewer = await locked.key("viewer")
    async with browsing(locked) as ada:
        await ada.sign_in()
        assert (await ada.get(SESSION, headers=viewer)).json["kind"] == "key"
        assert (await ada.get(SESSION, headers={"Authorization": "Bearer hf_wrong"})).status == 401


async def test_wrong_address_and_wrong_password_look_alike(locked: Api) -> None:
    await owner(locked)
    await person(locked, "gone@example.com", "viewer")
    async with browsing(locked) as eve:
        replies = [
            await eve.sign_in(ADA, "wrong password here"),
            await eve.sign_in("nobody@example.com", PASSWORD),
            await eve.sign_in("not an address", PASSWORD),
        ]
    assert {reply.status for reply in replies} == {401}
    assert len({reply.text for reply in replies}) == 1
    assert all("WWW-Authenticate" not in reply.headers for reply in replies)  # no browser opens a box of its own


async def test_strangers_elsewhere_keep_nobody_out_who_is_signed_in_here(locked: Api) -> None:
    """A network of IPv6 is one place; and guesses from many places don't hold its owner back where they are."""
    await owner(locked)
    sign_in = locked.app.services.people.sign_in

    async def tried(place: str) -> type[Exception] | None:
        try:
            await sign_in.prove(ADA, "a wrong password", None, place)
        except (WrongCredentials, HeldBack) as error:
            return type(error)
        return None

    assert [await tried(f"2001:db8:1:1::{n:x}") for n in range(7)] == [WrongCredentials] * 5 + [HeldBack] * 2
    async with browsing(locked) as ada, browsing(locked) as new:
        assert (await ada.sign_in()).status == 200  # which forgives what failed elsewhere
        for number in range(25):
            assert await tried(f"198.51.100.{number}") is WrongCredentials
        assert await tried("198.51.100.99") is HeldBack
        assert (await new.sign_in()).status == 200
        for number in range(25):
            assert await tried(f"198.51.100.{number + 100}") is WrongCredentials
        await ada.call("DELETE", f"{SESSION}s")
        held = await new.sign_in()
        assert held.status == 429, "nobody is signed in here any more"


async def test_guesses_are_held_back(locked: Api) -> None:
    await owner(locked)
    async with browsing(locked) as eve:
        for _ in range(5):
            assert (await eve.sign_in(password="wrong password here")).status == 401
        held = await eve.sign_in()
        assert held.status == 429, "the right password doesn't pass either"
        assert 1 <= int(held.headers["Retry-After"]) <= 2
        assert (await eve.sign_in("other@example.com")).status == 401  # others aren't held back


async def test_many_guesses_at_once_are_no_way_around(locked: Api) -> None:
    await owner(locked)
    async with browsing(locked) as eve:
        replies = await asyncio.gather(*(eve.sign_in(password=f"wrong password {n}") for n in range(40)))
    statuses = [reply.status for reply in replies]
    assert (statuses.count(401), statuses.count(429)) == (5, 35)


async def test_a_switched_off_person_is_out_at_once(locked: Api) -> None:
    await owner(locked)
    bob = await person(locked, "bob@example.com", "editor")
    async with browsing(locked) as browser:
        await browser.sign_in("bob@example.com")
        services = locked.app.services
        await services.store.change_user(bob.id, UserChange(disabled_at=services.now()))
        assert (await browser.get(SESSION)).status == 401
        assert (await browser.sign_in("bob@example.com")).status == 401


async def test_sessions_slide_and_end(locked: Api) -> None:
    user = await owner(locked)
    services = locked.app.services
    async with browsing(locked) as ada:
        await ada.sign_in()
        token = ada.token or ""
    found = await services.people.sessions.find(token)
    assert found is not None
    assert found.session.expires_at - found.session.created_at == IDLE
    now = services.now()
    await services.store.touch_session(found.session.id, now - 2 * MINUTE, now + SECOND)
    assert await services.people.sessions.find(token) is not None
    [session] = await services.store.list_sessions(user.id, now)
    assert session.expires_at > now + IDLE - MINUTE  # used: it slides
    assert session.expires_at <= session.created_at + LIFETIME
    assert await services.store.find_session(digest_of(token), session.expires_at - SECOND) is not None
    assert await services.store.find_session(digest_of(token), session.expires_at) is None


async def test_a_right_sign_in_forgives_what_failed_before(locked: Api) -> None:
    await owner(locked)
    async with browsing(locked) as ada:
        for _ in range(3):
            for _ in range(4):
                assert (await ada.sign_in(password="wrong password here")).status == 401
            assert (await ada.sign_in()).status == 200


async def test_ones_sessions_are_listed_and_ended(locked: Api) -> None:
    await owner(locked)
    bob = await person(locked, "bob@example.com", "viewer")
    async with browsing(locked) as here, browsing(locked) as there, browsing(locked) as bobs:
        await here.sign_in()
        await there.call("POST", SESSION, {"email": ADA, "password": PASSWORD}, headers={"User-Agent": "Elsewhere/1"})
        await bobs.sign_in("bob@example.com")
        items = (await here.get("/api/v1/sessions")).json["items"]
        assert items[0]["agent"] == "Elsewhere/1"
        assert [item["current"] for item in items] == [False, True]
        [his] = await locked.app.services.store.list_sessions(bob.id, locked.app.services.now())
        assert (await here.call("DELETE", f"/api/v1/sessions/{his.id}")).status == 404  # nobody else's
        assert (await here.call("DELETE", f"/api/v1/sessions/{items[0]['id']}")).status == 204
        assert (await there.get(SESSION)).status == 401
        await there.sign_in()
        assert (await here.call("DELETE", "/api/v1/sessions")).status == 204
        assert [(await browser.get(SESSION)).status for browser in (here, there, bobs)] == [401, 401, 200]


async def test_a_person_works_in_one_tenant_at_a_time(locked: Api) -> None:
    await owner(locked)
    async with browsing(locked) as ada:
        await ada.sign_in()
        acme = (await ada.post("/api/v1/tenants", {"name": "acme"})).json["id"]
        refused = await ada.call("PATCH", SESSION, {"tenant": acme})
        assert refused.status == 404  # an admin of the instance is no member by that
        link = (await ada.post("/api/v1/invites", {"email": ADA, "role": "viewer", "tenant": acme})).json["url"]
        token = link.partition("#")[2]
        accepted = await ada.post("/api/v1/invites/accept", {"token": token})
        assert accepted.json["tenant"] == {"id": acme, "name": "acme", "suspended": False}
        assert accepted.json["role"] == "viewer"
        assert (await ada.post(WORKFLOWS, workflow())).status == 403
        back = await ada.call("PATCH", SESSION, {"tenant": "default"})
        assert (back.json["tenant"]["id"], back.json["role"]) == ("default", "owner")
        assert (await ada.post(WORKFLOWS, workflow())).status == 201
        await ada.call("PATCH", SESSION, {"tenant": acme})
        assert (await ada.get(WORKFLOWS)).json["items"] == []


async def test_in_a_suspended_tenant_only_the_session_answers(locked: Api) -> None:
    await owner(locked)
    key = await locked.key("owner")
    await person(locked, "bob@example.com", "admin")
    services = locked.app.services
    async with browsing(locked) as browser, browsing(locked) as ada:
        await browser.sign_in("bob@example.com")
        await ada.sign_in()
        await services.store.suspend_tenant("default", services.now(), None)
        for refused in (await browser.get(WORKFLOWS), await locked.get(WORKFLOWS, headers=key)):
            assert refused.status == 403
            assert "The tenant default is suspended; an admin of the instance resumes it" in refused.json["detail"]
        session = await browser.get(SESSION)
        assert (session.status, session.json["tenant"]["suspended"]) == (200, True)
        assert (await browser.get("/api/v1/sessions")).status == 200
        assert (await ada.get("/api/v1/tenants")).status == 200  # or nobody could resume it
        assert (await ada.get(WORKFLOWS)).status == 403
