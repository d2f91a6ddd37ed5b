"""Secrets as attempts use them: read when they are sent, kept to where they may go, told to the audit log."""

from dataclasses import dataclass, field
from typing import Protocol

from holdfast.model.instant import Micros
from holdfast.model.json import JSON, JSONObject
from holdfast.model.secret import SecretType


class SecretRefused(Exception):
    """A secret that isn't there, or that mayn't go where it was to go. Final; names it and never its value."""


class SecretUnavailable(Exception):
    """What a secret stands for can't be had now: a token end doesn't answer. Worth another try; holds no value."""

    def __init__(self, message: str, retry_after: Micros | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection for the moment of its use. ``auth`` of an ``http`` one is as it is sent: a token was fetched.

    ``stale``: that token, for asking anew once nobody takes it; None where there is none to fetch.
    """

    name: str
    type: SecretType
    fields: JSONObject = field(repr=False)
    stale: str | None = field(default=None, repr=False)


class AttemptSecrets(Protocol):
    """The secrets of one attempt. What was read is masked in all that the attempt leaves behind."""

    async def get(self, name: str) -> str:
        """The value of a secret that may go into this kind of job. Raises ``SecretRefused``, ``Unavailable``."""
        ...

    async def connection(self, name: str, type_: SecretType, stale: str | None = None) -> Connection:
        """The connection of that name, which must be of that type. Raises ``SecretRefused``, ``SecretUnavailable``,
        ``Unavailable``."""
        ...

    def check_host(self, host: str, carried: JSON = None) -> None:
        """Raises ``SecretRefused`` when one of this attempt's secrets mayn't be sent to ``host``.

        Only those that ``carried`` holds count; None stands for all that were read.
        """
        ...


class SecretUses(Protocol):
    """Who is told that secrets are used."""

    def secret_used(self, tenant: str, secret: str, by: str) -> None:
        """``by`` says what used it, the same at each repeat: ``workflow orders``. Never waits, raises nothing."""
        ...
