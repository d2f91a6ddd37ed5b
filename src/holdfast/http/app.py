"""The application: every route behind one guard, problem details for every failure, and the gateway in front.

``create_app`` refuses to build an application with a route that names no rule or that the guard can't see.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response

from holdfast.engine.engine import Engine
from holdfast.http import mocks
from holdfast.http.auth import guard, rule_of
from holdfast.http.body import Gone
from holdfast.http.dialects import async_workflows, automation_rules, job_engine, step_workflows
from holdfast.http.errors import Refused, problem_of, unexpected
from holdfast.http.gateway import CLIENT_GONE, Gateway
from holdfast.http.limits import Limits
from holdfast.http.local_access import LocalAccess
from holdfast.http.query import known_query
from holdfast.http.routes import (
    account,
    audit,
    callbacks,
    connection_types,
    console,
    dead_letters,
    docs,
    events,
    expressions,
    firings,
    health,
    instance,
    invites,
    job_control,
    jobs,
    keys,
    logs,
    node_kinds,
    openid,
    queues,
    rules,
    run_control,
    run_parts,
    runs,
    samples,
    schedules,
    secrets,
    service_accounts,
    session,
    statistics,
    subscriptions,
    tenants,
    tests,
    triggers,
    users,
    versions,
    workflows,
)
from holdfast.http.scopes import area_of, scopes_in
from holdfast.http.services import Services, correlation_id_of
from holdfast.model.errors import HoldfastError
from holdfast.version import __version__

CONSOLE_DIR: Final = Path(__file__).parents[1] / "console"
_LIMITS: Final = Limits()
ROUTERS: Final[tuple[APIRouter, ...]] = (
    workflows.router,
    versions.router,
    node_kinds.router,
    samples.router,
    expressions.router,
    triggers.router,
    schedules.router,
    rules.router,
    firings.router,
    runs.router,
    tests.router,
    run_control.router,
    run_parts.router,
    callbacks.router,
    jobs.router,
    job_control.router,
    logs.router,
    dead_letters.router,
    queues.router,
    statistics.router,
    tenants.router,
    events.router,
    subscriptions.router,
    secrets.router,
    connection_types.router,
    keys.router,
    session.router,
    openid.router,
    account.router,
    users.router,
    invites.router,
    service_accounts.router,
    audit.router,
    instance.router,
    health.router,
    docs.router,
    mocks.router,
    async_workflows.router,
    job_engine.router,
    automation_rules.router,
    step_workflows.router,
    console.router,
)
_EXPECTED: Final[tuple[type[Exception], ...]] = (HoldfastError, Refused, RequestValidationError, HTTPException)


def create_app(
    engine: Engine,
    *,
    local_access: LocalAccess,
    console_dir: Path = CONSOLE_DIR,
    public_url: str | None = None,
    limits: Limits = _LIMITS,
) -> Gateway:
    """The ASGI application over an engine that isn't started yet: starting the application starts it."""
    services = Services(engine, local_access, console_dir, public_url, limits)
    application = FastAPI(
        title="Holdfast",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Depends(guard), Depends(known_query)],
    )
    application.state.services = services
    for error in _EXPECTED:
        application.add_exception_handler(error, _answer)
    application.add_exception_handler(Gone, _left)
    application.add_exception_handler(Exception, _fault)
    for router in ROUTERS:
        application.include_router(router)
    check_rules(application.routes)
    services.scopes = known_scopes(application.routes)
    return Gateway(services, application)


def check_rules(routes: Iterable[object]) -> None:
    """Raises ``RuntimeError`` for a route without a rule, or one that the guard doesn't stand in front of."""
    for route in routes_in(routes):
        rule = rule_of(route.endpoint) if isinstance(route, APIRoute) else None
        if rule is None:
            raise RuntimeError(f"{route!r} says nothing about who may call it")
        if rule.role is not None and area_of(route) is None:
            raise RuntimeError(f"{route!r} belongs to no area, so that no scope could stand for it")


def known_scopes(routes: Iterable[object]) -> frozenset[str]:
    """What keys can be narrowed to: whatever some route asks for."""
    found = ((route, rule_of(route.endpoint)) for route in routes_in(routes) if isinstance(route, APIRoute))
    return scopes_in((route, rule.scope) for route, rule in found if rule is not None and rule.is_scoped)


def routes_in(routes: Iterable[object]) -> Iterator[object]:
    """Every route, those of included routers too."""
    for route in routes:
        included: Any = getattr(route, "original_router", None)
        if included is None:
            yield route
        else:
            yield from routes_in(included.routes)


async def _answer(_request: Request, error: Exception) -> Response:
    answer = problem_of(error)
    if answer is None:
        raise error
    return answer.response()


async def _left(_request: Request, _gone: Exception) -> Response:
    """Nobody hears it; it is no fault of ours."""
    return Response(status_code=CLIENT_GONE)


async def _fault(request: Request, _error: Exception) -> Response:
    """Answers only: the exception travels on to the gateway, which logs it."""
    return unexpected(correlation_id_of(request)).response()
