"""What a server in the test's process does again for each test, though once would do: half of these tests' time.

The application and its server stay the real ones. FastAPI works out each route for the first server of the session (it
follows from the route and its place alone, and all servers share the routes), and uvicorn looks every few milliseconds
whether it should end, not every tenth of a second.
"""

import asyncio
from functools import cache
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import uvicorn.server
from fastapi import routing

OFTEN = 0.005


@cache
def spare_repeats() -> None:
    """From now on, for the rest of the session."""
    _work_out_each_route_once()
    _look_often()


def _work_out_each_route_once() -> None:
    included = routing._IncludedRouter
    real: Any = included._build_effective_context
    known: dict[tuple[int, str], tuple[object, object]] = {}

    def once(router: Any, route: Any) -> object:
        key = (id(route), router.include_context.prefix)
        if key not in known:
            known[key] = (route, real(router, route))  # kept with the route, so that its id stays its own
        return known[key][1]

    patch.object(included, "_build_effective_context", once).start()


def _look_often() -> None:
    async def sleep(seconds: float) -> None:
        await asyncio.sleep(min(seconds, OFTEN))

    patch.object(uvicorn.server, "asyncio", SimpleNamespace(**{**vars(asyncio), "sleep": sleep})).start()
