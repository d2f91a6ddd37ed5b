"""Who is calling and what they may do: one dependency in front of every route, denied unless a route says otherwise.

Each endpoint carries its rule on the function itself (``@public``, ``@personal`` or ``@needs(role)``), so that the rule
belongs to the route object and never to the text of a path. An endpoint without a rule is refused, and stops
``create_app``.

Callers: an API key (``Authorization: Bearer hf_…``, looked up by its SHA-256), a person (the cookie of a session), or
the local user (``local_access``). A key comes first: one that isn't valid is 401, even with a session or where the
local user would be signed in. A request with a session that may change something must come from a page of this server's
own. In a suspended tenant nothing is allowed but what concerns the caller's own account and, to its admins, the
instance.
"""

from typing import Annotated, Final

from fastapi import Depends, Request

from holdfast.engine.people.tokens import LONGEST
from holdfast.engine.people.tokens import digest_of as hash_of
from holdfast.http.addresses import address_of
from holdfast.http.callers import LOCAL_TENANT, LOCAL_USER, Caller, Rule, needs, personal, public, rule_of
from holdfast.http.cookies import session_token
from holdfast.http.errors import Refused
from holdfast.http.local_access import reached_locally, sent_by_another_site
from holdfast.http.own_pages import refuse_forged
from holdfast.http.scopes import scope_of
from holdfast.http.services import Services, ServicesDep
from holdfast.model.access import ApiKey, Role, SignedIn
from holdfast.ports.behalf import read_for

__all__ = [
    "LOCAL_TENANT", "LOCAL_USER", "Caller", "CallerDep", "Role", "Rule",
    "caller_of", "check", "guard", "hash_of", "identify", "needs", "personal", "public", "rule_of",
]  # fmt: skip

_CHALLENGE: Final = {"WWW-Authenticate": "Bearer"}


async def guard(request: Request, services: ServicesDep) -> None:
    """Lets a request through to its endpoint, or raises ``Refused`` (401, 403)."""
    rule = rule_of(request.scope.get("endpoint"))
    if rule is not None and rule.role is None:
        return
    caller = await identify(request, services)
    if caller is None:
        raise _unauthorized("Send an API key: Authorization: Bearer hf_…")
    request.state.caller = caller  # also of one who is refused: the audit log names them
    services.rates.admit(request.scope, caller, services.now())
    named = (await services.store.get_tenant(caller.tenant, services.now())).name if caller.suspended else None
    check(rule, caller, request, named)
    # Admins of the instance, and people about themselves, see more than a tenant; whom else a route means, it says.
    read_for(None if rule is None or rule.instance_admin or rule.personal else caller.tenant)


def caller_of(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


CallerDep = Annotated[Caller, Depends(caller_of)]


async def identify(request: Request, services: Services) -> Caller | None:
    """Who calls; None: nobody says. Raises ``Refused`` for what is wrong."""
    credentials = request.headers.get("authorization")
    if credentials is not None:
        return await _by_key(credentials, request, services)
    token = session_token(request, services.public_url)
    if token is not None:
        found = await services.people.sessions.find(token)
        if found is not None:
            refuse_forged(request, services.public_url)
            return _person(found)
    if await is_local(request, services):
        if sent_by_another_site(request):
            raise Refused(403, "Forbidden", "A page of another site sent this request.")
        return LOCAL_USER
    return None


async def is_local(request: Request, services: Services) -> bool:
    """Whether the local user is signed in by itself: on this machine, while nobody can sign in."""
    return services.local_access.enabled and reached_locally(request) and not await services.people.exist()


def check(rule: Rule | None, caller: Caller, request: Request, tenant: str | None = None) -> None:
    """Whether the route's rule lets this caller in. ``tenant``: its name, for sentences. Raises ``Refused`` (403)."""
    if rule is None or rule.role is None:
        raise _forbidden("This needs no role; you have one.")
    if rule.personal:
        if caller.kind != "person" and not rule.keys:
            raise _forbidden("This is for people who are signed in.")
        return
    instance = rule.instance_admin and caller.instance_admin
    if rule.instance_admin and not instance:
        raise _forbidden("This needs an admin of the instance.")
    if not caller.member and not instance:
        raise _forbidden("You are no member of this tenant; choose another.")
    if caller.role < rule.role:
        raise _forbidden(f"This needs the role {rule.role.text}; you have {caller.role.text}.")
    if caller.suspended and not instance:
        way = f"an admin of the instance resumes it: `holdfast tenants resume {tenant or caller.tenant}`"
        raise _forbidden(f"The tenant {tenant or caller.tenant} is suspended; {way}.")
    if caller.scopes is not None:
        scope = scope_of(request.scope.get("route"), request.method, rule.scope)
        if scope not in caller.scopes:
            raise _forbidden(f"This needs the scope {scope}, which this key doesn't have.")


async def _by_key(credentials: str, request: Request, services: Services) -> Caller:
    scheme, _, rest = credentials.partition(" ")
    secret = rest.strip()
    if scheme.lower() != "bearer" or not secret:
        raise _unauthorized("Only Authorization: Bearer <key> is understood.")
    digest, now = hash_of(secret), services.now()
    # The key is looked for first: a good one is never kept out by whoever else guesses behind the same address.
    key = await services.store.find_api_key(digest) if len(secret) <= LONGEST else None
    if key is None or not _counts(key, now):
        services.rates.wrong_key(request.scope, now)
        raise _unauthorized("The API key is unknown, revoked or expired.")
    services.people.key_uses.note(key.id, address_of(request.scope), now)
    return Caller(
        key.tenant,
        Role.of(key.role),
        key.instance_admin,
        key.name,
        id=key.id,
        scopes=key.scopes,
        suspended=key.suspended,
    )


def _counts(key: ApiKey, now: int) -> bool:
    return key.revoked_at is None and not key.refused and (key.expires_at is None or key.expires_at > now)


def _person(found: SignedIn) -> Caller:
    user = found.user
    return Caller(
        found.session.tenant,
        found.role or Role.VIEWER,
        user.instance_admin,
        user.name,
        kind="person",
        id=user.id,
        user=user,
        session=found.session.id,
        member=found.role is not None,
        suspended=found.suspended,
    )


def _unauthorized(detail: str) -> Refused:
    return Refused(401, "Unauthorized", detail, headers=_CHALLENGE)


def _forbidden(detail: str) -> Refused:
    return Refused(403, "Forbidden", detail)
