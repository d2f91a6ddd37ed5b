"""The entrance for connections: set one, see what of it isn't confidential, try it.

A connection is a secret whose value is a document of its type. It is checked by the type's schema; credentials of HTTP
services name the hosts that they may be sent to, the others are bound to the host that they name themselves. A change
that leaves out what is confidential keeps that (``documents``), only in the place of what it was completed from.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol

from holdfast.engine.connections import documents
from holdfast.engine.connections.documents import STATE
from holdfast.engine.connections.http_auth import CLIENT_CREDENTIALS, REFRESH
from holdfast.engine.connections.types import TYPES
from holdfast.engine.repeating import repeated
from holdfast.engine.secret_drafts import SecretDraft, problems_with
from holdfast.engine.secrets import OpenedSecret, Secrets, tidy
from holdfast.model.errors import Conflict, Invalid, NotFound, Problem
from holdfast.model.json import JSON, JSONObject, Path, pointer, problems_of
from holdfast.model.node_spec import SchemaPort
from holdfast.model.secret import SealedSecret, SecretType, may_go_to
from holdfast.ports import KEEP, Clock, Entropy, Keep, SealingFailed, SecretRefused, SecretUnavailable

PATIENCE: Final = 10.0
_TRIES: Final = 5
_TITLE: Final = "The connection is not valid"
_HOSTS: Final = "must name the hosts that these credentials may be sent to, such as api.example.com"


@dataclass(frozen=True, slots=True)
class ConnectionDraft:
    """A document with its ``type`` taken out, and what else a secret has."""

    type: JSON
    document: JSONObject
    hosts: tuple[str, ...] | Keep | None = KEEP
    kinds: tuple[str, ...] | Keep | None = KEEP
    description: str | Keep = KEEP


@dataclass(frozen=True, slots=True)
class Tried:
    """How a trial went, in a sentence without secrets."""

    ok: bool
    detail: str


class Probe(Protocol):
    """Really connects, as the nodes do, through the tenant's guard."""

    async def __call__(self, tenant: str, type_: SecretType, fields: JSONObject) -> Tried:
        """Bounded in time by the caller. Raises ``Unavailable``."""
        ...


