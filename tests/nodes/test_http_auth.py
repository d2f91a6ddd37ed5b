"""Credentials in the query and digests, as real servers ask for them, and who doesn't get them."""

import hashlib
import re
from typing import Any

import pytest
from aiohttp import web

from holdfast.model.json import JSONObject
from holdfast.model.outcome import Failed, Outcome
from holdfast.nodes.http_request import HttpRequest
from holdfast.ports import NodeContext
from tests.nodes.conftest import OpenSession, Serve

SECRET = "s3cr3t-value"
DIGEST: JSONObject = {"type": "digest", "username": "ada", "password": SECRET}


class DigestServer:
    """Asks for a digest with a fresh nonce and checks it as RFC 7616 says."""

    def __init__(self, algorithm: str = "MD5") -> None:
        self.algorithm = algorithm
        self.bodies: list[bytes] = []
        self.authorizations: list[str | None] = []

    async def __call__(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.read())
        given = request.headers.get("Authorization")
        self.authorizations.append(given)
        if given is not None and self._is_right(request.method, given):
            return web.Response(text="welcome")
        challenge = f'Digest realm="r", nonce="n-1", qop="auth", algorithm={self.algorithm}'
        return web.Response(status=401, headers={"WWW-Authenticate": challenge})

    def _is_right(self, method: str, given: str) -> bool:
        field = dict(re.findall(r'(\w+)="?([^",]+)"?', given))
        first = self._hash(f"ada:r:{SECRET}")
        second = self._hash(f"{method}:{field['uri']}")
        wanted = self._hash(f"{first}:n-1:{field['nc']}:{field['cnonce']}:auth:{second}")
        return str(field["response"]) == wanted

    def _hash(self, text: str) -> str:
        return hashlib.new({"MD5": "md5", "SHA-256": "sha256"}[self.algorithm], text.encode()).hexdigest()


async def outcome(open_session: OpenSession, context: NodeContext, params: JSONObject) -> Outcome:
    return await HttpRequest(open_session()).execute(context, params)


async def text(open_session: OpenSession, context: NodeContext, params: JSONObject) -> Any:
    ended: Any = await outcome(open_session, context, params)
    return ended.result["text"]


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
async def test_a_digest_challenge_is_answered_with_the_body_again(
    algorithm: str, serve: Serve, open_session: OpenSession, context: NodeContext
) -> None:
    asks = DigestServer(algorithm)
    server = await serve(asks)
    url = str(server.make_url("/there?a=1"))
    params: JSONObject = {"method": "POST", "url": url, "auth": DIGEST, "json": {"kept": True}}
    assert await text(open_session, context, params) == "welcome"
    assert asks.bodies == [b'{"kept":true}'] * 2
    assert asks.authorizations[0] is None


async def test_a_wrong_password_fails_for_good(serve: Serve, open_session: OpenSession, context: NodeContext) -> None:
    server = await serve(DigestServer())
    params: JSONObject = {"url": str(server.make_url("/")), "auth": {**DIGEST, "password": "wrong"}}
    ended = await outcome(open_session, context, params)
    assert isinstance(ended, Failed)
    assert (ended.error.type, ended.error.details["status"], ended.final) == ("http_status", 401, True)


async def test_another_origin_gets_no_digest(serve: Serve, open_session: OpenSession, context: NodeContext) -> None:
    asks = DigestServer()
    other = await serve(asks)

    async def away(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": str(other.make_url("/"))})

    server = await serve(away)
    params: JSONObject = {"url": str(server.make_url("/")), "auth": DIGEST}
    assert isinstance(await outcome(open_session, context, params), Failed)
    assert asks.authorizations == [None]


async def test_a_key_in_the_query(serve: Serve, open_session: OpenSession, context: NodeContext) -> None:
    async def query(request: web.Request) -> web.Response:
        return web.Response(text=request.query_string)

    server = await serve(query)
    auth: JSONObject = {"type": "query", "name": "api_key", "value": "a&b"}
    params: JSONObject = {"url": str(server.make_url("/?x=1")), "query": {"y": 2}, "auth": auth}
    assert await text(open_session, context, params) == "x=1&y=2&api_key=a%26b"


async def test_a_redirect_elsewhere_gets_no_key_of_the_query(
    serve: Serve, open_session: OpenSession, context: NodeContext
) -> None:
    async def address(request: web.Request) -> web.Response:
        return web.Response(text=str(request.url))

    other = await serve(address)

    async def away(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": str(other.make_url("/next"))})

    server = await serve(away)
    auth: JSONObject = {"type": "query", "name": "api_key", "value": SECRET}
    got = await text(open_session, context, {"url": str(server.make_url("/")), "auth": auth})
    assert got.endswith("/next")
