"""The secrets of one attempt: read when they are needed, bound to kinds and hosts, masked from then on.

A value is read anew for each attempt and gone with it. What isn't there, or mayn't go into this kind of job or to that
host, is ``SecretRefused``: final, with the name and the way out.
"""

from collections.abc import Collection, Mapping

from holdfast.engine.secret_texts import holds_text
from holdfast.engine.secrets import OpenedSecret, Secrets
from holdfast.masks import Masks
from holdfast.model.job import ClaimedJob
from holdfast.model.json import JSON
from holdfast.model.secret import may_go_into, may_go_to
from holdfast.ports import SealingFailed, SecretRefused


class AttemptSecrets:
    """What ``ports.AttemptSecrets`` says. ``masks`` hides what was read; ``workflow`` is that of the job's run."""

    __slots__ = ("_job", "_read", "_secrets", "_workflow", "masks")

    def __init__(self, secrets: Secrets, job: ClaimedJob, workflow: str | None, masks: Masks) -> None:
        self._secrets = secrets
        self._job = job
        self._workflow = workflow
        self._read: dict[str, OpenedSecret] = {}
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
            if secret.hosts is None or may_go_to(host, secret.hosts):
                continue
            if carried is None or secret.type != "text" or holds_text(carried, secret.value):
                hosts = ", ".join(secret.hosts)
                raise SecretRefused(f"the secret {secret.name} may not be sent to {host or 'a file'}, only to {hosts}")

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
