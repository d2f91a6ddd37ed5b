"""The people and service accounts of the tenant: list, change their role, let them go. For its admins."""

from dataclasses import replace
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from holdfast.engine.people.members import Giver, MemberChange
from holdfast.http.answers import json_answer
from holdfast.http.audit import tells
from holdfast.http.auth import Caller, CallerDep, Role, needs
from holdfast.http.body import JsonBody, Sent
from holdfast.http.changes import changed
from holdfast.http.narrowed import refuse_narrowed
from holdfast.http.openapi import answers, takes
from holdfast.http.query import API_PREFIX, Paging, path_id
from holdfast.http.schemas.people import MemberPatch
from holdfast.http.services import Services, ServicesDep
from holdfast.http.shapes.people import LinkShape, MemberShape, MembersShape, member_shape
from holdfast.model.access import Membership
from holdfast.model.instant import format_instant
from holdfast.model.json import JSONObject

router = APIRouter(tags=["users"])
USERS: Final = f"{API_PREFIX}/users"
_CHANGEABLE: Final = ("role", "disabled", "instance_admin")


@router.get(USERS, responses=answers(MembersShape, 200))
@needs(Role.ADMIN)
async def list_users(services: ServicesDep, caller: CallerDep, paging: Paging) -> Response:
    """The people and service accounts of the tenant."""
    page = await services.people.members.list(caller.tenant, paging.cursor, paging.limit)
    return json_answer({"items": [member_shape(member) for member in page.items], "next": page.next})


@router.get(USERS + "/{user_id}", responses=answers(MemberShape, 200))
@needs(Role.ADMIN)
async def get_user(services: ServicesDep, caller: CallerDep, user_id: str) -> Response:
    """One of them."""
    return json_answer(member_shape(await services.store.get_member(caller.tenant, path_id(user_id, "user"))))


@router.patch(USERS + "/{user_id}", responses=answers(MemberShape, 200), openapi_extra=takes(MemberPatch))
@needs(Role.ADMIN)
async def change_user(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    user_id: str,
    sent: Annotated[Sent[MemberPatch], Depends(JsonBody(MemberPatch))],
) -> Response:
    """Sets a role, at most your own; 409 for the tenant's last owner. A disabled person is signed out at once."""
    wanted = sent.model
    role = None if wanted.role is None else Role.of(wanted.role)
    change = MemberChange(role, wanted.disabled, wanted.instance_admin)
    before = await told_of(request, services, caller, user_id, wanted.model_dump(exclude_none=True))
    if wanted.instance_admin or wanted.disabled is False or (role is not None and role > before.role):
        refuse_narrowed(caller, "raise what others may")
    member = await services.people.members.change(giver_of(caller), caller.tenant, user_id, change)
    holds = member.user.disabled_at is None
    await services.people.invites.end_those_of(member.user, caller.tenant, member.role if holds else None)
    return json_answer(member_shape(member))


@router.delete(USERS + "/{user_id}", status_code=204, responses=answers(None, 204))
@needs(Role.ADMIN)
async def remove_user(request: Request, services: ServicesDep, caller: CallerDep, user_id: str) -> Response:
    """Takes a person out of the tenant; 409 for its last owner. What they made stays, but not their open invites."""
    member = await told_of(request, services, caller, user_id)
    await services.people.members.remove(giver_of(caller), caller.tenant, user_id)
    await services.people.invites.end_those_of(replace(member.user, instance_admin=False), caller.tenant, None)
    return Response(status_code=204)


@router.post(USERS + "/{user_id}/password-link", status_code=201, responses=answers(LinkShape, 201))
@needs(Role.ADMIN)
async def make_password_link(request: Request, services: ServicesDep, caller: CallerDep, user_id: str) -> Response:
    """A link with which this person chooses a new password, within a day. It is shown this once.

    Of people who belong to other tenants too, for admins of the instance only.
    """
    people = services.people
    await told_of(request, services, caller, user_id)
    refuse_narrowed(caller, "make a link with which somebody signs in")
    user = await people.members.for_password(giver_of(caller), caller.tenant, user_id)
    made = await people.invites.for_password(user, caller.label, services.base_url(request))
    return json_answer({"url": made.url, "expires_at": format_instant(made.invite.expires_at)}, 201)


@router.post(USERS + "/{user_id}/sign-out", status_code=204, responses=answers(None, 204))
@needs(Role.ADMIN)
async def sign_user_out(request: Request, services: ServicesDep, caller: CallerDep, user_id: str) -> Response:
    """Ends all of their sessions."""
    await told_of(request, services, caller, user_id)
    await services.people.members.sign_out(giver_of(caller), caller.tenant, user_id)
    return Response(status_code=204)


async def told_of(
    request: Request, services: Services, caller: Caller, user_id: str, wanted: JSONObject | None = None
) -> Membership:
    """The member as they are, whom the audit log names, with what is wanted of them. Raises ``NotFound``."""
    member = await services.store.get_member(caller.tenant, path_id(user_id, "user"))
    shape = member_shape(member)
    detail = changed(shape, {**shape, **(wanted or {})}, _CHANGEABLE)
    tells(request, detail={"user": member.user.email or member.user.name, "was": member.role.text, **detail})
    return member


def giver_of(caller: Caller) -> Giver:
    return Giver(caller.role, caller.instance_admin, None if caller.user is None else caller.user.id)
