"""A program that uses Holdfast's API and doesn't give up: each request is repeated until it is answered for good.

An insert carries an idempotency key, so that a repeat after a lost answer makes nothing twice. ``accepted`` holds every
job that was promised. A refusal is counted under its status; only 503 (and no answer at all) is tried again.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import Collection
from typing import Any

import aiohttp

from tests.support.waiting import eventually

ENDED = {"SUCCEEDED", "FAILED", "DEAD", "CANCELLED"}
_PAUSE = 0.05
_UNREACHABLE = 0


class Caller:
    """One client session against one server, which may come and go."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.accepted: set[str] = set()
        self.refusals: Counter[int] = Counter()
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        self._session = aiohttp.ClientSession(self.address, timeout=aiohttp.ClientTimeout(total=20))

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    # -- requests --

    async def insert(self, task: str, count: int = 1, **fields: Any) -> list[str]:
        """Inserts jobs of a task, alike, in one request; their ids. ``payload`` and the rest are the API's fields."""
        job = {"kind": f"task:{task}", **fields}
        body = {"jobs": [job] * count}
        answer = await self._until_answered("POST", "/api/v1/jobs/batch", body, {"Idempotency-Key": uuid.uuid4().hex})
        ids = [str(one["id"]) for one in answer["jobs"]]
        self.accepted.update(ids)
        return ids

    async def get(self, path: str) -> dict[str, Any]:
        answer: dict[str, Any] = await self._until_answered("GET", path)
        return answer

    async def listed(self, path: str) -> list[dict[str, Any]]:
        """Every item of a list, page by page."""
        found: list[dict[str, Any]] = []
        mark = "&" if "?" in path else "?"
        cursor = ""
        while True:
            page = await self.get(f"{path}{mark}limit=500{cursor}")
            found += page["items"]
            if page["next"] is None:
                return found
            cursor = f"&cursor={page['next']}"

    async def cancel(self, job_id: str) -> None:
        await self._until_answered("POST", f"/api/v1/jobs/{job_id}/cancel", {})

    async def attempt(self, method: str, path: str, body: Any = None, headers: Any = None) -> tuple[int, Any]:
        """One request, once: its status and body; status 0 when nobody answered."""
        assert self._session is not None
        try:
            async with self._session.request(method, path, json=body, headers=headers) as response:
                text = "json" in response.content_type
                return response.status, await (response.json() if text else response.text())
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            return _UNREACHABLE, str(error)

    async def _until_answered(self, method: str, path: str, body: Any = None, headers: Any = None) -> Any:
        while True:
            status, answer = await self.attempt(method, path, body, headers)
            if 200 <= status < 300:
                return answer
            self.refusals[status] += 1
            assert status in (_UNREACHABLE, 503), f"{method} {path}: {status} {answer}"
            await asyncio.sleep(_PAUSE)

    # -- waiting --

    async def states(self) -> dict[str, str]:
        """The state of every job."""
        return {str(job["id"]): str(job["state"]) for job in await self.listed("/api/v1/jobs")}

    async def all_ended(self, timeout: float = 45, jobs: Collection[str] | None = None) -> None:
        """Waits until these jobs, or all that were accepted, have ended."""
        left: dict[str, str] = {}

        async def ended() -> bool:
            nonlocal left
            states = await self.states()
            wanted = self.accepted if jobs is None else jobs
            left = {job_id: states.get(job_id, "absent") for job_id in wanted if states.get(job_id) not in ENDED}
            return not left

        await eventually(ended, timeout, lambda: f"{len(left)} jobs haven't ended: {dict(list(left.items())[:5])}")
