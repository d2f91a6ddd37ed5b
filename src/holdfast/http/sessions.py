"""Signing somebody in, and what is said of who is: shared by every way that leads in.

What proves somebody and is wrong becomes 401 here, with one text for all that a stranger mustn't tell apart; too many
tries are 429 and say when the next one may be.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import Request
from starlette.responses import Response

from holdfast.engine.people.passwords import Busy
from holdfast.engine.people.sessions import Begun, Place
from holdfast.engine.people.sign_in import CodeNeeded, WrongCredentials
from holdfast.engine.people.throttling import HeldBack
from holdfast.engine.people.tokens import digest_of
from holdfast.http.addresses import address_of
from holdfast.http.answers import json_answer
from holdfast.http.audit import Actor, tells
from holdfast.http.auth import Caller
from holdfast.http.cookies import session_token, set_session
from holdfast.http.errors import Refused, sentence
from holdfast.http.services import Services
from holdfast.http.shapes.people import SessionShape, SessionTenantShape, TenantChoiceShape, user_shape
from holdfast.model.access import Membership, User
from holdfast.model.audit import INSTANCE
from holdfast.model.errors import Problem
from holdfast.model.instant import SECOND, Instant, format_instant

_BUSY_SECONDS: Final = "2"


def place_of(request: Request) -> Place:
    """Where a request comes from."""
    return Place(address_of(request.scope), request.headers.get("user-agent", ""))


@asynccontextmanager
async def proving() -> AsyncIterator[None]:
    """Tells what was wrong with a proof as HTTP does. Raises ``Refused``."""
    try:
        yield
    except WrongCredentials as error:
        raise Refused(401, "Unauthorized", sentence(str(error))) from None
    except CodeNeeded as error:
        problem = Problem("code", str(error))
        raise Refused(401, "A one-time code is needed", sentence(str(error)), problems=[problem]) from None
    except HeldBack as error:
        headers = {"Retry-After": str(max(-(-error.wait // SECOND), 1))}
        raise Refused(429, "Too many requests", sentence(str(error)), headers=headers) from None
    except Busy as error:
        headers = {"Retry-After": _BUSY_SECONDS}
        raise Refused(503, "Unavailable", sentence(str(error)), headers=headers) from None


async def signed_in(
    request: Request, services: Services, user: User, *, tenant: str | None = None, status: int = 200
) -> Response:
    """Begins a session: its shape, and its cookie."""
    begun = await _begin(request, services, user, tenant)
    response = json_answer(await _begun_shape(services, user, begun), status)
    set_session(response, request, services.public_url, begun.token)
    return response


async def begin_session(
    request: Request, services: Services, response: Response, user: User, tenant: str | None
) -> None:
    """Begins a session with an answer that says nothing of it but its cookie."""
    begun = await _begin(request, services, user, tenant)
    set_session(response, request, services.public_url, begun.token)


async def session_shape(services: Services, caller: Caller, expires_at: Instant | None = None) -> SessionShape:
    """Who calls."""
    members = [] if caller.user is None else await services.store.memberships(caller.user.id)
    tenants = _choices(members) if caller.user is not None else await _own_tenant(services, caller)
    return {
        "user": None if caller.user is None else user_shape(caller.user),
        "kind": caller.kind,
        "name": caller.name,
        "tenant": _tenant(caller.tenant, tenants, suspended=caller.suspended),
        "role": caller.role.text if caller.member else None,
        "instance_admin": caller.instance_admin,
        "scopes": None if caller.scopes is None else sorted(caller.scopes),
        "tenants": tenants,
        "expires_at": None if expires_at is None else format_instant(expires_at),
    }


async def expiry_of(services: Services, caller: Caller) -> Instant | None:
    """When the caller's session ends if nothing more is asked in it."""
    if caller.user is None:
        return None
    sessions = await services.store.list_sessions(caller.user.id, services.now())
    return next((session.expires_at for session in sessions if session.id == caller.session), None)


async def _begun_shape(services: Services, user: User, begun: Begun) -> SessionShape:
    members = await services.store.memberships(user.id)
    here = next((member for member in members if member.tenant == begun.session.tenant), None)
    tenants = _choices(members)
    return {
        "user": user_shape(user),
        "kind": "person",
        "name": user.name,
        "tenant": _tenant(begun.session.tenant, tenants, suspended=here is not None and here.suspended),
        "role": None if here is None else here.role.text,
        "instance_admin": user.instance_admin,
        "scopes": None,
        "tenants": tenants,
        "expires_at": format_instant(begun.session.expires_at),
    }


def _choices(members: list[Membership]) -> list[TenantChoiceShape]:
    return [{"id": each.tenant, "name": each.tenant_name, "role": each.role.text} for each in members]


async def _own_tenant(services: Services, caller: Caller) -> list[TenantChoiceShape]:
    tenant = await services.store.get_tenant(caller.tenant, services.now())
    return [{"id": tenant.id, "name": tenant.name, "role": caller.role.text}]


def _tenant(tenant: str, tenants: list[TenantChoiceShape], *, suspended: bool) -> SessionTenantShape:
    name = next((each["name"] for each in tenants if each["id"] == tenant), "")
    return {"id": tenant, "name": name, "suspended": suspended}


async def _begin(request: Request, services: Services, user: User, tenant: str | None) -> Begun:
    """The session that the browser came with ends, whoever it was of."""
    token = session_token(request, services.public_url)
    found = None if token is None else await services.store.find_session(digest_of(token), services.now())
    if found is not None:
        await services.store.end_session(found.user.id, found.session.id)
    begun = await services.people.sessions.begin(user, place_of(request), tenant)
    tells(
        request, actor=Actor("person", user.id, user.email or user.name), tenant=begun.session.tenant, target=user.email
    )
    return begun


async def tell_of_try(request: Request, services: Services, email: str) -> None:
    """Has a sign-in recorded, whatever comes of it. An address that nobody has isn't: it may be anything."""
    found = await services.store.credentials(email)
    tells(request, tenant=INSTANCE, target="" if found is None else found.user.email)
