"""Liveness, readiness and metrics.

Ready means: work can be accepted. Without a worker, or without notifications, it still can: ``degraded``. Without the
store, or with migrations missing, it can't: 503. ``/metrics`` tells of every tenant, so it is
for admins of the instance.
"""

import asyncio
from typing import Final

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from holdfast.http.answers import json_answer
from holdfast.http.auth import Role, needs, public
from holdfast.http.openapi import answers
from holdfast.http.services import Services, ServicesDep
from holdfast.http.shapes.instance import LiveShape, ReadyShape
from holdfast.model.errors import Unavailable
from holdfast.model.json import JSONObject

router = APIRouter(tags=["health"])
_PATIENCE: Final = 3.0
_OK: Final = "ok"


@router.get("/health/live", responses=answers(LiveShape, 200))
@public
async def live() -> Response:
    """The process answers."""
    return json_answer({"status": _OK})


@router.get("/health/ready", responses=answers(ReadyShape, 200, 503))
@public
async def ready(services: ServicesDep) -> Response:
    """Whether work can be accepted, and what doesn't work meanwhile."""
    try:
        async with asyncio.timeout(_PATIENCE):
            blocking, degraded, told = await services.looks.get(_look)
    except (Unavailable, TimeoutError):
        blocking, degraded, told = {"store": "the store can't be reached"}, {}, {}
    degraded |= services.engine.degraded()
    names = {"store": _OK, "migrations": _OK, "workers": _OK, "notifier": _OK}
    if services.engine.broker is not None:
        names["redis"] = _OK
    checks: JSONObject = {**names, **told, **degraded, **blocking}
    status = "unavailable" if blocking else "degraded" if degraded else _OK
    return json_answer({"status": status, "checks": checks}, 503 if blocking else 200)


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
@needs(Role.VIEWER, instance_admin=True)
async def metrics(services: ServicesDep) -> Response:
    """Prometheus' text format, over all tenants. For admins of the instance."""
    engine = await services.engine.metrics.render(services.store, services.now())
    return Response(engine + services.meter.render(), media_type=CONTENT_TYPE_LATEST)


async def _look(services: Services) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """What stops work from being accepted, what only delays it, and what is good to know: check name → sentence."""
    await services.store.clock()
    missing = await services.store.pending_migrations()
    if missing:
        return {"migrations": f"{len(missing)} missing; run `holdfast migrate`"}, {}, {}
    apart = await services.store.keeps_tenants_apart()
    told = {} if apart is None else {"row-level security": _OK if apart else "off; `holdfast doctor` says why"}
    workers = await services.store.list_workers(services.now())
    if not any(worker.alive for worker in workers):
        return {}, {"workers": "no worker is running; accepted work waits"}, told
    return {}, {}, told
