"""OpenID providers for tests: a real one in a process of its own, and one in the test's hands that lies."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import aiohttp
from aiohttp import web
from joserfc import jwt
from joserfc.jwk import RSAKey

SCRIPT = Path(__file__).with_name("openid_provider.mjs")
PROVIDER = Path(__file__).parents[2] / "web/node_modules/oidc-provider/lib/index.js"
CLIENT_ID, CLIENT_SECRET = "holdfast", "a secret between the two of them"
_READY = re.compile(r"ready at (http://\S+)")
_ACTION = re.compile(r'action="([^"]+)"')


def has_provider() -> bool:
    """Whether the real provider can be started here: Node and the console's packages are installed."""
    return shutil.which("node") is not None and PROVIDER.is_file()


@contextmanager
def provider(redirect: str) -> Iterator[str]:
    """The real provider, for one client that it leads back to ``redirect``; its issuer."""
    client = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "redirect_uris": [redirect]}
    process = subprocess.Popen(
        ["node", str(SCRIPT)],
        env={"PATH": os.environ["PATH"], "CLIENT": json.dumps(client), "PROVIDER": str(PROVIDER)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        said = _READY.match(process.stdout.readline())
        assert said is not None, "the provider doesn't start"
        yield said[1]
    finally:
        process.kill()
        process.wait(timeout=10)
        if process.stdout is not None:
            process.stdout.close()


async def sign_in_there(url: str, login: str) -> str:
    """Goes to the provider as a browser does, signs in, consents; where it leads back to."""
    own = "{0.scheme}://{0.netloc}".format(urlsplit(url))
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        form: dict[str, str] | None = None
        for _ in range(12):
            method = "GET" if form is None else "POST"
            async with browser.request(method, url, data=form, allow_redirects=False) as response:
                text, place = await response.text(), response.headers.get("Location")
            form = None
            if place is not None:
                url = urljoin(url, place)
                if not url.startswith(own):
                    return url
                continue
            action = _ACTION.search(text)
            assert action is not None, text
            url = urljoin(url, unescape(action[1]))
            prompt = "login" if 'name="login"' in text else "consent"
            form = {"prompt": prompt, **({"login": login, "password": "any"} if prompt == "login" else {})}
    raise AssertionError("the provider goes round in circles")


@dataclass
class Liar:
    """A provider that says whatever a test has it say. ``claims`` are put over those of an honest token."""

    issuer: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}))
    claims: dict[str, Any] = field(default_factory=dict)
    description: dict[str, Any] = field(default_factory=dict)
    signed: Callable[[dict[str, Any]], str] | None = None
    nonce: str = ""

    def lead_back(self, url: str) -> str:
        """What the browser is sent back with by an honest provider."""
        query = dict(parse_qsl(urlsplit(url).query))
        self.nonce = query["nonce"]
        return f"code=any&state={query['state']}"

    def token(self) -> str:
        now = int(time.time())
        honest = {
            "iss": self.issuer, "aud": CLIENT_ID, "sub": "ada", "nonce": self.nonce, "iat": now, "exp": now + 300,
            "email": "ada@example.com", "email_verified": True,
        }  # fmt: skip
        claims = {name: value for name, value in {**honest, **self.claims}.items() if value is not None}
        return self.signed(claims) if self.signed else jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)

    def unsigned(self, claims: dict[str, Any]) -> str:
        parts = ({"alg": "none", "kid": "one"}, claims)
        texts = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts)
        return ".".join(texts) + "."

    async def describe(self, _request: web.Request) -> web.Response:
        honest = {
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/jwks",
        }  # fmt: skip
        return web.json_response({**honest, **self.description})

    async def keys(self, _request: web.Request) -> web.Response:
        return web.json_response({"keys": [self.key.as_dict(private=False)]})

    async def tokens(self, _request: web.Request) -> web.Response:
        return web.json_response({"id_token": self.token(), "access_token": "any", "token_type": "Bearer"})


@asynccontextmanager
async def lying() -> AsyncIterator[Liar]:
    liar = Liar()
    app = web.Application()
    app.router.add_get("/.well-known/openid-configuration", liar.describe)
    app.router.add_get("/jwks", liar.keys)
    app.router.add_post("/token", liar.tokens)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        liar.issuer = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield liar
    finally:
        await runner.cleanup()
