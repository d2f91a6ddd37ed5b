"""What keeps the cluster busy: webhooks, runs and jobs by the API, events; several tenants; approvals as they are due.

Every request goes to some server and is repeated, at any server, until it is answered for good, with the same delivery
id, idempotency key or event id: what was accepted is in ``accepted``, once each. A refusal is an error; only 503 and no
answer at all are tried again. The pace is the load's own, however slow the cluster is, up to a bound of requests that
are under way; the lines of a key are sent one after the other, so that their order is known.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import aiohttp

from tests.cluster.flows import BY_API, FLOWS, LINED_UP, POSTED, RULE, SOON, Document
from tests.support.waiting import eventually

Source = Literal["webhook", "run", "event", "line", "job", "lined_up"]
TENANTS: Final = ("default", "alpha", "beta")
_AWAY: Final = (0, 503)
_PAUSE: Final = 0.25
_ANSWER: Final = 8.0
_UNDER_WAY: Final = 60
_LINES: Final = 2


@dataclass(frozen=True, slots=True)
class Accepted:
    """A trigger that was answered: ``id`` is the run's, the job's or the event's; ``key`` the line it stands in."""

    source: Source
    tenant: str
    number: int
    id: str
    workflow: str | None = None
    key: str | None = None


class Load:
    """``begin`` sends until ``end``; ``rate`` is triggers a second, of all sources but the lines together."""

    def __init__(self, addresses: list[str], chance: random.Random) -> None:
        self.accepted: list[Accepted] = []
        self.refusals: Counter[int] = Counter()
        self.sent = 0
        self._addresses = addresses
        self._chance = chance
        self._keys: dict[str, str] = {}
        self._hooks: dict[str, str] = {}
        self._session: aiohttp.ClientSession | None = None
        self._loops: list[asyncio.Task[None]] = []
        self._sending: set[asyncio.Task[None]] = set()
        self._ended = asyncio.Event()

    async def __aenter__(self) -> Load:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_ANSWER))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in [*self._loops, *self._sending]:
            task.cancel()
        await asyncio.gather(*self._loops, *self._sending, return_exceptions=True)
        assert self._session is not None
        await self._session.close()

    # -- its life --

    async def prepare(self) -> dict[str, str]:
        """Makes the tenants and what their triggers start; the tenants' ids by their names."""
        ids = {"default": "default"}
        for name in TENANTS[1:]:
            ids[name] = str((await self.ask("default", "POST", "/api/v1/tenants", {"name": name}))["id"])
            wanted = {"name": "load", "tenant": ids[name], "role": "admin"}
            self._keys[name] = str((await self.ask("default", "POST", "/api/v1/keys", wanted))["key"])
        for tenant in TENANTS:
            for document in FLOWS:
                saved = await self.ask(tenant, "POST", "/api/v1/workflows", document)
                if document["name"] == "steps":
                    self._hooks[tenant] = urlsplit(saved["triggers"][0]["url"]).path
            await self.ask(tenant, "POST", "/api/v1/automation-rules", RULE)
        return ids

    def begin(self, rate: float) -> None:
        loops = [self._send_all(rate)]
        loops += [self._line(tenant, f"line-{number}") for tenant in TENANTS for number in range(_LINES)]
        loops += [self._lined_up(tenant, "queue") for tenant in TENANTS]
        self._loops = [asyncio.create_task(loop) for loop in loops]

    def check(self) -> None:
        """Raises what a sender ran into, a refusal say."""
        for task in self._loops:
            if task.done():
                task.result()

    async def end(self, timeout: float = 60) -> None:
        """Sends no more, switches the clocks off, and waits for the answers to what was sent."""
        self._ended.set()
        async with asyncio.timeout(timeout):
            await asyncio.gather(*self._loops)
            await asyncio.gather(*self._sending)
            for tenant in TENANTS:
                await self.ask(tenant, "POST", "/api/v1/workflows/ticking/disable")

    async def readiness(self) -> list[Any]:
        """What each server says of itself."""
        urls = [f"{address}/health/ready" for address in self._addresses]
        return [(await self._attempt("GET", url, None, {}))[1] for url in urls]

    # -- sources --

    async def _send_all(self, rate: float) -> None:
        sources: list[Callable[[int], Awaitable[None]]] = [self._webhook, self._run, self._run, self._event, self._job]
        while not self._ended.is_set():
            self.sent += 1
            await eventually(lambda: len(self._sending) < _UNDER_WAY, 300)
            task = asyncio.ensure_future(self._checked(self._chance.choice(sources)(self.sent)))
            self._sending.add(task)
            await self._sleep(self._chance.expovariate(rate))

    async def _checked(self, sending: Awaitable[None]) -> None:
        """Forgets a sender that did well; one that failed stays, for ``end`` to raise it."""
        await sending
        task = asyncio.current_task()
        assert task is not None
        self._sending.discard(task)

    async def _webhook(self, number: int) -> None:
        tenant = self._chance.choice(TENANTS)
        headers = {"webhook-id": f"delivery-{number}"}
        answer = await self.ask(None, "POST", self._hooks[tenant], {"number": number}, headers)
        self.accepted.append(Accepted("webhook", tenant, number, str(answer["run_id"]), "steps"))

    async def _run(self, number: int) -> None:
        tenant, workflow = self._chance.choice(TENANTS), self._chance.choice(BY_API)
        body = {"input": {"number": number}}
        answer = await self.ask(tenant, "POST", f"/api/v1/workflows/{workflow}/runs", body, once(f"run-{number}"))
        self.accepted.append(Accepted("run", tenant, number, str(answer["id"]), workflow))
        if workflow == "waiting":
            await asyncio.sleep(self._chance.uniform(0, 0.8))  # before or after the run asks
            await self._approve(tenant, str(answer["id"]))

    async def _approve(self, tenant: str, run_id: str) -> None:
        """A repeat after a lost answer may be told that it is too late: the run is asked what became of it."""
        path = f"/api/v1/runs/{run_id}/signals/decision"
        await self.ask(tenant, "POST", path, {"approved": True}, fine=(409,))

    async def _event(self, number: int) -> None:
        tenant = self._chance.choice(TENANTS)
        event = {"id": f"event-{number}", "type": POSTED, "data": {"number": number}}
        answer = await self.ask(tenant, "POST", "/api/v1/events", event)
        self.accepted.append(Accepted("event", tenant, number, str(answer["id"]), "started"))

    async def _job(self, number: int) -> None:
        tenant = self._chance.choice(TENANTS)
        payload = {"number": number, "failures": self._chance.choice((0, 0, 0, 1)), "pause": 0.01}
        await self._insert("job", tenant, number, {"payload": payload, "delay": self._chance.choice(("0s", "300ms"))})

    async def _line(self, tenant: str, key: str) -> None:
        """Jobs of one key, the next inserted once the one before was accepted."""
        number = 0
        while not self._ended.is_set():
            number += 1
            payload = {"number": number, "pause": 0.005, "failures": int(number % 7 == 0)}
            await self._insert("line", tenant, number, {"payload": payload, "concurrency_key": key}, key)
            await self._sleep(self._chance.uniform(0.1, 0.5))

    async def _lined_up(self, tenant: str, key: str) -> None:
        """Events from which a rule makes jobs of one key, in the order of the events."""
        number = 0
        while not self._ended.is_set():
            number += 1
            data = {"number": number, "key": key}
            event = {"id": f"{key}-{number}", "type": LINED_UP, "data": data}
            answer = await self.ask(tenant, "POST", "/api/v1/events", event)
            self.accepted.append(Accepted("lined_up", tenant, number, str(answer["id"]), key=key))
            await self._sleep(self._chance.uniform(0.2, 0.6))

    async def _insert(self, source: Source, tenant: str, number: int, fields: Document, key: str | None = None) -> None:
        body = {"kind": "task:mark", "retry": SOON, **fields}
        headers = once(f"{source}-{key}-{number}")
        answer = await self.ask(tenant, "POST", "/api/v1/jobs", body, headers)
        self.accepted.append(Accepted(source, tenant, number, str(answer["id"]), key=key))

    async def _sleep(self, seconds: float) -> None:
        """Until then, or the end."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), seconds)

    # -- requests --

    async def ask(
        self, tenant: str | None, method: str, path: str, body: Any = None, headers: Any = None, fine: Any = ()
    ) -> Any:
        """The answer of whichever server gives one. ``tenant`` None sends no key."""
        known = {"Authorization": f"Bearer {self._keys[tenant]}"} if tenant in self._keys else {}
        while True:
            address = self._chance.choice(self._addresses)
            status, answer = await self._attempt(method, address + path, body, {**known, **(headers or {})})
            if 200 <= status < 300 or status in fine:
                return answer
            self.refusals[status] += 1
            assert status in _AWAY, f"{method} {path}: {status} {answer}"
            await asyncio.sleep(_PAUSE)

    async def _attempt(self, method: str, url: str, body: Any, headers: dict[str, str]) -> tuple[int, Any]:
        assert self._session is not None
        try:
            async with self._session.request(method, url, json=body, headers=headers) as response:
                is_json = "json" in response.content_type
                return response.status, await (response.json() if is_json else response.text())
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            return 0, str(error)


def once(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}
