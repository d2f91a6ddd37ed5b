"""People in front of a server: each with a browser, which keeps its cookies and says where its requests come from."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from yarl import URL

from holdfast.model.access import Role, User
from holdfast.ports import NewUser
from tests.http.serving import Api, Reply

PASSWORD = "correct horse battery"
ADA = "ada@example.com"
SESSION = "/api/v1/session"


@dataclass
class Browser:
    """One browser. ``origin``: where its pages come from."""

    api: Api
    session: aiohttp.ClientSession
    origin: str

    async def call(self, method: str, path: str, body: Any = None, **options: Any) -> Reply:
        headers = {"Origin": self.origin, "Sec-Fetch-Site": "same-origin", **options.pop("headers", {})}
        if body is not None:
            options["json"] = body
        url = path if path.startswith("http") else self.api.base + path
        async with self.session.request(method, url, headers=headers, allow_redirects=False, **options) as response:
            return Reply(response.status, response.headers, (await response.read()).decode())

    async def get(self, path: str, **options: Any) -> Reply:
        return await self.call("GET", path, **options)

    async def post(self, path: str, body: Any = None, **options: Any) -> Reply:
        return await self.call("POST", path, {} if body is None else body, **options)

    async def sign_in(self, email: str = ADA, password: str = PASSWORD, code: str | None = None) -> Reply:
        return await self.post(
            SESSION, {"email": email, "password": password, **({} if code is None else {"code": code})}
        )

    def cookie(self, name: str) -> str | None:
        found = self.session.cookie_jar.filter_cookies(URL(self.api.base)).get(name)
        return None if found is None else found.value

    @property
    def token(self) -> str | None:
        """Of its session."""
        return self.cookie("holdfast_session")


@asynccontextmanager
async def browsing(api: Api) -> AsyncIterator[Browser]:
    """A fresh browser, signed in nowhere."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield Browser(api, session, api.base)


async def owner(api: Api, email: str = ADA) -> User:
    """The first owner, straight into the store."""
    made = await api.app.services.people.add_first_owner(email, "Ada", PASSWORD)
    assert made is not None
    return made


async def person(api: Api, email: str, role: str, *, tenant: str = "default", name: str = "Somebody") -> User:
    """A person of a tenant who has the password, straight into the store."""
    services = api.app.services
    now = services.now()
    user = User(services.engine.entropy.new_id(now), "person", name, now, email=email)
    new = NewUser(user, await services.people.passwords.hash(PASSWORD))
    await services.store.add_user(new, tenant, Role.of(role), now)
    return await services.store.get_user(user.id)
