"""API keys: make (the secret is shown once), list, revoke. What is stored is a hash."""

import secrets
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from holdfast.http.answers import json_answer
from holdfast.http.auth import Caller, CallerDep, Role, hash_of, needs
from holdfast.http.body import JsonBody, Sent
from holdfast.http.errors import Refused
from holdfast.http.openapi import answers, takes
from holdfast.http.query import page_of, path_id
from holdfast.http.schemas.keys import KeyIn, KeyQuery, KeysQuery
from holdfast.http.services import Services, ServicesDep
from holdfast.http.shapes.instance import KeysShape, NewKeyShape, key_shape
from holdfast.model.access import ApiKey
from holdfast.model.errors import NotFound

router = APIRouter(tags=["keys"])
KEYS: Final = "/api/v1/keys"
_PREFIX: Final = "hf_"


@router.post(KEYS, status_code=201, responses=answers(NewKeyShape, 201), openapi_extra=takes(KeyIn))
@needs(Role.ADMIN)
async def create_key(
    services: ServicesDep, caller: CallerDep, sent: Annotated[Sent[KeyIn], Depends(JsonBody(KeyIn))]
) -> Response:
    """The first owner's key is an admin of the instance. Nobody gives away more than they have.

    With `tenant`, which is for admins of the instance only, the key is one of that tenant.
    """
    wanted = sent.model
    if Role[wanted.role.upper()] > caller.role:
        raise Refused(403, "Forbidden", f"Only a caller with the role {wanted.role} makes such a key.")
    now = services.now()
    tenant = await _tenant(services, caller, wanted.tenant)
    first_owner = wanted.role == "owner" and await _may_be_first(services, caller, tenant)
    key = ApiKey(
        id=services.engine.entropy.new_id(now),
        tenant=tenant,
        name=wanted.name,
        role=wanted.role,
        instance_admin=first_owner,
        created_at=now,
    )
    secret = _PREFIX + secrets.token_urlsafe(32)
    await services.store.add_api_key(key, hash_of(secret))
    shown = {"id": key.id, "key": secret, "name": key.name, "tenant": key.tenant, "role": key.role}
    return json_answer(shown, 201)


@router.get(KEYS, responses=answers(KeysShape, 200))
@needs(Role.ADMIN)
async def list_keys(services: ServicesDep, caller: CallerDep, query: Annotated[KeysQuery, Query()]) -> Response:
    """The tenant's keys, without their secrets."""
    keys = await services.store.list_api_keys(await _tenant(services, caller, query.tenant))
    page, following = page_of(keys, lambda key: key.id, query)
    return json_answer({"items": [key_shape(key) for key in page], "next": following})


@router.delete(KEYS + "/{key_id}", status_code=204, responses=answers(None, 204))
@needs(Role.ADMIN)
async def revoke_key(
    services: ServicesDep, caller: CallerDep, key_id: str, query: Annotated[KeyQuery, Query()]
) -> Response:
    """The key stops working at once."""
    tenant = await _tenant(services, caller, query.tenant)
    await _may_revoke(services, caller, tenant, path_id(key_id, "key"))
    await services.store.revoke_api_key(tenant, key_id, services.now())
    return Response(status_code=204)


async def _may_be_first(services: Services, caller: Caller, tenant: str) -> bool:
    """Whether an owner's key made now is the instance's admin: the first in the tenant of one who is that already."""
    if not caller.instance_admin or tenant != caller.tenant:
        return False
    keys = await services.store.list_api_keys(tenant)
    return not any(key.instance_admin and key.revoked_at is None for key in keys)


async def _may_revoke(services: Services, caller: Caller, tenant: str, key_id: str) -> None:
    found = next((key for key in await services.store.list_api_keys(tenant) if key.id == key_id), None)
    if found is None:
        raise NotFound("there is no key with this id")
    if Role[found.role.upper()] > caller.role:
        raise Refused(403, "Forbidden", f"Only a caller with the role {found.role} revokes such a key.")
    if found.instance_admin and not caller.instance_admin:
        raise Refused(403, "Forbidden", "Only an admin of the instance revokes the key of one.")


async def _tenant(services: Services, caller: Caller, wanted: str | None) -> str:
    """The tenant that is meant: the caller's own, or any that exists for an admin of the instance."""
    if wanted is None or wanted == caller.tenant:
        return caller.tenant
    if not caller.instance_admin:
        raise Refused(403, "Forbidden", "Only an admin of the instance sees or makes keys of another tenant.")
    return (await services.store.get_tenant(wanted, services.now())).id
