"""Which requests stand in the audit log, and as what. The gateway asks for every answer, so no route can be forgotten.

Recorded are: each call of a known caller that may change something, each one that is denied, and whatever a route
``tells`` of (a sign-in, a callback). The caller of a public route is nobody known: what isn't told of there isn't
recorded. Not recorded: what a rate limit turned away, and webhooks, whose record are their firings.

An entry says the route, the ids in its path and, of what was made, the id in the answer; never a body. It is written
before the answer is sent: what can't be recorded is answered with 503, whatever came of it.
"""

from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import structlog
from fastapi import Request

from holdfast.http.addresses import address_of
from holdfast.http.callers import Caller, Rule, rule_of
from holdfast.http.scopes import area_of
from holdfast.http.services import Services
from holdfast.model.audit import INSTANCE, ActorKind, AuditOutcome, NewAudit
from holdfast.model.errors import Unavailable
from holdfast.model.json import JSONObject

_log = structlog.get_logger("holdfast.http")
_TOLD: Final = "holdfast.audit"
_TENANT: Final = "holdfast.audit.tenant"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_LIMITED: Final = 429
_MADE: Final = 201
# Of a body that is longer, what was made isn't looked for: no single thing is.
_LONGEST_BODY: Final = 64 * 1024
_LONGEST: Final = 200


class Actor(msgspec.Struct, frozen=True):
    """Who did it, where that isn't the request's caller."""

    kind: ActorKind
    id: str
    name: str


NOBODY: Final = Actor("nobody", "", "")


@dataclass(slots=True)
class Told:
    """What a route says of its act; None: what the request shows."""

    actor: Actor | None = None
    tenant: str | None = None
    target: str | None = None
    outcome: AuditOutcome | None = None
    detail: JSONObject = field(default_factory=dict)


def tells(
    request: Request,
    *,
    actor: Actor | None = None,
    tenant: str | None = None,
    target: str | None = None,
    outcome: AuditOutcome | None = None,
    detail: JSONObject | None = None,
) -> None:
    """Has the request recorded, with this. Said more than once, the last word on each counts."""
    told: Told = request.scope.setdefault(_TOLD, Told())
    told.actor = actor or told.actor
    told.tenant = told.tenant if tenant is None else tenant
    told.target = told.target if target is None else target
    told.outcome = outcome or told.outcome
    told.detail = {**told.detail, **(detail or {})}


def stands_in(request: Request, tenant: str) -> None:
    """The log of this tenant has the request, if it is recorded."""
    request.scope[_TENANT] = tenant


def changes_something(rule: Rule | None, method: str) -> bool:
    """Whether a call by this method may change something; a route may say that it only reads (its scope)."""
    if rule is not None and rule.scope is not None:
        return not rule.scope.endswith(":read")
    return method not in _SAFE


def is_recorded(scope: Any, status: int) -> bool:
    """Whether an answer with this status is recorded."""
    if _TOLD in scope:
        return True
    if status == _LIMITED or _caller_of(scope) is None:
        return False
    return status == 403 or changes_something(rule_of(scope.get("endpoint")), scope["method"])


async def record(services: Services, scope: Any, status: int, body: bytes) -> bool:
    """Writes the entry; False when that can't be done."""
    try:
        await services.engine.audit.write(act_of(services, scope, status, body))
    except Unavailable:
        return False
    except Exception:
        _log.exception("an act can't be recorded")
        return False
    return True


def act_of(services: Services, scope: Any, status: int, body: bytes) -> NewAudit:
    """The entry of a request that was answered so."""
    told = scope.get(_TOLD) or Told()
    caller = _caller_of(scope)
    actor = told.actor or (NOBODY if caller is None else Actor(caller.kind, caller.id, caller.label))
    outcome = told.outcome or _outcome(status)
    return NewAudit(
        tenant=scope.get(_TENANT) or _tenant(told, caller, rule_of(scope.get("endpoint"))),
        at=services.now(),
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor=actor.name[:_LONGEST],
        action=_action(scope.get("route")),
        target=(_target(scope, status, body) if told.target is None else told.target)[:_LONGEST],
        outcome=outcome,
        address=address_of(scope),
        correlation_id=scope["holdfast.correlation_id"],
        detail=told.detail if outcome == "done" else {"status": status, **told.detail},
    )


def _caller_of(scope: Any) -> Caller | None:
    state = scope.get("state")
    caller = None if state is None else state.get("caller")
    return caller if isinstance(caller, Caller) else None


def _tenant(told: Told, caller: Caller | None, rule: Rule | None) -> str:
    """What only admins of the instance may do belongs to no tenant."""
    if told.tenant is not None:
        return told.tenant
    if caller is None or (rule is not None and rule.instance_admin):
        return INSTANCE
    return caller.tenant


def _action(route: Any) -> str:
    """``jobs.insert_job``: the route's area and its name; one without an area is named by itself."""
    area, name = area_of(route), str(getattr(route, "name", "unmatched"))
    return f"{area}.{name}" if area else name


def _outcome(status: int) -> AuditOutcome:
    if status < 400:
        return "done"
    if status in (401, 403):
        return "denied"
    return "refused" if status < 500 else "failed"


class _Made(msgspec.Struct):
    id: str = ""


_DECODER: Final = msgspec.json.Decoder(_Made)


def _target(scope: Any, status: int, body: bytes) -> str:
    """The ids in the path, and that of what was made."""
    ids = [str(value) for value in scope.get("path_params", {}).values()]
    if status == _MADE and len(body) <= _LONGEST_BODY:
        try:
            made = _DECODER.decode(body).id
        except msgspec.DecodeError:
            made = ""
        if made and made not in ids:
            ids.append(made)
    return "/".join(ids)
