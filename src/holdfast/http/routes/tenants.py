"""Tenants: make, list, show, change, suspend, delete. For admins of the instance only."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from holdfast.engine.wakeups import EVENTS, TRIGGERS, queue_topic
from holdfast.http.answers import json_answer
from holdfast.http.audit import tells
from holdfast.http.auth import Role, needs
from holdfast.http.body import JsonBody, Sent
from holdfast.http.changes import changed
from holdfast.http.openapi import answers, takes
from holdfast.http.query import API_PREFIX, Paging
from holdfast.http.schemas.instance import DeletionParameters, TenantIn, TenantPatch
from holdfast.http.services import Services, ServicesDep
from holdfast.http.shapes.instance import TenantShape, TenantsShape, tenant_shape
from holdfast.model.errors import NotFound
from holdfast.model.json import problems_of
from holdfast.model.records import TenantRecord

router = APIRouter(tags=["tenants"])
TENANTS: Final = f"{API_PREFIX}/tenants"
_SETTINGS: Final = ("name", "weight", "max_running", "attributes", "retention", "egress")


@router.post(TENANTS, status_code=201, responses=answers(TenantShape, 201), openapi_extra=takes(TenantIn))
@needs(Role.VIEWER, instance_admin=True)
async def create_tenant(
    request: Request, services: ServicesDep, sent: Annotated[Sent[TenantIn], Depends(JsonBody(TenantIn))]
) -> Response:
    """Makes a tenant; 409 when the name is taken. Keys for it: `POST /keys` with `tenant`."""
    now = services.now()
    tells(request, detail={"name": sent.model.name})
    tenant = await services.store.create_tenant(sent.model.tenant(services.engine.entropy.new_id(now)), now)
    shape = tenant_shape(tenant)
    tells(request, detail=changed(None, shape, _SETTINGS))
    return json_answer(shape, 201)


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
    request: Request,
    services: ServicesDep,
    tenant: str,
    sent: Annotated[Sent[TenantPatch], Depends(JsonBody(TenantPatch))],
) -> Response:
    """Sets name, share, limit, attributes, retention, egress; null lifts the limit."""
    before = await _named(request, services, tenant)
    record = await services.store.change_tenant(tenant, sent.model.change(), services.now())
    shape = tenant_shape(record)
    tells(request, detail=changed(tenant_shape(before), shape, _SETTINGS))
    await _tell(services)
    return json_answer(shape)


@router.post(TENANTS + "/{tenant}/suspend", responses=answers(TenantShape, 200))
@needs(Role.VIEWER, instance_admin=True)
async def suspend_tenant(request: Request, services: ServicesDep, tenant: str) -> Response:
    """Nobody comes in any more, nothing of it starts, its webhooks are unknown; what runs may end. Takes a deletion
    back that hasn't begun."""
    await _named(request, services, tenant)
    record = await services.store.suspend_tenant(tenant, services.now(), None)
    await _tell(services)
    return json_answer(tenant_shape(record))


@router.post(TENANTS + "/{tenant}/resume", responses=answers(TenantShape, 200))
@needs(Role.VIEWER, instance_admin=True)
async def resume_tenant(request: Request, services: ServicesDep, tenant: str) -> Response:
    """It goes on where it was; times and events of meanwhile start nothing. 409 once its deletion has begun."""
    await _named(request, services, tenant)
    record = await services.store.resume_tenant(tenant, services.now())
    await _tell(services)
    return json_answer(tenant_shape(record))


@router.delete(TENANTS + "/{tenant}", status_code=202, responses=answers(TenantShape, 202))
@needs(Role.VIEWER, instance_admin=True)
async def delete_tenant(
    request: Request, services: ServicesDep, tenant: str, wanted: Annotated[DeletionParameters, Query()]
) -> Response:
    """Suspends it at once and takes all that it has away after the grace; until then it can be resumed. 409 for the
    first tenant."""
    now = services.now()
    await _named(request, services, tenant)
    record = await services.store.suspend_tenant(tenant, now, now + wanted.grace)
    shape = tenant_shape(record)
    tells(request, detail={"delete_at": shape["delete_at"]})
    await _tell(services)
    return json_answer(shape, 202)


async def _named(request: Request, services: Services, tenant: str) -> TenantRecord:
    """The tenant as it is, whose name the audit log has beside its id. Raises ``NotFound``."""
    record = await services.store.get_tenant(_known(tenant), services.now())
    tells(request, detail={"tenant": record.name})
    return record


async def _tell(services: Services) -> None:
    """Those who look after triggers, and workers that could start what waits."""
    waiting = [queue for queue in await services.store.list_queues(services.now()) if queue.pending]
    services.engine.wakeups.notify({EVENTS, TRIGGERS} | {queue_topic(queue.name) for queue in waiting})


def _known(tenant: str) -> str:
    """An id in a path: what no store could keep can't exist. Raises ``NotFound``."""
    if problems_of(tenant):
        raise NotFound("there is no tenant with this id")
    return tenant
