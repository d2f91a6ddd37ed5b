"""The access tokens of connections with OAuth 2: fetched when they are needed, kept in memory until they are over.

A token is kept by the secret's id and the time at which it was set, until 30 s before its end; so whoever changes the
connection has a new one. Of many who need one at the same time one fetches, for all. One that the receiver doesn't take
(``stale``) is fetched anew.

A refresh token that the token end gives in the place of the used one is kept at once: sealed, in the connection's own
row, and only in the place of what was read. Since most ends take a refresh token once, and end everything when it comes
twice, only one process uses it at a time: it puts its mark into the row before it asks, and the others wait for what it
keeps there, which is the new access token too. A mark counts for 20 s: a process that ends meanwhile holds up nobody
for longer.
"""

import asyncio
import json
from collections import OrderedDict
from contextvars import Context
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from holdfast.engine.connections.documents import STATE
from holdfast.engine.connections.http_auth import REFRESH
from holdfast.engine.connections.token_end import Fetched, TokenWeb, fetch
from holdfast.model.graph_params import replaced, value_at
from holdfast.model.instant import MILLISECOND, SECOND, Instant, Micros
from holdfast.model.json import JSON, JSONObject
from holdfast.model.secret import SealedSecret, sealed_for
from holdfast.ports import Clock, Entropy, SealingFailed, SecretRefused, SecretUnavailable, Store, Vault
from holdfast.ports.sealed import SealedValue

BEFORE_END: Final[Micros] = 30 * SECOND
# Longer than one request to a token end may take.
MARK_COUNTS: Final[Micros] = 20 * SECOND
_LOOK: Final[Micros] = 200 * MILLISECOND
_LOOKS: Final = 150
_MOST: Final = 10_000

_Key = tuple[str, str, Instant]


@dataclass(frozen=True, slots=True)
class _Held:
    token: str = field(repr=False)
    until: Instant


class _Row(NamedTuple):
    """A connection as it is kept now."""

    secret: SealedSecret
    document: JSONObject

    @property
    def refresh_token(self) -> JSON:
        return value_at(self.document, ("auth", "refresh_token"))


