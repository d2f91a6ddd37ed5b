"""People, invites, service accounts, keys and accounts: who may do what to whom, and what a link opens."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine.people import one_time
from holdfast.engine.people.tokens import digest_of
from holdfast.model.access import Invite
from holdfast.model.instant import DAY, MINUTE, SECOND
from tests.http.people import ADA, PASSWORD, SESSION, Browser, browsing, owner, person
from tests.http.serving import Api
from tests.support.waiting import eventually

USERS = "/api/v1/users"
INVITES = "/api/v1/invites"
ACCOUNT = "/api/v1/account"
KEYS = "/api/v1/keys"
NEWER = "another good password"
BOB = "bob@example.com"


def token_of(url: str) -> str:
    return url.partition("#")[2]


async def invited(browser: Browser, email: str, role: str, **more: str) -> str:
    made = await browser.post(INVITES, {"email": email, "role": role, **more})
    assert made.status == 201, made.text
    return token_of(made.json["url"])


async def with_codes(browser: Browser) -> tuple[str, list[str]]:
    """Sets one-time codes up; the seed, and the recovery codes."""
    seed = (await browser.post(f"{ACCOUNT}/totp")).json["secret"]
    code = one_time.code_at(seed, browser.api.app.services.now())
    done = await browser.post(f"{ACCOUNT}/totp/confirm", {"secret": seed, "code": code, "password": PASSWORD})
    assert done.status == 200, done.text
    return seed, done.json["recovery_codes"]


# -- invites ---------------------------------------------------------------------------------------------------------


async def test_an_invited_person_comes_in_once(locked: Api) -> None:
    await owner(locked)
    async with browsing(locked) as ada, browsing(locked) as bob, browsing(locked) as eve:
        await ada.sign_in()
        made = await ada.post(INVITES, {"email": "Bob@Example.com", "role": "editor"})
        assert (made.json["email"], made.json["role"], made.json["mailed"]) == (BOB, "editor", False)
        assert made.json["url"].startswith(f"{locked.base}/app/invite#")
        token = token_of(made.json["url"])
        assert token not in (await ada.get(INVITES)).text
        assert token not in (await ada.get("/api/v1/mailbox")).text  # which every member reads
        assert [mail["to"] for mail in (await ada.get("/api/v1/mailbox")).json["items"]] == [[BOB]]
        look = await bob.post(f"{INVITES}/look", {"token": token})
        tenant = (await ada.get(SESSION)).json["tenant"]["name"]
        assert look.json == {"purpose": "member", "email": BOB, "tenant": tenant, "role": "editor", "known": False}
        missing = await bob.post(f"{INVITES}/accept", {"token": token})
        assert (missing.status, missing.paths) == (422, ["name", "password"])
        poor = await bob.post(f"{INVITES}/accept", {"token": token, "name": "Bob", "password": BOB})
        assert (poor.status, poor.paths) == (422, ["password"])
        joined = await bob.post(f"{INVITES}/accept", {"token": token, "name": "Bob", "password": PASSWORD})
        assert (joined.status, joined.json["role"], joined.json["user"]["name"]) == (200, "editor", "Bob")
        assert (await bob.get("/api/v1/workflows")).status == 200
        again = await eve.post(f"{INVITES}/accept", {"token": token, "name": "Eve", "password": PASSWORD})
        assert again.status == 404
        assert (await bob.sign_in(BOB)).status == 200
        assert (await ada.post(INVITES, {"email": BOB, "role": "viewer"})).status == 409


async def test_the_link_alone_opens_nobodys_account(locked: Api) -> None:
    """An admin of one tenant invites a person of another, keeps the link, and follows it."""
    await owner(locked)
    services = locked.app.services
    await person(locked, BOB, "owner", name="Bob")
    async with browsing(locked) as ada, browsing(locked) as eve, browsing(locked) as bob:
        await ada.sign_in()
        acme = (await ada.post("/api/v1/tenants", {"name": "acme"})).json["id"]
        await person(locked, "eve@example.com", "admin", tenant=acme)
        await eve.sign_in("eve@example.com")
        token = await invited(eve, BOB, "viewer")
        assert (await eve.post(f"{INVITES}/look", {"token": token})).json["known"] is True
        for body in ({}, {"name": "Eve", "password": NEWER}, {"name": "Eve"}):
            refused = await eve.post(f"{INVITES}/accept", {"token": token, **body})
            assert refused.status in (401, 422), refused.text
            assert "Set-Cookie" not in refused.headers
        assert (await services.store.credentials(BOB)) is not None
        joined = await bob.post(f"{INVITES}/accept", {"token": token, "password": PASSWORD})
        assert (joined.json["tenant"]["id"], joined.json["role"]) == (acme, "viewer")
        assert [each["name"] for each in joined.json["tenants"]] == sorted(
            each["name"] for each in joined.json["tenants"]
        )


async def test_who_is_signed_in_joins_without_a_password(locked: Api) -> None:
    await owner(locked)
    async with browsing(locked) as ada:
        await ada.sign_in()
        acme = (await ada.post("/api/v1/tenants", {"name": "acme"})).json["id"]
        token = await invited(ada, ADA, "owner", tenant=acme)
        assert (await ada.post(f"{INVITES}/accept", {"token": token})).json["tenant"]["id"] == acme


async def test_revoked_replaced_and_old_links_are_good_for_nothing(locked: Api) -> None:
    await owner(locked)
    services = locked.app.services
    async with browsing(locked) as ada:
        await ada.sign_in()
        revoked, replaced = await invited(ada, "carl@example.com", "viewer"), await invited(ada, BOB, "viewer")
        newer = await invited(ada, BOB, "operator")
        items = (await ada.get(INVITES)).json["items"]
        assert {item["email"]: item["role"] for item in items} == {"carl@example.com": "viewer", BOB: "operator"}
        carl = next(item["id"] for item in items if item["email"] == "carl@example.com")
        assert (await ada.call("DELETE", f"{INVITES}/{carl}")).status == 204
        now = services.now()
        old = Invite(
            services.engine.entropy.new_id(now), "member", "dora@example.com", "ada", now - 8 * DAY, now - DAY,
            tenant="default",
        )  # fmt: skip
        await services.store.add_invite(old, digest_of("old"))
        looks = [
            (await ada.post(f"{INVITES}/look", {"token": each})).status for each in (revoked, replaced, "old", "x")
        ]
        assert looks == [404, 404, 404, 404]
        assert (await ada.post(f"{INVITES}/look", {"token": newer})).status == 200


async def test_nobody_invites_above_their_own_role(locked: Api) -> None:
    await owner(locked)
    await person(locked, BOB, "admin")
    async with browsing(locked) as bob:
        await bob.sign_in(BOB)
        assert (await bob.post(INVITES, {"email": "eve@example.com", "role": "owner"})).status == 403
        assert (await bob.post(INVITES, {"email": "eve@example.com", "role": "admin"})).status == 201
        elsewhere = {"email": "eve@example.com", "role": "viewer", "tenant": "acme"}
        assert (await bob.post(INVITES, elsewhere)).status == 403


# -- members ---------------------------------------------------------------------------------------------------------


async def test_members_are_listed_changed_and_removed(locked: Api) -> None:
    ada_user = await owner(locked)
    bob = await person(locked, BOB, "editor", name="Bob")
    async with browsing(locked) as ada, browsing(locked) as his:
        await ada.sign_in()
        await his.sign_in(BOB)
        items = {item["email"]: item for item in (await ada.get(USERS)).json["items"]}
        assert {email: item["role"] for email, item in items.items()} == {ADA: "owner", BOB: "editor"}
        assert (items[BOB]["kind"], items[BOB]["disabled"], items[BOB]["totp"]) == ("person", False, False)
        changed = await ada.call("PATCH", f"{USERS}/{bob.id}", {"role": "viewer"})
        assert changed.json["role"] == "viewer"
        assert (await his.post("/api/v1/jobs", {"kind": "noop"})).status == 403  # at once
        off = await ada.call("PATCH", f"{USERS}/{bob.id}", {"disabled": True})
        assert off.json["disabled"] is True
        assert (await his.get(SESSION)).status == 401
        await ada.call("PATCH", f"{USERS}/{bob.id}", {"disabled": False})
        assert (await his.get(SESSION)).status == 401  # what was ended stays so
        await his.sign_in(BOB)
        assert (await ada.call("DELETE", f"{USERS}/{bob.id}")).status == 204
        gone = (await his.get(SESSION)).json
        assert (gone["role"], gone["tenants"]) == (None, [])
        assert (await his.get("/api/v1/workflows")).status == 403
        for last in ({"role": "viewer"}, {"disabled": True}):
            assert (await ada.call("PATCH", f"{USERS}/{ada_user.id}", last)).status == 409
        assert (await ada.call("DELETE", f"{USERS}/{ada_user.id}")).status == 409


async def test_an_admin_does_nothing_to_an_owner(locked: Api) -> None:
    ada_user = await owner(locked)
    await person(locked, BOB, "admin")
    carl = await person(locked, "carl@example.com", "viewer")
    async with browsing(locked) as bob:
        await bob.sign_in(BOB)
        one = f"{USERS}/{ada_user.id}"
        replies = [
            await bob.call("PATCH", one, {"role": "viewer"}),
            await bob.call("DELETE", one),
            await bob.post(f"{one}/password-link"),
            await bob.post(f"{one}/sign-out"),
            await bob.call("PATCH", f"{USERS}/{carl.id}", {"role": "owner"}),
            await bob.call("PATCH", f"{USERS}/{carl.id}", {"disabled": True}),
        ]
        assert [reply.status for reply in replies] == [403] * 6
        assert (await bob.call("PATCH", f"{USERS}/{carl.id}", {"role": "admin"})).status == 200


async def test_an_admin_of_the_instance_makes_others_one(locked: Api) -> None:
    ada_user = await owner(locked)
    bob = await person(locked, BOB, "owner")
    async with browsing(locked) as ada, browsing(locked) as his:
        await ada.sign_in()
        await his.sign_in(BOB)
        assert (await his.call("PATCH", f"{USERS}/{bob.id}", {"instance_admin": True})).status == 403
        assert (await ada.call("PATCH", f"{USERS}/{ada_user.id}", {"instance_admin": False})).status == 409  # the last
        made = await ada.call("PATCH", f"{USERS}/{bob.id}", {"instance_admin": True})
        assert made.json["instance_admin"] is True
        assert (await his.get("/api/v1/tenants")).status == 200
        account = (await ada.post("/api/v1/service-accounts", {"name": "robot", "role": "owner"})).json
        assert (await ada.call("PATCH", f"{USERS}/{account['id']}", {"instance_admin": True})).status == 409


async def test_a_password_link_sets_a_password_once(locked: Api) -> None:
    await owner(locked)
    bob = await person(locked, BOB, "editor")
    async with browsing(locked) as ada, browsing(locked) as his, browsing(locked) as there:
        await ada.sign_in()
        await there.sign_in(BOB)
        made = await ada.post(f"{USERS}/{bob.id}/password-link")
        assert made.status == 201
        token = token_of(made.json["url"])
        look = (await his.post(f"{INVITES}/look", {"token": token})).json
        assert (look["purpose"], look["email"], look["tenant"], look["known"]) == ("password", BOB, None, True)
        assert (await his.post(f"{INVITES}/accept", {"token": token, "password": "short"})).status == 422
        done = await his.post(f"{INVITES}/accept", {"token": token, "password": NEWER})
        assert (done.status, done.json["user"]["email"]) == (200, BOB)
        assert (await there.get(SESSION)).status == 401  # signed out everywhere
        assert (await there.sign_in(BOB)).status == 401
        assert (await there.sign_in(BOB, NEWER)).status == 200
        assert (await his.post(f"{INVITES}/accept", {"token": token, "password": PASSWORD})).status == 404


async def test_a_password_link_of_one_tenants_admin_opens_no_other_tenant(locked: Api) -> None:
    await owner(locked)
    bob = await person(locked, BOB, "owner")
    services = locked.app.services
    async with browsing(locked) as ada, browsing(locked) as eve:
        await ada.sign_in()
        acme = (await ada.post("/api/v1/tenants", {"name": "acme"})).json["id"]
        await person(locked, "eve@example.com", "owner", tenant=acme)
        await eve.sign_in("eve@example.com")
        assert (await eve.post(f"{USERS}/{bob.id}/password-link")).status == 404  # no member there
        token = await invited(eve, BOB, "viewer")
        async with browsing(locked) as his:
            await his.post(f"{INVITES}/accept", {"token": token, "password": PASSWORD})
        assert len(await services.store.memberships(bob.id)) == 2
        assert (await eve.post(f"{USERS}/{bob.id}/password-link")).status == 403
        assert (await ada.post(f"{USERS}/{bob.id}/password-link")).status == 201  # an admin of the instance


# -- service accounts and keys ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("body", "rule"), [
    ({"expires_in": "2s"}, "must be 1m to 3660d"),
    ({"expires_in": "never"}, "must be a time such as 90d; left out, the key never ends"),
    ({"name": ""}, "must not be empty"),
])  # fmt: skip
async def test_a_wrong_key_is_told_in_words(api: Api, body: dict[str, str], rule: str) -> None:
    refused = await api.post(KEYS, {"name": "ci", "role": "viewer", **body})
    assert (refused.status, refused.json["errors"][0]["message"]) == (422, rule)


async def test_a_service_account_and_its_keys_come_and_go_together(locked: Api) -> None:
    await owner(locked)
    async with browsing(locked) as ada:
        await ada.sign_in()
        account = (await ada.post("/api/v1/service-accounts", {"name": "deploys", "role": "operator"})).json
        body = {"name": "ci", "role": "operator", "service_account": account["id"], "expires_in": "90d"}
        made = (await ada.post(KEYS, body)).json
        header = {"Authorization": f"Bearer {made['key']}"}
        assert (await locked.get("/api/v1/runs", headers=header)).status == 200
        above = await ada.post(KEYS, {**body, "role": "editor"})
        assert (above.status, above.paths) == (422, ["role"])
        lowered = await ada.call("PATCH", f"{USERS}/{account['id']}", {"role": "viewer"})
        assert lowered.status == 409  # its key has more
        listed = next(key for key in (await ada.get(KEYS)).json["items"] if key["id"] == made["id"])
        assert (listed["created_by"], listed["service_account"]) == ("ada@example.com", account["id"])
        assert listed["expires_at"] == made["expires_at"]
        assert (await ada.get("/api/v1/service-accounts")).json["items"] == [account]
        assert (await ada.call("DELETE", f"/api/v1/service-accounts/{account['id']}")).status == 204
        assert (await locked.get("/api/v1/runs", headers=header)).status == 401


async def test_a_person_is_no_service_account(locked: Api) -> None:
    ada_user = await owner(locked)
    async with browsing(locked) as ada:
        await ada.sign_in()
        body = {"name": "x", "role": "viewer", "service_account": ada_user.id}
        assert (await ada.post(KEYS, body)).status == 404
        assert (await ada.call("DELETE", f"/api/v1/service-accounts/{ada_user.id}")).status == 404
        account = (await ada.post("/api/v1/service-accounts", {"name": "robot", "role": "viewer"})).json
        assert (await ada.post(f"{USERS}/{account['id']}/password-link")).status == 409


async def test_the_last_use_of_a_key_is_noted(api: Api) -> None:
    made = (await api.post(KEYS, {"name": "ci", "role": "viewer"})).json
    header = {"Authorization": f"Bearer {made['key']}"}
    assert (await api.get(KEYS)).json["items"][0]["used_at"] is None
    assert (await api.get("/api/v1/runs", headers=header)).status == 200

    async def used() -> Any:
        key = (await api.get(KEYS)).json["items"][0]
        return key if key["used_at"] else None

    key = await eventually(used, 10)
    assert key["used_from"] == "127.0.0.1"
    assert [key["id"], key["revoked_at"]] == [made["id"], None]


async def test_uses_of_a_key_within_a_minute_are_one(api: Api) -> None:
    uses = api.app.services.people.key_uses
    now = api.app.services.now()
    uses.note("a", "1.2.3.4", now)
    await uses.run_once()
    uses.note("a", "1.2.3.4", now + 59 * SECOND)
    assert not uses._waiting
    uses.note("a", "5.6.7.8", now + MINUTE)
    assert uses._waiting["a"].address == "5.6.7.8"
    uses._waiting.clear()


# -- accounts --------------------------------------------------------------------------------------------------------


async def test_a_new_password_ends_other_sessions(locked: Api) -> None:
    await owner(locked)
    async with browsing(locked) as here, browsing(locked) as there:
        await here.sign_in()
        await there.sign_in()
        assert (await here.call("PATCH", ACCOUNT, {"name": " Ada  Lovelace "})).json["name"] == "Ada Lovelace"
        wrong = await here.post(f"{ACCOUNT}/password", {"current": "not the password", "new": NEWER})
        assert (wrong.status, wrong.paths) == (422, ["current"])
        poor = await here.post(f"{ACCOUNT}/password", {"current": PASSWORD, "new": "short"})
        assert (poor.status, poor.paths) == (422, ["new"])
        assert (await here.post(f"{ACCOUNT}/password", {"current": PASSWORD, "new": NEWER})).status == 204
        assert [(await browser.get(SESSION)).status for browser in (here, there)] == [200, 401]
        assert [(await there.sign_in(ADA, each)).status for each in (PASSWORD, NEWER)] == [401, 200]


async def test_one_time_codes_are_asked_for_and_count_once(locked: Api) -> None:
    await owner(locked)
    services = locked.app.services
    async with browsing(locked) as here, browsing(locked) as there:
        await here.sign_in()
        await there.sign_in()
        seed, recovery = await with_codes(here)
        assert len(set(recovery)) == 10
        assert (await there.get(SESSION)).status == 401
        asked = await there.sign_in()
        assert (asked.status, asked.paths) == (401, ["code"])
        assert (await there.sign_in(ADA, "wrong password here")).json["errors"] == []  # says nothing of codes
        now = services.now()
        used = one_time.code_at(seed, now)  # the one that confirmed
        replies = [await there.sign_in(code=code) for code in (used, "000000x", "12345")]
        assert [(reply.status, reply.paths) for reply in replies] == [(401, ["code"])] * 3
        following = one_time.code_at(seed, now + 30 * SECOND)
        assert (await there.sign_in(code=following)).status == 200
        assert (await there.sign_in(code=following)).status == 401  # a second time it doesn't
        assert (await there.get(SESSION)).json["user"]["totp"] is True
        assert (await there.sign_in(code=recovery[0].upper().replace("-", " "))).status == 200
        assert (await there.sign_in(code=recovery[0])).status == 401
        wrong = await there.call("DELETE", f"{ACCOUNT}/totp", {"password": "wrong password here"})
        assert (wrong.status, wrong.paths) == (422, ["password"])
        assert (await there.call("DELETE", f"{ACCOUNT}/totp", {"password": PASSWORD})).status == 204
        assert (await there.sign_in()).status == 200


async def test_codes_are_guessed_no_more_often_than_passwords(locked: Api) -> None:
    await owner(locked)
    async with browsing(locked) as ada, browsing(locked) as eve:
        await ada.sign_in()
        await with_codes(ada)
        statuses = [(await eve.sign_in(code=f"{guess:06}")).status for guess in range(6)]
        assert statuses == [401] * 5 + [429]


async def test_a_wrong_code_or_seed_sets_nothing_up(locked: Api) -> None:
    await owner(locked)
    async with browsing(locked) as ada:
        await ada.sign_in()
        seed = (await ada.post(f"{ACCOUNT}/totp")).json["secret"]
        for given, path in (({"secret": seed, "code": "000000"}, "code"), ({"secret": "AAAA", "code": "1"}, "secret")):
            refused = await ada.post(f"{ACCOUNT}/totp/confirm", {**given, "password": PASSWORD})
            assert (refused.status, refused.paths) == (422, [path])
        assert (await ada.sign_in()).status == 200


async def test_a_password_link_is_no_way_around_one_time_codes(locked: Api) -> None:
    await owner(locked)
    bob = await person(locked, BOB, "editor")
    async with browsing(locked) as ada, browsing(locked) as his:
        await his.sign_in(BOB)
        _, recovery = await with_codes(his)
        await ada.sign_in()
        token = token_of((await ada.post(f"{USERS}/{bob.id}/password-link")).json["url"])
        asked = await his.post(f"{INVITES}/accept", {"token": token, "password": NEWER})
        assert (asked.status, asked.paths) == (401, ["code"])
        done = await his.post(f"{INVITES}/accept", {"token": token, "password": NEWER, "code": recovery[3]})
        assert done.status == 200


@pytest.mark.parametrize("path", ["/api/v1/sessions", f"{ACCOUNT}/totp"])
async def test_keys_and_the_local_user_have_no_account(api: Api, path: str) -> None:
    method = "GET" if path.endswith("sessions") else "POST"
    key = await api.key("owner")
    assert (await api.call(method, path)).status == 403
    assert (await api.call(method, path, headers=key)).status == 403


async def test_nothing_secret_is_logged_or_kept_in_clear(locked: Api, logs: list[Any]) -> None:
    await owner(locked)
    async with browsing(locked) as ada:
        await ada.sign_in()
        token = await invited(ada, BOB, "viewer")
        seed, recovery = await with_codes(ada)
        session = ada.token or "-"
    told = str(logs)
    found = await locked.app.services.store.credentials(ADA)
    for secret in (PASSWORD, token, seed, recovery[0], session):
        assert secret not in told
        assert secret not in str(found)