class Connections:
    def __init__(self, secrets: Secrets, schemas: SchemaPort, clock: Clock, entropy: Entropy, probe: Probe) -> None:
        self._secrets = secrets
        self._schemas = schemas
        self._clock = clock
        self._entropy = entropy
        self._probe = probe

    async def put(self, tenant: str, name: str, draft: ConnectionDraft) -> SealedSecret:
        """Makes the connection or replaces it. Raises ``Invalid``, ``Conflict``."""
        if not isinstance(draft.type, str) or draft.type not in TYPES:
            known = ", ".join(TYPES)
            raise Invalid([Problem("connection.type", f"is one of {known}")], _TITLE)
        wrong = problems_of(draft.document)
        if problems := [Problem(pointer((documents.ROOT, *path)), text) for path, text in wrong]:
            raise Invalid(problems, _TITLE)
        return await repeated(lambda: self._put(tenant, name, draft), self._clock, self._entropy)

    def fields(self, secret: SealedSecret) -> JSONObject:
        """Those that aren't confidential; none of a text, nor of one that can't be opened here."""
        document = None if secret.type == "text" else self._document(secret)
        return {} if document is None else documents.shown(secret.type, document)

    async def test(self, tenant: str, name: str) -> Tried:
        """Connects with it, within ten seconds. Raises ``NotFound``, ``Unavailable``."""
        found = await self._secrets.sealed(tenant, name)
        if found is None:
            raise NotFound(f"there is no secret {name}")
        if found.type == "text":
            raise Invalid([Problem("name", "is a text: only connections can be tried")], "This can't be tried")
        try:
            opened = self._secrets.open(found)
            self._secrets.used(tenant, name, "test")
            async with asyncio.timeout(PATIENCE):
                return await self._probe(tenant, found.type, await self._sendable(found, opened))
        except TimeoutError:
            return Tried(False, f"no answer within {PATIENCE:.0f} s")
        except (SealingFailed, SecretRefused, SecretUnavailable) as error:
            return Tried(False, str(error))

    async def _sendable(self, secret: SealedSecret, opened: OpenedSecret) -> JSONObject:
        document: JSONObject = json.loads(opened.value)
        fields: JSONObject = {name: value for name, value in document.items() if name != STATE}
        auth = fields.get("auth")
        if isinstance(auth, dict) and auth.get("type") in (CLIENT_CREDENTIALS, REFRESH):
            if self._secrets.tokens is None:
                raise SecretRefused("this process fetches no tokens")
            fields["auth"] = {"type": "bearer", "token": await self._secrets.tokens.token(secret, document)}
        return fields

    async def _put(self, tenant: str, name: str, draft: ConnectionDraft) -> SealedSecret:
        for _ in range(_TRIES):
            found = await self._secrets.sealed(tenant, name)
            given = self._completed(name, draft, found)
            kept = await self._secrets.replace(tenant, name, given, found)
            if kept is not None:
                return kept
        raise Conflict(f"the connection {name} is being changed by others; try again")

    def _completed(self, name: str, draft: ConnectionDraft, found: SealedSecret | None) -> SecretDraft:
        """The draft with all that it leaves out. Raises ``Invalid``."""
        type_ = TYPES[str(draft.type)].id
        document, kept, stored = draft.document, tuple[Path, ...](), None
        if found is not None and found.type == type_:
            stored = self._document(found)
        if stored is not None:
            document, kept = documents.completed(type_, document, stored)
        problems = documents.problems_in(type_, document, self._schemas)
        value = json.dumps(document if stored is None or not kept else _marked(document, stored))
        secret = tidy(SecretDraft(value, type_, draft.hosts, draft.kinds, draft.description))
        problems += problems_with(name, secret)
        if not problems:
            before = SealedSecret("", "", "", b"", 0, 0) if found is None else found
            after = replace(before, hosts=_of(secret.hosts, before.hosts), kinds=_of(secret.kinds, before.kinds))
            problems += _bound_problems(type_, document, after.hosts)
            if stored is not None and kept:
                wider = not documents.is_within(after.kinds, before.kinds, kinds=True)
                wider = wider or not documents.is_within(
                    _goes_to(type_, document, after.hosts), _goes_to(type_, stored, before.hosts)
                )
                problems += documents.goes_elsewhere(type_, stored, document, before.hosts, wider, kept)
        if problems:
            raise Invalid(problems, _TITLE)
        return secret

    def _document(self, secret: SealedSecret) -> JSONObject | None:
        try:
            document = json.loads(self._secrets.open(secret).value)
        except (SealingFailed, ValueError):
            return None
        return document if isinstance(document, dict) else None


def _of(given: tuple[str, ...] | Keep | None, before: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return before if isinstance(given, Keep) else given


def _goes_to(type_: str, document: JSONObject, hosts: tuple[str, ...] | None) -> tuple[str, ...]:
    return documents.own_hosts(type_, document) if hosts is None else hosts


def _bound_problems(type_: str, document: JSONObject, hosts: tuple[str, ...] | None) -> list[Problem]:
    if hosts is None:
        return [Problem("hosts", _HOSTS)] if type_ == "http" else []
    missing = [host for host in documents.own_hosts(type_, document) if not may_go_to(host, hosts)]
    return [Problem("hosts", f"leave out the connection's own host {host}") for host in missing]


def _marked(document: JSONObject, stored: Mapping[str, object]) -> JSONObject:
    """With the mark of a process that is using the refresh token now, so that no other uses it as well."""
    state = stored.get(STATE)
    if isinstance(state, dict) and "mark" in state:
        return {**document, STATE: state}
    return document