class Tokens:
    """One for a process."""

    def __init__(self, store: Store, vault: Vault, clock: Clock, entropy: Entropy, web: TokenWeb) -> None:
        self._store = store
        self._vault = vault
        self._clock = clock
        self._entropy = entropy
        self._web = web
        self._held: OrderedDict[_Key, _Held] = OrderedDict()
        self._fetching: dict[_Key, asyncio.Task[_Held]] = {}

    async def token(self, secret: SealedSecret, document: JSONObject, stale: str | None = None) -> str:
        """An access token but the ``stale`` one. Raises ``SecretRefused``, ``SecretUnavailable``, ``Unavailable``."""
        key = (secret.tenant, secret.id, secret.updated_at)
        held = self._held.get(key)
        if held is not None and held.token != stale and self._clock.now() < held.until:
            self._held.move_to_end(key)
            return held.token
        task = self._fetching.get(key)
        if task is None:
            task = asyncio.create_task(self._fetch(secret, document, stale), name="oauth2-token", context=Context())
            self._fetching[key] = task
            task.add_done_callback(lambda done: self._fetched(key, done))
        return (await asyncio.shield(task)).token

    def _fetched(self, key: _Key, task: "asyncio.Task[_Held]") -> None:
        self._fetching.pop(key, None)
        if not task.cancelled() and task.exception() is None:
            self._held[key] = task.result()
            self._held.move_to_end(key)
            if len(self._held) > _MOST:
                self._held.popitem(last=False)

    async def _fetch(self, secret: SealedSecret, document: JSONObject, stale: str | None) -> _Held:
        auth = document.get("auth")
        if not isinstance(auth, dict):
            raise SecretRefused(f"the connection {secret.name} fetches no tokens")
        if auth.get("type") == REFRESH:
            return await self._refreshed(secret, stale)
        return self._new(await fetch(self._web, secret.tenant, auth))

    def _new(self, fetched: Fetched) -> _Held:
        return _Held(fetched.access_token, self._clock.now() + fetched.life - BEFORE_END)

    async def _refreshed(self, secret: SealedSecret, stale: str | None) -> _Held:
        mark = self._entropy.new_key()
        for _ in range(_LOOKS):
            row = await self._row(secret)
            known = _known(row, stale)
            if known is not None and self._clock.now() < known.until:
                return known
            if _marked(row) > self._clock.now():
                await self._clock.sleep(_LOOK + int(_LOOK * self._entropy.random()))
                continue
            marked: JSONObject = {"mark": mark, "until": self._clock.now() + MARK_COUNTS}
            if await self._keep(row, {**row.document, STATE: marked}):
                return await self._refresh(secret, row.refresh_token, mark)
        raise SecretUnavailable(f"the token of the connection {secret.name} is being fetched by others")

    async def _refresh(self, secret: SealedSecret, used: JSON, mark: str) -> _Held:
        row = await self._row(secret)
        auth = row.document.get("auth")
        if row.refresh_token != used or not isinstance(auth, dict):
            raise SecretUnavailable(f"the connection {secret.name} was changed meanwhile")
        try:
            fetched = await fetch(self._web, secret.tenant, auth)
        except BaseException:
            await asyncio.shield(self._unmark(secret, mark))
            raise
        held = self._new(fetched)
        await self._keep_refreshed(secret, used, fetched, held)
        return held

    async def _keep_refreshed(self, secret: SealedSecret, used: JSON, fetched: Fetched, held: _Held) -> None:
        """Until it is kept; unless somebody has set another refresh token meanwhile, which counts from then on."""
        state: JSONObject = {"token": held.token, "until": held.until}
        for _ in range(_LOOKS):
            row = await self._row(secret)
            if row.refresh_token != used:
                return
            document: JSON = {**row.document, STATE: state}
            if fetched.refresh_token is not None:
                document = replaced(document, ("auth", "refresh_token"), fetched.refresh_token)
            if isinstance(document, dict) and await self._keep(row, document):
                return
        raise SecretUnavailable(f"the connection {secret.name} is being changed by others")

    async def _unmark(self, secret: SealedSecret, mark: str) -> None:
        row = await self._row(secret)
        if value_at(row.document, (STATE, "mark")) == mark:
            await self._keep(row, {name: value for name, value in row.document.items() if name != STATE})

    async def _row(self, secret: SealedSecret) -> _Row:
        found = (await self._store.get_secrets(secret.tenant, [secret.name])).get(secret.name)
        if found is None or found.id != secret.id or found.type != secret.type:
            raise SecretRefused(f"there is no connection {secret.name} any more")
        try:
            document = json.loads(self._vault.open(found.tenant, sealed_for(found), found.sealed))
        except SealingFailed as error:
            raise SecretRefused(f"the connection {secret.name} {error}") from None
        return _Row(found, document)

    async def _keep(self, row: _Row, document: JSONObject) -> bool:
        """Whether the document was still what was read; ``updated_at`` stays, as nobody set anything."""
        found = row.secret
        bound = sealed_for(found)
        sealed = self._vault.seal(found.tenant, bound, json.dumps(document))
        return (
            await self._store.reseal([(SealedValue("secret", found.id, found.tenant, bound, found.sealed), sealed)])
            == 1
        )


def _known(row: _Row, stale: str | None) -> _Held | None:
    """The token that a process has kept for all."""
    token, until = value_at(row.document, (STATE, "token")), value_at(row.document, (STATE, "until"))
    if isinstance(token, str) and isinstance(until, int) and token != stale:
        return _Held(token, until)
    return None


def _marked(row: _Row) -> Instant:
    """Until when a process has the refresh token to itself."""
    if value_at(row.document, (STATE, "mark")) is None:
        return 0
    until = value_at(row.document, (STATE, "until"))
    return until if isinstance(until, int) else 0
