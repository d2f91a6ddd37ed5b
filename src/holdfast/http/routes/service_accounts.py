"""Service accounts: what programs are known as. Each belongs to one tenant and has keys, which end with it."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from holdfast.http.answers import json_answer
from holdfast.http.audit import tells
from holdfast.http.auth import CallerDep, Role, needs
from holdfast.http.body import JsonBody, Sent
from holdfast.http.narrowed import refuse_narrowed
from holdfast.http.openapi import answers, takes
from holdfast.http.query import API_PREFIX, Paging, path_id
from holdfast.http.routes.users import giver_of
from holdfast.http.schemas.people import ServiceAccountBody
from holdfast.http.services import ServicesDep
from holdfast.http.shapes.people import ServiceAccountShape, ServiceAccountsShape, service_account_shape
from holdfast.model.errors import NotFound

router = APIRouter(tags=["service accounts"])
ACCOUNTS: Final = f"{API_PREFIX}/service-accounts"


@router.post(
    ACCOUNTS, status_code=201, responses=answers(ServiceAccountShape, 201), openapi_extra=takes(ServiceAccountBody)
)
@needs(Role.ADMIN)
async def create_service_account(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    sent: Annotated[Sent[ServiceAccountBody], Depends(JsonBody(ServiceAccountBody))],
) -> Response:
    """Makes a service account, with a role that is at most your own. Keys for it: `POST /keys` with its id."""
    tells(request, detail={"name": sent.model.name, "role": sent.model.role})
    refuse_narrowed(caller, "make a service account")
    member = await services.people.members.add_service(
        giver_of(caller), caller.tenant, sent.model.name, Role.of(sent.model.role)
    )
    return json_answer(service_account_shape(member), 201)


@router.get(ACCOUNTS, responses=answers(ServiceAccountsShape, 200))
@needs(Role.ADMIN)
async def list_service_accounts(services: ServicesDep, caller: CallerDep, paging: Paging) -> Response:
    """The tenant's; a page may hold fewer than `limit` and yet have a `next`, since people are left out of it."""
    page = await services.people.members.list(caller.tenant, paging.cursor, paging.limit)
    items = [service_account_shape(member) for member in page.items if member.user.kind == "service"]
    return json_answer({"items": items, "next": page.next})


@router.delete(ACCOUNTS + "/{account_id}", status_code=204, responses=answers(None, 204))
@needs(Role.ADMIN)
async def delete_service_account(
    request: Request, services: ServicesDep, caller: CallerDep, account_id: str
) -> Response:
    """Deletes it; its keys stop working at once."""
    member = await services.store.get_member(caller.tenant, path_id(account_id, "service account"))
    if member.user.kind != "service":
        raise NotFound("there is no service account with this id")
    tells(request, detail={"name": member.user.name, "role": member.role.text})
    await services.people.members.remove(giver_of(caller), caller.tenant, account_id)
    return Response(status_code=204)
