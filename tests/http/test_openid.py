"""Signing in by way of an OpenID provider: the whole way with a real one, and every lie that one could tell."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from tests.http.people import ADA, PASSWORD, SESSION, Browser, browsing, owner, person
from tests.http.serving import Api, serving
from tests.support.openid import CLIENT_ID, CLIENT_SECRET, Liar, has_provider, lying, provider, sign_in_there

PUBLIC = "http://flows.example.test"
CALLBACK = "/api/v1/session/openid/callback"
OPENID = f"{SESSION}/openid"
BOB = "bob@example.com"

real = pytest.mark.skipif(not has_provider(), reason="needs Node and the console's packages")


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with provider(PUBLIC + CALLBACK) as found:
        yield found


def settings(issuer: str, **more: Any) -> dict[str, Any]:
    client = {"oidc_client_id": CLIENT_ID, "oidc_client_secret": CLIENT_SECRET, "oidc_name": "Example"}
    return {"local": False, "public_url": PUBLIC, "oidc_issuer": issuer, **client, **more}


@pytest.fixture
async def there(issuer: str, logs: list[Any]) -> AsyncIterator[Api]:
    """A server whose people may sign in by the real provider."""
    async with serving(**settings(issuer)) as api:
        yield api


async def gone_to(browser: Browser) -> str:
    """Where the browser is led."""
    reply = await browser.get(OPENID)
    assert reply.status == 303, reply.text
    return str(reply.headers["Location"])


async def come_back(browser: Browser, place: str) -> str:
    """Follows the way back into this server; where that leads."""
    assert place.startswith(PUBLIC + CALLBACK), place
    reply = await browser.get(place.removeprefix(PUBLIC))
    assert reply.status == 303, reply.text
    return str(reply.headers["Location"])


@real
async def test_a_person_is_linked_and_signs_in(there: Api) -> None:
    await owner(there)
    async with browsing(there) as ada:
        options = await ada.get(f"{SESSION}/options")
        assert options.json["openid"] == {"name": "Example"}
        url = await gone_to(ada)
        query = dict(parse_qsl(urlsplit(url).query))
        assert (query["code_challenge_method"], query["response_type"]) == ("S256", "code")
        assert await come_back(ada, await sign_in_there(url, ADA)) == "/app/"
        session = (await ada.get(SESSION)).json
        assert (session["user"]["email"], session["role"]) == (ADA, "owner")
        assert (await ada.call("DELETE", SESSION)).status == 204
        assert await come_back(ada, await sign_in_there(await gone_to(ada), ADA)) == "/app/"
        assert (await ada.get(SESSION)).status == 200


@real
async def test_a_code_counts_once_and_in_its_own_browser(there: Api) -> None:
    await owner(there)
    async with browsing(there) as ada, browsing(there) as eve:
        url = await gone_to(ada)
        kept = ada.cookie("holdfast_openid") or ""
        place = await sign_in_there(url, ADA)
        assert await come_back(eve, place) == "/app/signin?openid=state"  # she has no cookie of it
        await gone_to(eve)
        assert await come_back(eve, place) == "/app/signin?openid=state"  # nor with one of another sign-in
        assert await come_back(ada, place) == "/app/"
        assert await come_back(ada, place) == "/app/signin?openid=state"  # its cookie is gone
        eve.session.cookie_jar.update_cookies({"holdfast_openid": kept})
        assert await come_back(eve, place) == "/app/signin?openid=refused"  # the provider knows the code as used
        assert (await eve.get(SESSION)).status == 401


@real
async def test_who_isnt_known_doesnt_get_in(there: Api) -> None:
    await owner(there)
    async with browsing(there) as eve:
        for login, reason in (("eve@example.com", "unknown"), ("unverified-ada@example.com", "unverified")):
            place = await sign_in_there(await gone_to(eve), login)
            assert await come_back(eve, place) == f"/app/signin?openid={reason}"
            assert (await eve.get(SESSION)).status == 401
    assert not await there.app.services.store.credentials("eve@example.com")


@real
async def test_an_unverified_address_opens_nobodys_account(there: Api) -> None:
    await owner(there, "unverified@example.com")
    async with browsing(there) as eve:
        place = await sign_in_there(await gone_to(eve), "unverified@example.com")
        assert await come_back(eve, place) == "/app/signin?openid=unverified"


@real
async def test_an_invite_is_accepted_on_the_way(there: Api) -> None:
    await owner(there)
    async with browsing(there) as ada, browsing(there) as bob, browsing(there) as eve:
        ada.origin = bob.origin = eve.origin = PUBLIC
        await ada.sign_in()
        made = await ada.post("/api/v1/invites", {"email": BOB, "role": "editor"})
        token = made.json["url"].partition("#")[2]
        way = await eve.post(OPENID, {"invite": token})
        assert (
            await come_back(eve, await sign_in_there(way.json["url"], "eve@example.com")) == "/app/signin?openid=invite"
        )
        way = await bob.post(OPENID, {"invite": token})
        assert token not in way.json["url"]
        assert await come_back(bob, await sign_in_there(way.json["url"], BOB)) == "/app/"
        session = (await bob.get(SESSION)).json
        assert (session["user"]["email"], session["role"], session["user"]["name"]) == (BOB, "editor", f"Name of {BOB}")
        assert (await bob.sign_in(BOB, "any password at all")).status == 401  # they have none here


@real
async def test_who_made_an_account_for_an_address_of_another_loses_it_to_its_owner(there: Api) -> None:
    await owner(there)
    async with browsing(there) as ada, browsing(there) as eve, browsing(there) as bob:
        ada.origin = eve.origin = bob.origin = PUBLIC
        await ada.sign_in()
        # Eve, who has the link of an invite, waits with an account in Bob's name for what others will give him.
        made = await ada.post("/api/v1/invites", {"email": BOB, "role": "viewer"})
        waiting = {"token": made.json["url"].partition("#")[2], "name": "Bob", "password": PASSWORD}
        assert (await eve.post("/api/v1/invites/accept", waiting)).status == 200
        assert (await eve.get(SESSION)).status == 200
        assert await come_back(bob, await sign_in_there(await gone_to(bob), BOB)) == "/app/"
        assert (await bob.get(SESSION)).json["user"]["email"] == BOB
        assert (await eve.get(SESSION)).status == 401
        assert (await eve.sign_in(BOB)).status == 401
        assert (await bob.get(SESSION)).status == 200


@real
async def test_an_admin_of_the_instance_keeps_the_password(there: Api) -> None:
    await owner(there)
    async with browsing(there) as ada:
        ada.origin = PUBLIC
        assert await come_back(ada, await sign_in_there(await gone_to(ada), ADA)) == "/app/"
        assert (await ada.sign_in()).status == 200


@real
async def test_addresses_of_a_domain_get_in_with_a_role(issuer: str, logs: list[Any]) -> None:
    async with serving(**settings(issuer, oidc_domains="example.org", oidc_role="viewer")) as api:
        await owner(api)
        async with browsing(api) as carl, browsing(api) as eve:
            assert await come_back(carl, await sign_in_there(await gone_to(carl), "carl@example.org")) == "/app/"
            assert (await carl.get(SESSION)).json["role"] == "viewer"
            place = await sign_in_there(await gone_to(eve), "eve@evil.example.org")
            assert await come_back(eve, place) == "/app/signin?openid=unknown"


@real
async def test_who_was_switched_off_stays_out(there: Api) -> None:
    await owner(there)
    bob = await person(there, BOB, "editor")
    async with browsing(there) as ada, browsing(there) as his:
        ada.origin = PUBLIC
        await ada.sign_in()
        await ada.call("PATCH", f"/api/v1/users/{bob.id}", {"disabled": True})
        assert await come_back(his, await sign_in_there(await gone_to(his), BOB)) == "/app/signin?openid=unknown"


@real
async def test_who_refuses_there_is_not_signed_in_here(there: Api, issuer: str) -> None:
    await owner(there)
    async with browsing(there) as ada:
        query = dict(parse_qsl(urlsplit(await gone_to(ada)).query))
        place = f"{PUBLIC}{CALLBACK}?error=access_denied&error_description=no&state={query['state']}"
        assert await come_back(ada, f"{place}&iss={issuer}") == "/app/signin?openid=refused"


# -- a provider that lies --------------------------------------------------------------------------------------------


@pytest.fixture
async def liar() -> AsyncIterator[Liar]:
    async with lying() as found:
        yield found


@pytest.fixture
async def fooled(liar: Liar, logs: list[Any]) -> AsyncIterator[Api]:
    async with serving(**settings(liar.issuer)) as api:
        await owner(api)
        yield api


async def answered(api: Api, liar: Liar, more: str = "") -> str:
    async with browsing(api) as browser:
        query = liar.lead_back(await gone_to(browser))
        return await come_back(browser, f"{PUBLIC}{CALLBACK}?{query}{more}")


async def test_an_honest_answer_gets_in(fooled: Api, liar: Liar) -> None:
    assert await answered(fooled, liar) == "/app/"
    assert await answered(fooled, liar, "&session_state=x&scope=openid") == "/app/"  # what others add is passed over
    liar.claims = {"aud": [CLIENT_ID, "other"], "azp": CLIENT_ID}
    assert await answered(fooled, liar) == "/app/"


async def test_an_address_that_changed_hands_takes_no_account_along(fooled: Api, liar: Liar) -> None:
    assert await answered(fooled, liar) == "/app/"
    liar.claims = {"sub": "another ada"}
    assert await answered(fooled, liar) == "/app/signin?openid=unknown"
    liar.claims = {}
    assert await answered(fooled, liar) == "/app/"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "other"},
        {"aud": None},
        {"aud": [CLIENT_ID, "other"]},
        {"azp": "other"},
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"exp": 1},
        {"exp": None},
        {"exp": True},
        {"iat": 99_999_999_999},
        {"iat": None},
        {"sub": ""},
        {"sub": None},
        {"sub": 7},
    ],
    ids=str,
)
async def test_a_token_that_isnt_for_this_sign_in_is_refused(fooled: Api, liar: Liar, claims: dict[str, Any]) -> None:
    liar.claims = claims
    assert await answered(fooled, liar) == "/app/signin?openid=refused"


@pytest.mark.parametrize(
    "claims", [{"email_verified": False}, {"email_verified": None}, {"email_verified": "true"}, {"email": "no address"}]
)
async def test_an_address_that_isnt_vouched_for_is_refused(fooled: Api, liar: Liar, claims: dict[str, Any]) -> None:
    liar.claims = claims
    assert await answered(fooled, liar) == "/app/signin?openid=unverified"


async def test_a_token_that_nobody_or_another_signed_is_refused(fooled: Api, liar: Liar) -> None:
    other = RSAKey.generate_key(2048, {"kid": "one"})
    public = liar.key.as_pem(private=False)
    ways = (
        liar.unsigned,
        lambda claims: jwt.encode({"alg": "RS256", "kid": "one"}, claims, other),
        lambda claims: jwt.encode({"alg": "RS256", "kid": "two"}, claims, other),
        # The public key as the secret of a symmetric signature.
        lambda claims: jwt.encode({"alg": "HS256", "kid": "one"}, claims, OctKey.import_key(public)),
        lambda claims: "not.a.token",
        lambda claims: "",
    )
    for way in ways:
        liar.signed = way
        assert await answered(fooled, liar) == "/app/signin?openid=refused"
    liar.signed = None
    assert await answered(fooled, liar) == "/app/"


async def test_an_answer_of_another_provider_is_refused(fooled: Api, liar: Liar) -> None:
    assert await answered(fooled, liar, "&iss=https://evil.example") == "/app/signin?openid=refused"
    assert await answered(fooled, liar, f"&iss={liar.issuer}") == "/app/"


@pytest.mark.parametrize(
    "description",
    [{"issuer": "https://evil.example"}, {"authorization_endpoint": "ftp://x"}, {"authorization_endpoint": None}],
    ids=str,
)
async def test_a_description_that_isnt_the_issuers_is_refused(
    fooled: Api, liar: Liar, description: dict[str, Any]
) -> None:
    liar.description = description
    async with browsing(fooled) as browser:
        assert (await browser.get(OPENID)).headers["Location"] == "/app/signin?openid=unavailable"
        browser.origin = PUBLIC
        assert (await browser.post(OPENID)).status == 503


async def test_a_new_key_of_the_provider_is_looked_for(fooled: Api, liar: Liar) -> None:
    assert await answered(fooled, liar) == "/app/"
    openid = fooled.app.services.people.openid
    assert openid is not None
    found = openid._provider._keys
    assert found is not None
    openid._provider._keys = (found[0] - 60_000_000, found[1])  # fetched a minute ago
    liar.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
    assert await answered(fooled, liar) == "/app/"


async def test_a_subject_keeps_to_its_person(fooled: Api, liar: Liar) -> None:
    """The subject counts, not the address: one that changes hands there takes nobody's account along."""
    assert await answered(fooled, liar) == "/app/"
    bob = await person(fooled, BOB, "editor")
    liar.claims = {"email": BOB}  # the same subject, with another's address now
    async with browsing(fooled) as browser:
        query = liar.lead_back(await gone_to(browser))
        await come_back(browser, f"{PUBLIC}{CALLBACK}?{query}")
        assert (await browser.get(SESSION)).json["user"]["id"] != bob.id


async def test_without_a_provider_there_is_nothing(locked: Api) -> None:
    for method, path in (("GET", OPENID), ("GET", CALLBACK), ("POST", OPENID)):
        assert (await locked.call(method, path)).status == 404
