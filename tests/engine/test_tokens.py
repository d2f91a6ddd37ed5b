"""Tokens of OAuth 2 from a real provider: fetched once, kept, renewed, and never lost to another process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from holdfast.engine.connections.connections import ConnectionDraft, Connections, Tried
from holdfast.engine.connections.documents import STATE
from holdfast.engine.connections.token_end import DEFAULT_LIFE, TokenAnswer
from holdfast.engine.connections.tokens import BEFORE_END, MARK_COUNTS, Tokens
from holdfast.engine.secrets import Secrets
from holdfast.model.instant import SECOND
from holdfast.model.json import JSONObject
from holdfast.model.secret import SealedSecret, SecretType, sealed_for
from holdfast.outgoing.guard import EgressGuard
from holdfast.outgoing.http import OutgoingHttp
from holdfast.outgoing.token_web import OutgoingTokenWeb
from holdfast.ports import SecretRefused, SecretUnavailable
from holdfast.ports.sealed import SealedValue
from holdfast.schema import JsonSchemas
from holdfast.system import SystemClock
from holdfast.vault import KeyVault
from tests.engine.sealing import KEY, Sealing, sealing
from tests.support.oauth import CLIENT_SECRET, Provider, has_provider, provider

TENANT = "default"
NAME = "CRM"
real = pytest.mark.skipif(not has_provider(), reason="the provider needs Node and the console's packages")


@dataclass
class Web:
    """Asks the real web, or answers as told, and keeps what was asked."""

    real: OutgoingTokenWeb | None = None
    answers: list[TokenAnswer | Exception] = field(default_factory=list)
    asked: list[tuple[dict[str, str], tuple[str, str] | None]] = field(default_factory=list)
    meanwhile: Callable[[], Awaitable[object]] | None = None

    async def post(self, tenant: str, url: str, form: Mapping[str, str], basic: tuple[str, str] | None) -> TokenAnswer:
        self.asked.append((dict(form), basic))
        if self.meanwhile is not None:
            await self.meanwhile()
        if self.real is not None:
            return await self.real.post(tenant, url, form, basic)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def answer(status: int = 200, **said: Any) -> TokenAnswer:
    return TokenAnswer(status, json.dumps(said).encode())


async def never(tenant: str, type_: SecretType, fields: JSONObject) -> Tried:
    raise AssertionError("nothing is tried here")


@dataclass
class Scene:
    made: Sealing
    web: Web

    def tokens(self, clock: SystemClock | None = None) -> Tokens:
        """Those of another process."""
        return Tokens(self.made.store, KeyVault(KEY), clock or self.made.clock, self.made.entropy, self.web)

    @property
    def secrets(self) -> Secrets:
        return self.made.secrets

    async def put(self, **auth: Any) -> SealedSecret:
        connections = Connections(self.secrets, JsonSchemas(), self.made.clock, self.made.entropy, never)
        draft = ConnectionDraft("http", {"auth": auth}, hosts=("api.example.com",))
        return await connections.put(TENANT, NAME, draft)

    async def kept(self) -> tuple[SealedSecret, JSONObject]:
        found = await self.secrets.sealed(TENANT, NAME)
        assert found is not None
        return found, json.loads(self.secrets.open(found).value)

    async def token(self, tokens: Tokens, stale: str | None = None) -> str:
        return await tokens.token(*await self.kept(), stale)


@asynccontextmanager
async def scene(url: str = "memory:", *answers: TokenAnswer | Exception) -> AsyncIterator[Scene]:
    outgoing = OutgoingHttp(EgressGuard("loopback"))
    try:
        async with sealing(url) as made:
            yield Scene(made, Web(answers=list(answers)) if answers else Web(OutgoingTokenWeb(outgoing)))
    finally:
        await outgoing.close()


@pytest.fixture(scope="module")
def there() -> Iterator[Provider]:
    with provider() as made:
        yield made


def credentials(url: str = "https://login.example.com/token", **more: Any) -> dict[str, Any]:
    auth = {"type": "oauth2_client_credentials", "token_url": url, "client_id": "poster"}
    return {**auth, "client_secret": CLIENT_SECRET, "auth": "body", **more}


def refreshing(there: Provider, **more: Any) -> dict[str, Any]:
    auth = {"type": "oauth2_refresh", "token_url": there.token_url, "client_id": "refresher"}
    return {**auth, "client_secret": CLIENT_SECRET, "refresh_token": there.refresh_token, **more}


@real
@pytest.mark.parametrize(("client", "auth"), [("basic client", "basic"), ("poster", "body")])
async def test_a_client_gets_its_token_once_for_all_that_ask(there: Provider, client: str, auth: str) -> None:
    async with scene() as s:
        await s.put(**credentials(there.token_url, client_id=client, auth=auth, scopes=["read", "write"]))
        tokens = s.tokens()
        got = await asyncio.gather(*(s.token(tokens) for _ in range(20)))
        assert (len(set(got)), len(s.web.asked)) == (1, 1)
        assert s.web.asked[0][0]["scope"] == "read write"
        assert await s.token(tokens, stale=got[0]) != got[0]
        assert len(s.web.asked) == 2


@real
async def test_a_token_is_fetched_anew_before_its_end_and_after_a_change(there: Provider) -> None:
    async with scene() as s:
        await s.put(**credentials(there.token_url))
        tokens = s.tokens()
        first = await s.token(tokens)
        s.made.clock.move(600 * SECOND - BEFORE_END - SECOND)
        assert await s.token(tokens) == first
        s.made.clock.move(SECOND)
        second = await s.token(tokens)
        assert second != first
        s.made.clock.move(1)
        await s.put(**credentials(there.token_url))
        assert await s.token(tokens) not in (first, second)


@real
async def test_a_provider_that_refuses_the_client_ends_it(there: Provider) -> None:
    async with scene() as s:
        await s.put(**credentials(there.token_url, client_secret="wrong"))
        with pytest.raises(SecretRefused, match=r"127\.0\.0\.1 answered 401 \(invalid_client\)"):
            await s.token(s.tokens())


@real
@pytest.mark.parametrize("store", ["sqlite", "postgres"])
async def test_processes_that_refresh_at_once_lose_no_refresh_token(store: str, request: pytest.FixtureRequest) -> None:
    """The provider ends everything when a refresh token comes twice."""
    with provider() as there:
        async with scene(request.getfixturevalue(f"{store}_url")) as s:
            begun = await s.put(**refreshing(there))
            clock = SystemClock()
            processes = [s.tokens(clock) for _ in range(4)]
            got = await asyncio.gather(*(s.token(tokens) for tokens in processes for _ in range(3)))
            assert (len(set(got)), len(s.web.asked)) == (1, 1)
            for _ in range(3):
                stale = got[0]
                got = await asyncio.gather(*(s.token(tokens, stale) for tokens in processes))
                assert stale not in got
            kept, document = await s.kept()
            assert kept.updated_at == begun.updated_at
            auth = document["auth"]
            assert isinstance(auth, dict)
            assert auth["refresh_token"] not in ("", there.refresh_token)
            assert len({form["refresh_token"] for form, _ in s.web.asked}) == len(s.web.asked)


async def test_a_refresh_token_that_somebody_sets_meanwhile_counts() -> None:
    async with scene("memory:", answer(access_token="one", refresh_token="theirs")) as s:
        auth = {"type": "oauth2_refresh", "token_url": "https://login.example.com/t", "client_id": "a"}
        await s.put(**auth, refresh_token="first")
        s.web.meanwhile = lambda: s.put(**auth, refresh_token="ours")
        assert await s.token(s.tokens()) == "one"
        _, document = await s.kept()
        assert document["auth"] == {**auth, "refresh_token": "ours"}


async def test_a_change_that_keeps_the_refresh_token_while_it_is_used_keeps_the_new_one() -> None:
    async with scene("memory:", answer(access_token="one", refresh_token="second")) as s:
        auth = {"type": "oauth2_refresh", "token_url": "https://login.example.com/t", "client_id": "a"}
        await s.put(**auth, refresh_token="first")
        s.web.meanwhile = lambda: s.put(**auth, scopes=["read"])
        assert await s.token(s.tokens()) == "one"
        _, document = await s.kept()
        assert document["auth"] == {**auth, "scopes": ["read"], "refresh_token": "second"}


async def test_a_process_that_ended_while_it_refreshed_holds_up_nobody_for_long() -> None:
    async with scene("memory:", answer(access_token="one")) as s:
        auth = {"type": "oauth2_refresh", "token_url": "https://login.example.com/t", "client_id": "a"}
        await s.put(**auth, refresh_token="first")
        found, document = await s.kept()
        until = s.made.clock.now() + MARK_COUNTS
        marked = json.dumps({**document, STATE: {"mark": "gone", "until": until}})
        bound = sealed_for(found)
        value = SealedValue("secret", found.id, TENANT, bound, found.sealed)
        assert await s.made.store.reseal([(value, KeyVault(KEY).seal(TENANT, bound, marked))]) == 1
        waiting = asyncio.create_task(s.token(s.tokens()))
        while not waiting.done():
            s.made.clock.move(SECOND)
            await asyncio.sleep(0)
        assert await waiting == "one"
        assert s.made.clock.now() >= until


@pytest.mark.parametrize(("given", "final"), [
    (answer(400, error="invalid_grant"), True),
    (answer(400, error="invalid_scope"), True),
    (answer(401, error="invalid_client"), True),
    (answer(400, error="temporarily_unavailable"), False),
    (answer(404), True),
    (answer(408), False),
    (answer(429), False),
    (answer(500, error="invalid_client"), False),
    (answer(503), False),
    (TokenAnswer(200, b"<html>"), False),
    (answer(200), False),
    (answer(200, access_token="a b"), False),
    (answer(200, access_token="one", token_type="mac"), True),
    (ConnectionError("TimeoutError"), False),
    (PermissionError(), True),
])  # fmt: skip
async def test_what_a_token_end_says_is_final_or_not(given: TokenAnswer | Exception, final: bool) -> None:
    async with scene("memory:", given, answer(access_token="good")) as s:
        await s.put(**credentials())
        tokens = s.tokens()
        with pytest.raises(SecretRefused if final else SecretUnavailable) as caught:
            await s.token(tokens)
        assert CLIENT_SECRET not in str(caught.value)
        assert await s.token(tokens) == "good"


async def test_a_failure_of_a_refresh_leaves_no_mark() -> None:
    async with scene("memory:", answer(503), answer(access_token="good")) as s:
        await s.put(type="oauth2_refresh", token_url="https://login.example.com/t", client_id="a", refresh_token="r")
        with pytest.raises(SecretUnavailable):
            await s.token(s.tokens())
        assert STATE not in (await s.kept())[1]
        assert await s.token(s.tokens()) == "good"


async def test_a_wait_that_is_asked_for_is_told() -> None:
    later = TokenAnswer(429, b"{}", 7 * SECOND)
    async with scene("memory:", later) as s:
        await s.put(**credentials())
        with pytest.raises(SecretUnavailable) as caught:
            await s.token(s.tokens())
        assert caught.value.retry_after == 7 * SECOND


@pytest.mark.parametrize(("expires_in", "kept"), [(None, True), (31, True), ("600", True), (30, False), (0, False)])
async def test_how_long_a_token_is_kept(expires_in: Any, kept: bool) -> None:
    said = {} if expires_in is None else {"expires_in": expires_in}
    async with scene("memory:", answer(access_token="one", **said), answer(access_token="two", **said)) as s:
        await s.put(**credentials())
        tokens = s.tokens()
        assert [await s.token(tokens), await s.token(tokens)] == (["one", "one"] if kept else ["one", "two"])
        if expires_in is None:
            s.made.clock.move(DEFAULT_LIFE - BEFORE_END)
            assert await s.token(tokens) == "two"
