"""Routes that anybody may call and that cost this server something: each address calls them so often only (429)."""

from fastapi import Depends, Request

from holdfast.http.services import ServicesDep


async def _counted(request: Request, services: ServicesDep) -> None:
    services.rates.admit_stranger(request.scope, services.now())


# In the ``dependencies`` of a public route: looked at before its body is read.
COUNTED = Depends(_counted)
