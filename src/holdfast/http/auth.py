"""Who is calling and what they may do: one dependency in front of every route, denied unless a route says otherwise.

Each endpoint carries its rule on the function itself (``@public`` or ``@needs(role)``), so that the rule belongs to the
route object and never to the text of a path. An endpoint without a rule is refused, and stops ``create_app``.

Callers: an API key (``Authorization: Bearer hf_…``, looked up by its SHA-256), or the local user (``local_access``). A
key that isn't valid is 401, even where the local user would be signed in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from typing import Annotated, Final, TypeVar

from fastapi import Depends, Request

from holdfast.http.errors import Refused
from holdfast.http.local_access import reached_locally, sent_by_another_site
from holdfast.http.services import Services, ServicesDep

LOCAL_TENANT: Final = "default"
_RULE: Final = "__holdfast_rule__"
_CHALLENGE: Final = {"WWW-Authenticate": "Bearer"}

Endpoint = TypeVar("Endpoint", bound=Callable[..., object])


class Role(IntEnum):
    """Each role may do what the ones before it may."""

    VIEWER = 1
    OPERATOR = 2
    EDITOR = 3
    ADMIN = 4
    OWNER = 5


@dataclass(frozen=True, slots=True)
class Rule:
    """What a route asks of its caller; ``role`` None: nothing, it is public."""

    role: Role | None
    instance_admin: bool = False


@dataclass(frozen=True, slots=True)
class Caller:
    """Who made the request, in which tenant."""

    tenant: str
    role: Role
    instance_admin: bool
    name: str


LOCAL_USER: Final = Caller(LOCAL_TENANT, Role.OWNER, instance_admin=True, name="local")


def public(endpoint: Endpoint) -> Endpoint:
    """Anyone may call this route."""
    setattr(endpoint, _RULE, Rule(None))
    return endpoint


def needs(role: Role, *, instance_admin: bool = False) -> Callable[[Endpoint], Endpoint]:
    """Only callers with at least this role (and, if asked, the instance's admins) may call this route."""

    def mark(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _RULE, Rule(role, instance_admin))
        return endpoint

    return mark


def rule_of(endpoint: object) -> Rule | None:
    rule = getattr(endpoint, _RULE, None)
    return rule if isinstance(rule, Rule) else None


async def guard(request: Request, services: ServicesDep) -> None:
    """Lets a request through to its endpoint, or raises ``Refused`` (401, 403)."""
    rule = rule_of(request.scope.get("endpoint"))
    if rule is not None and rule.role is None:
        return
    caller = await _identify(request, services)
    if rule is None or rule.role is None or caller.role < rule.role:
        needed = "no role" if rule is None or rule.role is None else f"the role {rule.role.name.lower()}"
        raise Refused(403, "Forbidden", f"This needs {needed}; you have {caller.role.name.lower()}.")
    if rule.instance_admin and not caller.instance_admin:
        raise Refused(403, "Forbidden", "This needs an admin of the instance.")
    request.state.caller = caller


def caller_of(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


CallerDep = Annotated[Caller, Depends(caller_of)]


async def _identify(request: Request, services: Services) -> Caller:
    credentials = request.headers.get("authorization")
    if credentials is not None:
        return await _by_key(credentials, services)
    if services.local_access.enabled and reached_locally(request):
        if sent_by_another_site(request):
            raise Refused(403, "Forbidden", "A page of another site sent this request.")
        return LOCAL_USER
    raise _unauthorized("Send an API key: Authorization: Bearer hf_…")


async def _by_key(credentials: str, services: Services) -> Caller:
    scheme, _, secret = credentials.partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise _unauthorized("Only Authorization: Bearer <key> is understood.")
    key = await services.store.find_api_key(hash_of(secret.strip()))
    now = services.now()
    if key is None or key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now):
        raise _unauthorized("The API key is unknown, revoked or expired.")
    return Caller(key.tenant, Role[key.role.upper()], key.instance_admin, key.name)


def hash_of(secret: str) -> bytes:
    """What is stored of an API key: enough, because the secret itself is 256 random bits."""
    return sha256(secret.encode()).digest()


def _unauthorized(detail: str) -> Refused:
    return Refused(401, "Unauthorized", detail, headers=_CHALLENGE)
