"""``Idempotency-Key`` on requests that create work: a repeat gets the first answer and creates nothing.

The key commits with the work (``ports.Dedupe``), per tenant and route, for seven days; the answer is saved right after.
A crash between the two leaves a key without an answer: then the answer is built again from the objects that the key
names. The same key with another body, or at another object's address, is a conflict.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import structlog
from fastapi import Request
from starlette.responses import Response

from holdfast.http.answers import json_answer
from holdfast.http.auth import Caller
from holdfast.http.services import Services
from holdfast.model.errors import Conflict, Invalid, Problem, Unavailable
from holdfast.model.instant import DAY
from holdfast.model.json import JSON
from holdfast.model.records import StoredAnswer
from holdfast.ports import Accepted, Dedupe

KEY_HEADER: Final = "Idempotency-Key"
REMEMBER: Final = 7 * DAY
_LONGEST: Final = 255
REPLAYED: Final = {"Idempotency-Replayed": "true"}

_log = structlog.get_logger("holdfast.http")


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a JSON body."""

    status: int
    body: JSON

    def response(self, *, replayed: bool = False) -> Response:
        return json_answer(self.body, self.status, REPLAYED if replayed else None)


class Repeated(Exception):
    """The store met the key at the commit: another request with the same key and body was first."""

    def __init__(self, *object_ids: str) -> None:
        super().__init__(*object_ids)
        self.object_ids = object_ids


Work = Callable[[Dedupe | None], Awaitable[Answer]]
Rebuild = Callable[[tuple[str, ...]], Awaitable[Answer]]


async def answer_once(
    request: Request,
    services: Services,
    caller: Caller,
    value: JSON,
    work: Work,
    rebuild: Rebuild,
    *,
    kept: bool = True,
) -> Response:
    """Does ``work`` once per key. ``rebuild`` gives the answer for the objects of an earlier request.

    An answer that isn't ``kept``, because it holds a secret, is rebuilt for each repeat.
    """
    dedupe = dedupe_of(request, services, caller, value)
    if dedupe is None:
        return (await work(None)).response()
    stored = await services.store.find_answer(dedupe.tenant, dedupe.scope, dedupe.key, services.now())
    if stored is not None:
        return await _replay(stored, dedupe, rebuild)
    try:
        answer = await work(dedupe)
    except Repeated as first:
        return (await rebuild(first.object_ids)).response(replayed=True)
    if kept:
        await _save(services, dedupe, answer)
    return answer.response()


def first_time(accepted: Accepted) -> str:
    """The id of what was made now. Raises ``Repeated`` or ``Conflict`` when the key was used before."""
    if accepted.conflict:
        raise _reused()
    if accepted.duplicate:
        raise Repeated(accepted.id)
    return accepted.id


def key_of(request: Request) -> str | None:
    """The key of a request, or None. Raises ``Invalid``."""
    key = request.headers.get(KEY_HEADER)
    if key is None:
        return None
    if not 0 < len(key) <= _LONGEST or not key.isascii() or not key.isprintable():
        raise Invalid([Problem(KEY_HEADER, f"must be 1 to {_LONGEST} printable ASCII characters")])
    return key


def fingerprint_of(path: JSON, value: JSON) -> str:
    """A hash of the address and the body that no order of keys and no white space changes."""
    text = json.dumps([path, value], sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def dedupe_of(request: Request, services: Services, caller: Caller, value: JSON) -> Dedupe | None:
    """What makes a repeat of this request the same request; None when it has no key. Raises ``Invalid``."""
    key = key_of(request)
    if key is None:
        return None
    scope = f"{request.method} {request.scope['route'].path}"
    path: dict[str, JSON] = {name: str(part) for name, part in request.path_params.items()}
    return Dedupe(caller.tenant, scope, key, fingerprint_of(path, value), services.now() + REMEMBER)


async def _replay(stored: StoredAnswer, dedupe: Dedupe, rebuild: Rebuild) -> Response:
    if stored.fingerprint != dedupe.fingerprint:
        raise _reused()
    if stored.status is None:
        return (await rebuild(stored.object_ids)).response(replayed=True)
    return Answer(stored.status, stored.body).response(replayed=True)


async def _save(services: Services, dedupe: Dedupe, answer: Answer) -> None:
    """The work has committed: a store that just went away must not turn it into an error."""
    try:
        await services.store.save_answer(dedupe.tenant, dedupe.scope, dedupe.key, answer.status, answer.body)
    except Unavailable:
        _log.warning("answer of an idempotent request not saved", scope=dedupe.scope)


def _reused() -> Conflict:
    return Conflict(f"this {KEY_HEADER} was used with another request")
