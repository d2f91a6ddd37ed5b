"""The secrets of one attempt: read when they are needed, bound to kinds and hosts, masked from then on.

A value is read anew for each attempt and gone with it. What is confidential in a connection, and the tokens that it
stands for, are secrets as well, bound to the connection's own host where no hosts are named. What isn't there, or
mayn't go into this kind of job or to that host, is ``SecretRefused``: final, with the name and the way out.
"""

import json
from collections.abc import Collection, Mapping

from holdfast.engine.connections.documents import STATE, hidden, own_hosts
from holdfast.engine.connections.http_auth import CLIENT_CREDENTIALS, REFRESH
from holdfast.engine.secret_texts import holds_text
from holdfast.engine.secrets import OpenedSecret, Secrets
from holdfast.masks import Masks
from holdfast.model.job import ClaimedJob
from holdfast.model.json import JSON, JSONObject
from holdfast.model.secret import SecretType, may_go_into, may_go_to
from holdfast.ports import Connection, SealingFailed, SecretRefused


class AttemptSecrets:
    """What ``ports.AttemptSecrets`` says. ``masks`` hides what was read; ``workflow`` is that of the job's run."""

    __slots__ = ("_confidential", "_job", "_read", "_secrets", "_workflow", "masks")

    def __init__(self, secrets: Secrets, job: ClaimedJob, workflow: str | None, masks: Masks) -> None:
        self._secrets = secrets
        self._job = job
        self._workflow = workflow
        self._read: dict[str, OpenedSecret] = {}
        # Of connections: the hosts that they are bound to, and what is confidential in them, by what it is called.
        self._confidential: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {}
        self.masks = masks

    async def get(self, name: str) -> str:
        return (await self.load([name]))[name]

    async def load(self, names: Collection[str]) -> Mapping[str, str]:
        """The values of these texts, by name. Raises ``SecretRefused``, ``Unavailable``."""
        opened = await self.open(names)
        for secret in opened.values():
            if secret.type != "text":
                raise SecretRefused(f"the secret {secret.name} is a connection ({secret.type}), not a text")
            self.masks.add(secret.name, secret.value)
        return {name: secret.value for name, secret in opened.items()}

    async def connection(self, name: str, type_: SecretType, stale: str | None = None) -> Connection:
        """Raises ``SecretRefused``, ``SecretUnavailable``, ``Unavailable``."""
        secret = (await self.open([name]))[name]
        if secret.type != type_:
            raise SecretRefused(f"the secret {name} is no connection of the type {type_}, but {secret.type}")
        document: JSONObject = json.loads(secret.value)
        bound = own_hosts(type_, document) if secret.hosts is None else secret.hosts
        self._confidential.setdefault(name, (bound, {}))
        for field, value in hidden(type_, document):
            self._hide(name, field, value)
        fields: JSONObject = {field: value for field, value in document.items() if field != STATE}
        auth = fields.get("auth")
        if not isinstance(auth, dict) or auth.get("type") not in (CLIENT_CREDENTIALS, REFRESH):
            return Connection(name, type_, fields)
        token = await self._token(secret, document, stale)
        self._hide(name, "token", token)
        return Connection(name, type_, {**fields, "auth": {"type": "bearer", "token": token}}, token)

    async def _token(self, secret: OpenedSecret, document: JSONObject, stale: str | None) -> str:
        tokens = self._secrets.tokens
        if tokens is None or secret.sealed is None:
            raise SecretRefused(f"the connection {secret.name} needs a token, and this process fetches none")
        return await tokens.token(secret.sealed, document, stale)

    def _hide(self, name: str, field: str, value: str) -> None:
        """Masks it; of several of the same name (a token that was fetched anew) each."""
        known = self._confidential[name][1]
        if value not in known.values():
            label = field if field not in known else f"{field} {len(known) + 1}"
            known[label] = value
            self.masks.add(f"{name}.{label}", value)

    async def open(self, names: Collection[str]) -> Mapping[str, OpenedSecret]:
        """These secrets, of whichever type. Whoever takes more than texts has what is confidential in them masked.

        Raises ``SecretRefused``, ``Unavailable``.
        """
        missing = [name for name in names if name not in self._read]
        if missing:
            self._read |= await self._opened(missing)
        return {name: self._read[name] for name in names}

    def check_host(self, host: str, carried: JSON = None) -> None:
        for secret in self._read.values():
            hosts, values = self._confidential.get(secret.name, (secret.hosts, {"value": secret.value}))
            if hosts is None or may_go_to(host, hosts):
                continue
            if carried is None or any(holds_text(carried, value) for value in values.values()):
                named = ", ".join(hosts) or "a file"
                raise SecretRefused(f"the secret {secret.name} may not be sent to {host or 'a file'}, only to {named}")

    async def _opened(self, names: Collection[str]) -> Mapping[str, OpenedSecret]:
        job = self._job
        try:
            found = await self._secrets.opened(job.tenant, names)
        except SealingFailed as error:
            raise SecretRefused(str(error)) from None
        for name in names:
            secret = found.get(name)
            if secret is None:
                raise SecretRefused(f"there is no secret {name}; set it with `holdfast secrets set {name}`")
            if not may_go_into(job.kind, secret.kinds):
                kinds = ", ".join(secret.kinds or ())
                raise SecretRefused(f"the secret {name} may not go into {job.kind}, only into {kinds}")
            self._secrets.used(job.tenant, name, self._by())
        return found

    def _by(self) -> str:
        return f"job {self._job.kind}" if self._workflow is None else f"workflow {self._workflow}"
