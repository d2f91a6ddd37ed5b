"""A live stream ends once its caller may have it no more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from holdfast.http import lasting
from holdfast.model.access import Role
from holdfast.ports import UserChange
from tests.http.people import browsing, owner, person
from tests.http.serving import Api

STREAM = "/api/v1/events/stream"
BOB = "bob@example.com"


@pytest.fixture(autouse=True)
def at_each_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lasting, "EVERY", 0.0)


@asynccontextmanager
async def listening(session: aiohttp.ClientSession, api: Api, **options: Any) -> AsyncIterator[aiohttp.StreamReader]:
    async with session.get(api.base + STREAM, **options) as response:
        assert response.status == 200
        await response.content.readuntil(b"connected")
        yield response.content


async def tell(api: Api, word: str) -> None:
    await api.app.services.engine.events.post("default", f"said.{word}", {}, subject=None, event_id=None)


async def told(content: aiohttp.StreamReader, word: str) -> bool:
    """Whether the stream says it, rather than ending."""
    async with asyncio.timeout(10):
        while line := await content.readline():
            if f"said.{word}".encode() in line:
                return True
    return False


async def test_the_stream_of_a_revoked_key_ends(api: Api) -> None:
    made = (await api.post("/api/v1/keys", {"name": "x", "role": "viewer"})).json
    header = {"Authorization": f"Bearer {made['key']}"}
    async with listening(api.session, api, headers=header) as content:
        await tell(api, "before")
        assert await told(content, "before")
        assert (await api.call("DELETE", f"/api/v1/keys/{made['id']}")).status == 204
        await tell(api, "after")
        assert not await told(content, "after")


@pytest.mark.parametrize("how", ["signed out", "switched off", "taken out", "suspended"])
async def test_the_stream_of_who_may_no_more_ends(locked: Api, how: str) -> None:
    await owner(locked)
    bob = await person(locked, BOB, "viewer")
    store, now = locked.app.services.store, locked.app.services.now()
    async with browsing(locked) as browser:
        await browser.sign_in(BOB)
        async with listening(browser.session, locked) as content:
            await tell(locked, "before")
            assert await told(content, "before")
            if how == "signed out":
                await store.end_sessions(bob.id)
            elif how == "switched off":
                await store.change_user(bob.id, UserChange(disabled_at=now))
            elif how == "taken out":
                await store.remove_member("default", bob.id)
            else:
                await store.suspend_tenant("default", now, None)
            await tell(locked, "after")
            assert not await told(content, "after")


async def test_the_stream_of_who_still_may_goes_on(locked: Api) -> None:
    await owner(locked)
    bob = await person(locked, BOB, "editor")
    async with browsing(locked) as browser:
        await browser.sign_in(BOB)
        async with listening(browser.session, locked) as content:
            await locked.app.services.store.set_role("default", bob.id, Role.VIEWER)
            await tell(locked, "after")
            assert await told(content, "after")
