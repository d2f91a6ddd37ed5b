"""Signing in and out, the first owner, and the sessions that one has.

Whoever signs in gets a session in a new cookie, whatever cookie they came with; a session that they had here ends.
"""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from holdfast.engine.people.addresses import address_of as email_of
from holdfast.http.answers import json_answer
from holdfast.http.auth import CallerDep, identify, is_local, personal, public
from holdfast.http.body import JsonBody, Sent
from holdfast.http.cookies import drop_session
from holdfast.http.openapi import answers, takes
from holdfast.http.own_pages import refuse_foreign
from holdfast.http.query import API_PREFIX, path_id
from holdfast.http.schemas.people import SessionPatch, SetupBody, SignInBody
from holdfast.http.services import Services, ServicesDep
from holdfast.http.sessions import expiry_of, place_of, proving, session_shape, signed_in, tell_of_try
from holdfast.http.shapes.people import BrowsersShape, OptionsShape, SessionShape, browser_shape
from holdfast.http.strangers import COUNTED
from holdfast.model.errors import Conflict, Forbidden, Invalid

router = APIRouter(tags=["session"])
SESSION: Final = f"{API_PREFIX}/session"
SESSIONS: Final = f"{API_PREFIX}/sessions"
SETUP: Final = f"{API_PREFIX}/setup"


@router.get(SESSION + "/options", responses=answers(OptionsShape, 200))
@public
async def session_options(request: Request, services: ServicesDep) -> Response:
    """How one may sign in here."""
    local = await is_local(request, services)
    openid = services.people.openid
    shown: OptionsShape = {"setup": local, "local": local, "openid": None if openid is None else {"name": openid.name}}
    return json_answer(shown)


@router.post(
    SETUP, dependencies=[COUNTED], status_code=201, responses=answers(SessionShape, 201), openapi_extra=takes(SetupBody)
)
@public
async def set_up(
    request: Request, services: ServicesDep, sent: Annotated[Sent[SetupBody], Depends(JsonBody(SetupBody))]
) -> Response:
    """Makes the first owner and signs them in. For the local user, who is signed in by themselves no more after that.

    409 once there is a person.
    """
    refuse_foreign(request, services.public_url)
    if await services.people.exist():
        raise Conflict("there is an owner already; sign in")
    if not await is_local(request, services):
        raise Forbidden("only who is at the server's own machine does that; or `holdfast users add --owner` does")
    wanted = sent.model
    async with proving():
        user = await services.people.add_first_owner(wanted.email, wanted.name, wanted.password)
    if user is None:
        raise Conflict("there is an owner already; sign in")
    return await signed_in(request, services, user, status=201)


@router.post(SESSION, dependencies=[COUNTED], responses=answers(SessionShape, 200), openapi_extra=takes(SignInBody))
@public
async def sign_in(
    request: Request, services: ServicesDep, sent: Annotated[Sent[SignInBody], Depends(JsonBody(SignInBody))]
) -> Response:
    """Signs a person in.

    401 for a wrong address or password, without saying which; with `code` among its errors when the password is right
    and a one-time code is asked for. 429 after several failures, with `Retry-After`.
    """
    refuse_foreign(request, services.public_url)
    given = sent.model
    email = _as_typed(given.email)
    await tell_of_try(request, services, email)
    async with proving():
        user = await services.people.sign_in.prove(email, given.password, given.code, place_of(request).address)
    return await signed_in(request, services, user)


@router.get(SESSION, responses=answers(SessionShape, 200))
@personal(keys=True)
async def get_session(services: ServicesDep, caller: CallerDep) -> Response:
    """Who you are, in which tenant, and what you may do there. 401 when nobody is signed in."""
    return json_answer(await session_shape(services, caller, await expiry_of(services, caller)))


@router.patch(SESSION, responses=answers(SessionShape, 200), openapi_extra=takes(SessionPatch))
@personal()
async def switch_tenant(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    sent: Annotated[Sent[SessionPatch], Depends(JsonBody(SessionPatch))],
) -> Response:
    """Goes on in another tenant of yours."""
    await services.store.move_session(caller.session or "", sent.model.tenant)
    moved = await identify(request, services) or caller
    return json_answer(await session_shape(services, moved, await expiry_of(services, moved)))


@router.delete(SESSION, status_code=204, responses=answers(None, 204))
@personal()
async def sign_out(request: Request, services: ServicesDep, caller: CallerDep) -> Response:
    """Ends this session."""
    await services.store.end_session(caller.id, caller.session or "")
    return _signed_out(request, services)


@router.get(SESSIONS, responses=answers(BrowsersShape, 200))
@personal()
async def list_sessions(services: ServicesDep, caller: CallerDep) -> Response:
    """Where you are signed in, newest first."""
    sessions = await services.store.list_sessions(caller.id, services.now())
    return json_answer({"items": [browser_shape(each, caller.session) for each in sessions], "next": None})


@router.delete(SESSIONS + "/{session_id}", status_code=204, responses=answers(None, 204))
@personal()
async def end_session(request: Request, services: ServicesDep, caller: CallerDep, session_id: str) -> Response:
    """Signs out there."""
    await services.store.end_session(caller.id, path_id(session_id, "session"))
    return _signed_out(request, services) if session_id == caller.session else Response(status_code=204)


@router.delete(SESSIONS, status_code=204, responses=answers(None, 204))
@personal()
async def end_sessions(request: Request, services: ServicesDep, caller: CallerDep) -> Response:
    """Signs out everywhere, here too."""
    await services.store.end_sessions(caller.id)
    return _signed_out(request, services)


def _signed_out(request: Request, services: Services) -> Response:
    response = Response(status_code=204)
    drop_session(response, request, services.public_url)
    return response


def _as_typed(email: str) -> str:
    """The address to look for: what can't be one is nobody's, like any that is unknown."""
    try:
        return email_of(email)
    except Invalid:
        return "@"
