"""A journey of people on each store: set-up, invites, roles, one-time codes, keys, a second tenant, a password link."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from holdfast.engine.people import one_time
from tests.http.people import ADA, PASSWORD, SESSION, Browser, browsing
from tests.http.serving import Api, serving

BOB = "bob@example.com"
USERS = "/api/v1/users"
ACCEPT = "/api/v1/invites/accept"


@pytest.fixture
async def here(store_url: str, logs: list[Any]) -> AsyncIterator[Api]:
    async with serving(url=store_url) as running:
        yield running


async def link(browser: Browser, email: str, role: str, **more: str) -> str:
    made = await browser.post("/api/v1/invites", {"email": email, "role": role, **more})
    assert made.status == 201, made.text
    return str(made.json["url"]).partition("#")[2]


@pytest.mark.timeout(120)
async def test_the_journey(here: Api) -> None:
    async with browsing(here) as ada, browsing(here) as bob:
        assert (await ada.post("/api/v1/setup", {"email": ADA, "name": "Ada", "password": PASSWORD})).status == 201
        assert (await here.get("/api/v1/runs")).status == 401
        assert (await ada.post("/api/v1/setup", {"email": BOB, "name": "Bob", "password": PASSWORD})).status == 409

        token = await link(ada, BOB, "viewer")
        joined = await bob.post(ACCEPT, {"token": token, "name": "Bob", "password": PASSWORD})
        assert (joined.status, joined.json["role"]) == (200, "viewer")
        assert (await bob.post(ACCEPT, {"token": token, "name": "Bob", "password": PASSWORD})).status == 404
        members = (await ada.get(USERS)).json["items"]
        his = next(member["id"] for member in members if member["email"] == BOB)
        assert (await ada.call("PATCH", f"{USERS}/{his}", {"role": "admin"})).json["role"] == "admin"
        assert (await bob.get(USERS)).json["items"] == (await ada.get(USERS)).json["items"]

        acme = (await ada.post("/api/v1/tenants", {"name": "acme"})).json["id"]
        there = await bob.post(ACCEPT, {"token": await link(ada, BOB, "owner", tenant=acme), "password": PASSWORD})
        assert [each["name"] for each in there.json["tenants"]] == ["acme", joined.json["tenant"]["name"]]
        assert [member["email"] for member in (await bob.get(USERS)).json["items"]] == [BOB]
        assert (await bob.get("/api/v1/keys", params={"tenant": "default"})).status == 403
        key = (await bob.post("/api/v1/keys", {"name": "x", "role": "owner", "scopes": ["users:read"]})).json
        header = {"Authorization": f"Bearer {key['key']}"}
        assert [m["email"] for m in (await here.get(USERS, headers=header)).json["items"]] == [BOB]
        assert (await here.get("/api/v1/jobs", headers=header)).status == 403
        assert (await ada.get("/api/v1/keys", params={"tenant": acme})).json["items"][0]["id"] == key["id"]
        # Bob belongs to both tenants now: only an admin of the instance makes him a link.
        assert (await bob.post(f"{USERS}/{his}/password-link")).status == 403
        assert (await ada.post(f"{USERS}/{his}/password-link")).status == 201
        assert (await bob.call("PATCH", SESSION, {"tenant": "default"})).json["role"] == "admin"

        seed = (await bob.post("/api/v1/account/totp")).json["secret"]
        code = one_time.code_at(seed, here.app.services.now())
        given = {"secret": seed, "code": code, "password": PASSWORD}
        recovery = (await bob.post("/api/v1/account/totp/confirm", given)).json["recovery_codes"]
        assert (await bob.sign_in(BOB)).paths == ["code"]
        assert (await bob.sign_in(BOB, code=recovery[0])).status == 200
        assert (await bob.sign_in(BOB, code=recovery[0])).status == 401
        assert (await ada.call("DELETE", f"{USERS}/{his}")).status == 204
        assert (await bob.sign_in(BOB, code=recovery[1])).json["tenant"]["id"] == acme


async def test_guesses_are_held_back(here: Api) -> None:
    async with browsing(here) as ada:
        await ada.post("/api/v1/setup", {"email": ADA, "name": "Ada", "password": PASSWORD})
        statuses = [(await ada.sign_in(password="wrong password here")).status for _ in range(6)]
        assert statuses == [401] * 5 + [429]
