"""The audit log of a tenant, for its admins: list, take away whole, and see whether its chain holds.

What belongs to no tenant, and the logs of other tenants, are for admins of the instance. Whoever takes a log away
stands in it.
"""

from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from holdfast.engine.audit_chain import check, entries
from holdfast.http.answers import encode, json_answer
from holdfast.http.audit import tells
from holdfast.http.auth import Caller, CallerDep, Role, needs
from holdfast.http.errors import Refused
from holdfast.http.openapi import answers
from holdfast.http.query import API_PREFIX
from holdfast.http.schemas.audit import AuditOf, AuditQuery, AuditWanted
from holdfast.http.services import Services, ServicesDep
from holdfast.http.shapes.audit import AuditCheckShape, AuditShape, check_shape, entry_shape
from holdfast.model.audit import INSTANCE, AuditHead
from holdfast.ports.access import AuditFilter
from holdfast.ports.behalf import read_for

router = APIRouter(tags=["audit"])
AUDIT: Final = f"{API_PREFIX}/audit"
_LINES: Final = "application/x-ndjson"
_AT_ONCE: Final = 100


@router.get(AUDIT, responses=answers(AuditShape, 200))
@needs(Role.ADMIN)
async def list_audit(services: ServicesDep, caller: CallerDep, query: Annotated[AuditQuery, Query()]) -> Response:
    """Newest first."""
    tenant = await _tenant(services, caller, query.tenant)
    page = await services.store.list_audit(tenant, query.wanted(), query.cursor, query.limit)
    return json_answer({"items": [entry_shape(entry) for entry in page.items], "next": page.next})


@router.get(
    AUDIT + "/export",
    responses={200: {"description": "An entry a line, oldest first", "content": {_LINES: {}}}},
)
@needs(Role.ADMIN)
async def export_audit(
    request: Request, services: ServicesDep, caller: CallerDep, query: Annotated[AuditWanted, Query()]
) -> Response:
    """All entries that match, oldest first, a line of JSON for each; up to the last one that was there at the start."""
    tenant = await _tenant(services, caller, query.tenant)
    head = await services.store.audit_head(tenant)
    tells(request, tenant=tenant, detail={"up_to": 0 if head is None else head.seq})
    disposition = f'attachment; filename="audit-{tenant or "instance"}.ndjson"'
    return StreamingResponse(
        _lines(services, tenant, query.wanted(), head),
        media_type=_LINES,
        headers={"Content-Disposition": disposition},
    )


@router.get(AUDIT + "/check", responses=answers(AuditCheckShape, 200))
@needs(Role.ADMIN)
async def check_audit(services: ServicesDep, caller: CallerDep, query: Annotated[AuditOf, Query()]) -> Response:
    """Walks the whole chain: an entry that was changed, moved or taken out shows."""
    tenant = await _tenant(services, caller, query.tenant)
    return json_answer(check_shape(await check(services.store, tenant)))


async def _lines(services: Services, tenant: str, wanted: AuditFilter, head: AuditHead | None) -> AsyncIterator[bytes]:
    if head is None:
        return
    lines: list[bytes] = []
    async for entry in entries(services.store, tenant, wanted, head):
        lines.append(encode({**entry_shape(entry), "previous": entry.previous.hex()}) + b"\n")
        if len(lines) == _AT_ONCE:
            yield b"".join(lines)
            lines.clear()
    yield b"".join(lines)


async def _tenant(services: Services, caller: Caller, wanted: str | None) -> str:
    """The tenant that is meant. Raises ``Refused``, ``NotFound``."""
    if wanted is None or wanted == caller.tenant:
        return caller.tenant
    if not caller.instance_admin:
        raise Refused(403, "Forbidden", "Only an admin of the instance sees the audit log of another tenant.")
    tenant = INSTANCE if wanted == INSTANCE else (await services.store.get_tenant(wanted, services.now())).id
    read_for(tenant)
    return tenant
