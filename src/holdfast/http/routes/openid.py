"""Signing in by way of an OpenID Connect provider. 404 where none is set.

The browser comes back to ``/session/openid/callback`` and is led on into the console: signed in, or to the sign-in page
with the reason in one word (``state``, ``refused``, ``unverified``, ``unknown``, ``invite``, ``unavailable``).
"""

from typing import Annotated, Final

import structlog
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from holdfast.engine.people.openid import OpenId, Returned
from holdfast.engine.people.openid_provider import OpenIdFailed
from holdfast.http.answers import json_answer
from holdfast.http.audit import tells
from holdfast.http.auth import public
from holdfast.http.body import JsonBody, Sent
from holdfast.http.cookies import drop_openid_state, openid_state, set_openid_state
from holdfast.http.errors import Refused, sentence
from holdfast.http.openapi import answers, takes
from holdfast.http.own_pages import refuse_foreign
from holdfast.http.query import any_query
from holdfast.http.routes.session import SESSION
from holdfast.http.schemas.people import OpenIdBody
from holdfast.http.services import Services, ServicesDep
from holdfast.http.sessions import begin_session
from holdfast.http.shapes.people import WayShape
from holdfast.http.strangers import COUNTED
from holdfast.model.audit import INSTANCE
from holdfast.model.errors import NotFound

router = APIRouter(tags=["session"])
OPENID: Final = f"{SESSION}/openid"
CALLBACK: Final = f"{OPENID}/callback"
_CONSOLE: Final = "/app/"
_SIGN_IN: Final = "/app/signin?openid="
_log = structlog.get_logger("holdfast.http")
Text = Annotated[str | None, Query(max_length=4096)]


@router.get(OPENID, dependencies=[COUNTED], status_code=303, response_class=RedirectResponse)
@public
async def go_to_provider(request: Request, services: ServicesDep) -> Response:
    """Leads the browser to the provider."""
    openid = _openid(services)
    try:
        way = await openid.begin(services.base_url(request) + CALLBACK)
    except OpenIdFailed as error:
        return _failed(request, services, error)
    response = RedirectResponse(way.url, 303)
    set_openid_state(response, request, services.public_url, way.sealed)
    return response


@router.post(OPENID, dependencies=[COUNTED], responses=answers(WayShape, 200), openapi_extra=takes(OpenIdBody))
@public
async def begin_at_provider(
    request: Request, services: ServicesDep, sent: Annotated[Sent[OpenIdBody], Depends(JsonBody(OpenIdBody))]
) -> Response:
    """Where to go to sign in; with `invite`, who comes back accepts that invite."""
    openid = _openid(services)
    refuse_foreign(request, services.public_url)
    try:
        way = await openid.begin(services.base_url(request) + CALLBACK, sent.model.invite)
    except OpenIdFailed as error:
        raise Refused(503, "Unavailable", sentence(str(error)), headers={"Retry-After": "5"}) from None
    shown: WayShape = {"url": way.url}
    response = json_answer(shown)
    set_openid_state(response, request, services.public_url, way.sealed)
    return response


@router.get(CALLBACK, dependencies=[COUNTED], status_code=303, response_class=RedirectResponse)
@public
@any_query
async def come_back(
    request: Request,
    services: ServicesDep,
    code: Text = None,
    state: Text = None,
    iss: Text = None,
    error: Text = None,
) -> Response:
    """Where the provider leads the browser back to."""
    returned = Returned(code or "", state or "", iss, error)
    openid = _openid(services)
    try:
        user, tenant = await openid.finish(returned, openid_state(request, services.public_url))
    except OpenIdFailed as failure:
        return _failed(request, services, failure)
    response: Response = RedirectResponse(_CONSOLE, 303)
    drop_openid_state(response, request, services.public_url)
    await begin_session(request, services, response, user, tenant)
    return response


def _openid(services: Services) -> OpenId:
    if services.people.openid is None:
        raise NotFound("no OpenID provider is set here")
    return services.people.openid


def _failed(request: Request, services: Services, failure: OpenIdFailed) -> Response:
    """The reason in a word for whoever sees the address; in full in the log."""
    _log.warning("a sign-in by OpenID failed", reason=failure.reason, told=str(failure))
    tells(request, tenant=INSTANCE, outcome="denied", detail={"reason": failure.reason})
    response = RedirectResponse(_SIGN_IN + failure.reason, 303)
    drop_openid_state(response, request, services.public_url)
    return response
