"""The tenant that a call means: the caller's own, or any that exists for an admin of the instance."""

from fastapi import Request

from holdfast.http.audit import stands_in
from holdfast.http.auth import Caller
from holdfast.http.errors import Refused
from holdfast.http.services import Services
from holdfast.ports.behalf import read_for


async def tenant_of(services: Services, caller: Caller, wanted: str | None, request: Request | None = None) -> str:
    """Raises ``Refused`` (403), ``NotFound``. A ``request`` that changes something stands in the log of that tenant."""
    if wanted is None or wanted == caller.tenant:
        return caller.tenant
    if not caller.instance_admin:
        raise Refused(403, "Forbidden", "Only an admin of the instance reaches into another tenant.")
    tenant = (await services.store.get_tenant(wanted, services.now())).id
    read_for(tenant)
    if request is not None:
        stands_in(request, tenant)
    return tenant
