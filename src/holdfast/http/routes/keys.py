"""API keys: make (the secret is shown once), list, revoke. What is stored is a hash."""

from typing import Annotated, Final, cast

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from holdfast.engine.people.tokens import KEY_PREFIX, new_token
from holdfast.http.answers import json_answer
from holdfast.http.audit import tells
from holdfast.http.auth import Caller, CallerDep, Role, hash_of, needs
from holdfast.http.body import JsonBody, Sent
from holdfast.http.changes import brief
from holdfast.http.errors import Refused
from holdfast.http.openapi import answers, takes
from holdfast.http.other_tenants import tenant_of
from holdfast.http.query import page_of, path_id
from holdfast.http.schemas.keys import KeyIn, KeyQuery, KeysQuery
from holdfast.http.scopes import checked_scopes
from holdfast.http.services import Services, ServicesDep
from holdfast.http.shapes.keys import KeysShape, NewKeyShape, ScopesShape, key_shape, new_key_shape
from holdfast.http.shapes.times import moment
from holdfast.model.access import ApiKey
from holdfast.model.errors import Invalid, NotFound, Problem
from holdfast.model.json import JSON, JSONObject

router = APIRouter(tags=["keys"])
KEYS: Final = "/api/v1/keys"


@router.post(KEYS, status_code=201, responses=answers(NewKeyShape, 201), openapi_extra=takes(KeyIn))
@needs(Role.ADMIN)
async def create_key(
    request: Request, services: ServicesDep, caller: CallerDep, sent: Annotated[Sent[KeyIn], Depends(JsonBody(KeyIn))]
) -> Response:
    """Nobody gives away more than they have. The first owner's key is an admin of the instance, and so is each that an
    admin of the instance makes with `instance_admin`.

    With `tenant`, which is for admins of the instance only, the key is one of that tenant.
    """
    wanted = sent.model
    tells(request, detail=_asked(wanted))
    _may_give(caller, wanted)
    now = services.now()
    tenant = await tenant_of(services, caller, wanted.tenant, request)
    scopes = None if wanted.scopes is None else checked_scopes(wanted.scopes, services.scopes)
    await _check_account(services, tenant, wanted)
    key = ApiKey(
        id=services.engine.entropy.new_id(now),
        tenant=tenant,
        name=wanted.name,
        role=wanted.role,
        instance_admin=await _of_instance(services, caller, tenant, wanted),
        created_at=now,
        expires_at=None if wanted.expires_in is None else now + wanted.expires_in,
        scopes=scopes,
        user_id=wanted.service_account,
        created_by=caller.label,
    )
    secret = KEY_PREFIX + new_token(services.engine.entropy)
    tells(request, detail={"instance_admin": key.instance_admin, "expires_at": moment(key.expires_at)})
    await services.store.add_api_key(key, hash_of(secret))
    return json_answer(new_key_shape(key, secret), 201)


@router.get(KEYS, responses=answers(KeysShape, 200))
@needs(Role.ADMIN)
async def list_keys(services: ServicesDep, caller: CallerDep, query: Annotated[KeysQuery, Query()]) -> Response:
    """The tenant's keys, without their secrets."""
    keys = await services.store.list_api_keys(await tenant_of(services, caller, query.tenant))
    page, following = page_of(keys, lambda key: key.id, query)
    return json_answer({"items": [key_shape(key) for key in page], "next": following})


@router.get(KEYS + "/scopes", responses=answers(ScopesShape, 200))
@needs(Role.ADMIN)
async def list_scopes(services: ServicesDep) -> Response:
    """What keys can be narrowed to: each area of this API, to read and to write."""
    return json_answer({"items": sorted(services.scopes)})


@router.delete(KEYS + "/{key_id}", status_code=204, responses=answers(None, 204))
@needs(Role.ADMIN)
async def revoke_key(
    request: Request, services: ServicesDep, caller: CallerDep, key_id: str, query: Annotated[KeyQuery, Query()]
) -> Response:
    """The key stops working at once."""
    tenant = await tenant_of(services, caller, query.tenant, request)
    found = await _found(services, tenant, path_id(key_id, "key"))
    tells(request, detail={"name": found.name, "role": found.role, "instance_admin": found.instance_admin})
    _may_revoke(caller, found)
    await services.store.revoke_api_key(tenant, key_id, services.now())
    return Response(status_code=204)


def _asked(wanted: KeyIn) -> JSONObject:
    """For the audit log, also where it is refused."""
    asked: JSONObject = {"name": wanted.name, "role": wanted.role, "scopes": brief(cast(JSON, wanted.scopes))}
    if wanted.service_account is not None:
        asked["service_account"] = wanted.service_account
    return asked


def _may_give(caller: Caller, wanted: KeyIn) -> None:
    if Role.of(wanted.role) > caller.role:
        raise Refused(403, "Forbidden", f"Only a caller with the role {wanted.role} makes such a key.")
    if wanted.instance_admin and not caller.instance_admin:
        raise Refused(403, "Forbidden", "Only an admin of the instance makes the key of one.")
    if caller.scopes is not None and not (wanted.scopes is not None and caller.scopes.issuperset(wanted.scopes)):
        raise Refused(403, "Forbidden", "A key with scopes makes keys with some of its own scopes only.")


async def _of_instance(services: Services, caller: Caller, tenant: str, wanted: KeyIn) -> bool:
    """Whether the key is an admin of the instance: as asked for, or the first owner's."""
    if wanted.instance_admin is not None:
        return wanted.instance_admin
    whole = wanted.role == "owner" and wanted.scopes is None and wanted.service_account is None
    return whole and await _may_be_first(services, caller, tenant)


async def _check_account(services: Services, tenant: str, wanted: KeyIn) -> None:
    """A service account's keys have at most its role."""
    if wanted.service_account is None:
        return
    if wanted.instance_admin:
        rule = "can't be set: a service account is no admin of the instance"
        raise Invalid([Problem("instance_admin", rule)], "The key is not valid")
    member = await services.store.get_member(tenant, path_id(wanted.service_account, "service account"))
    if member.user.kind != "service":
        raise NotFound("there is no service account with this id")
    if Role.of(wanted.role) > member.role:
        rule = f"must be at most {member.role.text}, the role of the service account"
        raise Invalid([Problem("role", rule)], "The key is not valid")


async def _may_be_first(services: Services, caller: Caller, tenant: str) -> bool:
    """Whether an owner's key made now is the instance's admin: the first in the tenant of one who is that already."""
    if not caller.instance_admin or tenant != caller.tenant:
        return False
    keys = await services.store.list_api_keys(tenant)
    return not any(key.instance_admin and key.revoked_at is None for key in keys)


async def _found(services: Services, tenant: str, key_id: str) -> ApiKey:
    found = next((key for key in await services.store.list_api_keys(tenant) if key.id == key_id), None)
    if found is None:
        raise NotFound("there is no key with this id")
    return found


def _may_revoke(caller: Caller, found: ApiKey) -> None:
    if Role.of(found.role) > caller.role:
        raise Refused(403, "Forbidden", f"Only a caller with the role {found.role} revokes such a key.")
    if found.instance_admin and not caller.instance_admin:
        raise Refused(403, "Forbidden", "Only an admin of the instance revokes the key of one.")
