"""The tenant that a call means: the caller's own, or any that exists for an admin of the instance."""

from holdfast.http.auth import Caller
from holdfast.http.errors import Refused
from holdfast.http.services import Services


async def tenant_of(services: Services, caller: Caller, wanted: str | None) -> str:
    """Raises ``Refused`` (403), ``NotFound``."""
    if wanted is None or wanted == caller.tenant:
        return caller.tenant
    if not caller.instance_admin:
        raise Refused(403, "Forbidden", "Only an admin of the instance reaches into another tenant.")
    return (await services.store.get_tenant(wanted, services.now())).id
