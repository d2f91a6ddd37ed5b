"""Callers and rules: who makes a request, and what a route asks of whoever calls it. ``auth`` brings them together."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

from holdfast.engine.people.first_owner import FIRST_TENANT
from holdfast.model.access import Role, User

LOCAL_TENANT: Final = FIRST_TENANT
_RULE: Final = "__holdfast_rule__"

CallerKind = Literal["person", "key", "local"]
Endpoint = TypeVar("Endpoint", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Rule:
    """What a route asks of its caller; ``role`` None: nothing, it is public.

    ``scope``: what a narrowed key needs, where it doesn't follow from area and method. ``personal``: it concerns the
    caller alone, whatever their role: nobody but people has it, unless ``keys`` may too.
    """

    role: Role | None
    instance_admin: bool = False
    scope: str | None = None
    personal: bool = False
    keys: bool = True

    @property
    def is_scoped(self) -> bool:
        """Whether a narrowed key needs a scope here."""
        return self.role is not None and not self.personal


@dataclass(frozen=True, slots=True)
class Caller:
    """Who made the request, in which tenant. ``id``: of the person or the key, for lists of who did what.

    ``member``: False for a person who has no role in their session's tenant (any more); the guard lets them nowhere but
    to what concerns themselves. ``scopes``: what a key is narrowed to; None: nothing.
    """

    tenant: str
    role: Role
    instance_admin: bool
    name: str
    kind: CallerKind = "key"
    id: str = ""
    user: User | None = None
    session: str | None = None
    scopes: frozenset[str] | None = None
    member: bool = True
    suspended: bool = False

    @property
    def label(self) -> str:
        """By what others know them: a person by their address, since people choose their names themselves."""
        return self.name if self.user is None else self.user.email or self.name


LOCAL_USER: Final = Caller(LOCAL_TENANT, Role.OWNER, instance_admin=True, name="local", kind="local", id="local")


def public(endpoint: Endpoint) -> Endpoint:
    """Anyone may call this route."""
    setattr(endpoint, _RULE, Rule(None))
    return endpoint


def needs(role: Role, *, instance_admin: bool = False, scope: str | None = None) -> Callable[[Endpoint], Endpoint]:
    """Only callers with at least this role (and, if asked, the instance's admins) may call this route.

    ``scope`` (``workflows:read``) says what a narrowed key needs where the method tells it wrong.
    """
    return _marked(Rule(role, instance_admin, scope))


def personal(*, keys: bool = False) -> Callable[[Endpoint], Endpoint]:
    """Whoever is signed in may call this route about themselves; with ``keys`` every caller may."""
    return _marked(Rule(Role.VIEWER, personal=True, keys=keys))


def rule_of(endpoint: object) -> Rule | None:
    rule = getattr(endpoint, _RULE, None)
    return rule if isinstance(rule, Rule) else None


def _marked(rule: Rule) -> Callable[[Endpoint], Endpoint]:
    def mark(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _RULE, rule)
        return endpoint

    return mark
