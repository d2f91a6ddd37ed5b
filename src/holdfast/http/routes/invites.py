"""Invites, for a tenant's admins; and what a link is good for and does, for whoever has it."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from holdfast.engine.people.invites import Answer
from holdfast.http.answers import json_answer
from holdfast.http.audit import tells
from holdfast.http.auth import CallerDep, Role, identify, needs, public
from holdfast.http.body import JsonBody, Sent
from holdfast.http.narrowed import refuse_narrowed
from holdfast.http.openapi import answers, takes
from holdfast.http.other_tenants import tenant_of
from holdfast.http.own_pages import refuse_foreign
from holdfast.http.query import API_PREFIX, page_of, path_id
from holdfast.http.routes.users import giver_of
from holdfast.http.schemas.keys import KeyQuery
from holdfast.http.schemas.people import AcceptBody, InviteBody, InvitesQuery, LinkBody
from holdfast.http.services import ServicesDep
from holdfast.http.sessions import place_of, proving, signed_in
from holdfast.http.shapes.people import (
    InvitesShape,
    LookShape,
    NewInviteShape,
    SessionShape,
    invite_shape,
    look_shape,
    new_invite_shape,
)
from holdfast.http.strangers import COUNTED

router = APIRouter(tags=["invites"])
INVITES: Final = f"{API_PREFIX}/invites"


@router.post(INVITES, status_code=201, responses=answers(NewInviteShape, 201), openapi_extra=takes(InviteBody))
@needs(Role.ADMIN)
async def create_invite(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    sent: Annotated[Sent[InviteBody], Depends(JsonBody(InviteBody))],
) -> Response:
    """Invites somebody into the tenant, with a role that is at most your own. The link is shown this once.

    It counts once, for 7 days; a new one for the same address takes its place. Where a mail server is set the invite is
    mailed as well.
    """
    wanted = sent.model
    tells(request, detail={"email": wanted.email, "role": wanted.role})
    refuse_narrowed(caller, "invite anybody")
    tenant = await tenant_of(services, caller, wanted.tenant, request)
    made = await services.people.invites.invite(
        giver_of(caller), caller.label, tenant, wanted.email, Role.of(wanted.role), services.base_url(request)
    )
    return json_answer(new_invite_shape(made), 201)


@router.get(INVITES, responses=answers(InvitesShape, 200))
@needs(Role.ADMIN)
async def list_invites(services: ServicesDep, caller: CallerDep, query: Annotated[InvitesQuery, Query()]) -> Response:
    """Those that can still be used, without their links."""
    tenant = await tenant_of(services, caller, query.tenant)
    invites = await services.store.list_invites(tenant, services.now())
    page, following = page_of(invites, lambda invite: invite.id, query)
    return json_answer({"items": [invite_shape(invite) for invite in page], "next": following})


@router.delete(INVITES + "/{invite_id}", status_code=204, responses=answers(None, 204))
@needs(Role.ADMIN)
async def revoke_invite(
    request: Request, services: ServicesDep, caller: CallerDep, invite_id: str, query: Annotated[KeyQuery, Query()]
) -> Response:
    """Its link is good for nothing from now on."""
    tenant = await tenant_of(services, caller, query.tenant, request)
    wanted = path_id(invite_id, "invite")
    for invite in await services.store.list_invites(tenant, services.now()):
        if invite.id == wanted:
            tells(request, detail={"email": invite.email, "role": None if invite.role is None else invite.role.text})
    await services.store.revoke_invite(tenant, wanted)
    return Response(status_code=204)


@router.post(
    INVITES + "/look", dependencies=[COUNTED], responses=answers(LookShape, 200), openapi_extra=takes(LinkBody)
)
@public
async def look_at_invite(
    services: ServicesDep, sent: Annotated[Sent[LinkBody], Depends(JsonBody(LinkBody))]
) -> Response:
    """What a link is good for; 404 when it was used, was revoked or is too old."""
    return json_answer(look_shape(await services.people.invites.look(sent.model.token)))


@router.post(
    INVITES + "/accept", dependencies=[COUNTED], responses=answers(SessionShape, 200), openapi_extra=takes(AcceptBody)
)
@public
async def accept_invite(
    request: Request, services: ServicesDep, sent: Annotated[Sent[AcceptBody], Depends(JsonBody(AcceptBody))]
) -> Response:
    """Uses a link, and signs its person in: a new one with name and password, a known one with their password (or their
    session), and with a one-time code where they have set that up. A link for a password sets it.
    """
    refuse_foreign(request, services.public_url)
    given = sent.model
    caller = await identify(request, services)
    answer = Answer(
        name=given.name,
        password=given.password,
        code=given.code,
        signed_in=None if caller is None else caller.user,
        address=place_of(request).address,
    )
    async with proving():
        user, tenant = await services.people.invites.accept(given.token, answer)
    response = await signed_in(request, services, user, tenant=tenant)
    role = None if tenant is None else (await services.store.get_member(tenant, user.id)).role.text
    tells(request, detail={"purpose": "password"} if role is None else {"purpose": "member", "role": role})
    return response
