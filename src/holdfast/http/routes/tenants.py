"""Tenants: make, list, show, change. For admins of the instance only."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from holdfast.engine.wakeups import EVENTS, queue_topic
from holdfast.http.answers import json_answer
from holdfast.http.auth import Role, needs
from holdfast.http.body import JsonBody, Sent
from holdfast.http.openapi import answers, takes
from holdfast.http.query import API_PREFIX, Paging
from holdfast.http.schemas.instance import TenantIn, TenantPatch
from holdfast.http.services import ServicesDep
from holdfast.http.shapes.instance import TenantShape, TenantsShape, tenant_shape
from holdfast.model.errors import NotFound
from holdfast.model.json import problems_of

router = APIRouter(tags=["tenants"])
TENANTS: Final = f"{API_PREFIX}/tenants"


@router.post(TENANTS, status_code=201, responses=answers(TenantShape, 201), openapi_extra=takes(TenantIn))
@needs(Role.VIEWER, instance_admin=True)
async def create_tenant(
    services: ServicesDep, sent: Annotated[Sent[TenantIn], Depends(JsonBody(TenantIn))]
) -> Response:
    """Makes a tenant; 409 when the name is taken. Keys for it: `POST /keys` with `tenant`."""
    now = services.now()
    tenant = await services.store.create_tenant(sent.model.tenant(services.engine.entropy.new_id(now)), now)
    return json_answer(tenant_shape(tenant), 201)


@router.get(TENANTS, responses=answers(TenantsShape, 200))
@needs(Role.VIEWER, instance_admin=True)
async def list_tenants(services: ServicesDep, paging: Paging) -> Response:
    """Every tenant with its share, its limits and how many of its jobs run."""
    page = await services.store.list_tenants(services.now(), paging.cursor, paging.limit)
    return json_answer({"items": [tenant_shape(tenant) for tenant in page.items], "next": page.next})


@router.get(TENANTS + "/{tenant}", responses=answers(TenantShape, 200))
@needs(Role.VIEWER, instance_admin=True)
async def get_tenant(services: ServicesDep, tenant: str) -> Response:
    """One tenant."""
    return json_answer(tenant_shape(await services.store.get_tenant(_known(tenant), services.now())))


@router.patch(TENANTS + "/{tenant}", responses=answers(TenantShape, 200), openapi_extra=takes(TenantPatch))
@needs(Role.VIEWER, instance_admin=True)
async def change_tenant(
    services: ServicesDep, tenant: str, sent: Annotated[Sent[TenantPatch], Depends(JsonBody(TenantPatch))]
) -> Response:
    """Sets name, share, limit, attributes, retention; null lifts the limit."""
    record = await services.store.change_tenant(_known(tenant), sent.model.change(), services.now())
    waiting = [queue for queue in await services.store.list_queues(services.now()) if queue.pending]
    services.engine.wakeups.notify({EVENTS} | {queue_topic(queue.name) for queue in waiting})
    return json_answer(tenant_shape(record))


def _known(tenant: str) -> str:
    """An id in a path: what no store could keep can't exist. Raises ``NotFound``."""
    if problems_of(tenant):
        raise NotFound("there is no tenant with this id")
    return tenant
