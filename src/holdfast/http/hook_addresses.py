"""Who is shown the addresses of webhooks. Whoever has one can start what stands behind it: operators may do that
anyhow, viewers may not, and aren't shown them.
"""

from fastapi import Request

from holdfast.http.auth import Role, caller_of
from holdfast.http.services import Services


def base_of_hooks(request: Request, services: Services) -> str | None:
    """What addresses begin with, as this request came by it; None for a caller who may not have them."""
    return services.base_url(request) if caller_of(request).role >= Role.OPERATOR else None
