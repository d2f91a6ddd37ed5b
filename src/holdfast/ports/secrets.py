"""Secrets as attempts use them: read when they are sent, kept to where they may go, told to the audit log."""

from typing import Protocol

from holdfast.model.json import JSON


class SecretRefused(Exception):
    """A secret that isn't there, or that mayn't go where it was to go. Final; names it and never its value."""


class AttemptSecrets(Protocol):
    """The secrets of one attempt. What was read is masked in all that the attempt leaves behind."""

    async def get(self, name: str) -> str:
        """The value of a secret that may go into this kind of job. Raises ``SecretRefused``, ``Unavailable``."""
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
