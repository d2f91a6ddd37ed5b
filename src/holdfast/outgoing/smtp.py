"""Mail over SMTP: one connection per mail, at most ``_CONNECTIONS`` at once.

A mail goes to all of its recipients or to none: every recipient is offered before the content, and one that is refused
ends the exchange. A refusal for good (5xx) is a ``ValueError``; a refusal for now (4xx), a lost connection and a server
that doesn't answer are ``ConnectionError``s. A server that accepted the content has the mail, whatever follows.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

import aiosmtplib

from holdfast.model.json import JSON
from holdfast.model.records import Mail
from holdfast.outgoing.dialing import dial
from holdfast.outgoing.guard import EgressGuard
from holdfast.outgoing.message import DEFAULT_SENDER, address_of, compose, message_id

Security = Literal["tls", "starttls", "if_offered", "none"]

_CONNECTIONS: Final = 10
_TIMEOUT_SECONDS: Final = 30
_PORTS: Final = {"smtp": 25, "smtps": 465}
_SUBMISSION: Final = 587


@dataclass(frozen=True, slots=True)
class SmtpAddress:
    """Where and as whom mail is sent. With a password, STARTTLS must succeed unless the address says otherwise."""

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    security: Security = "if_offered"
    sender: str = DEFAULT_SENDER


def read_smtp_url(url: str) -> SmtpAddress:
    """The address of ``smtp://user:password@host:587?starttls=true&from=me@example.com``. Raises ``ValueError``."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("expected smtp://host:port or smtps://host:port")
    options = dict(parse_qsl(parts.query))
    unknown = options.keys() - {"starttls", "from"}
    if unknown:
        raise ValueError(f"unknown option {sorted(unknown)[0]}; known: from, starttls")
    username = unquote(parts.username) if parts.username else None
    security = _security(parts.scheme, options.get("starttls"), username is not None)
    return SmtpAddress(
        host=parts.hostname,
        port=parts.port or (_SUBMISSION if security == "starttls" else _PORTS[parts.scheme]),
        username=username,
        password=unquote(parts.password) if parts.password else None,
        security=security,
        sender=options.get("from", DEFAULT_SENDER),
    )


class SmtpTransport:
    """A ``MailTransport`` that sends. With ``judge`` only to addresses that it allows, else ``PermissionError``."""

    def __init__(
        self,
        address: SmtpAddress,
        judge: Callable[[], Awaitable[EgressGuard]] | None = None,
        slots: asyncio.Semaphore | None = None,
    ) -> None:
        self._address = address
        self._judge = judge
        self._slots = asyncio.Semaphore(_CONNECTIONS) if slots is None else slots

    async def send(self, mail: Mail, cc: Sequence[str], bcc: Sequence[str], attachments: Sequence[JSON]) -> str:
        """Sends it to everybody; the message id. A mail without a sender gets that of the address."""
        mail = replace(mail, sender=mail.sender or self._address.sender)
        content = compose(mail, cc, attachments)
        recipients = list(dict.fromkeys(address_of(text) for text in (*mail.to, *cc, *bcc)))
        async with self._slots:
            try:
                await self._exchange(address_of(mail.sender), recipients, content)
            except PermissionError:
                raise
            except aiosmtplib.SMTPResponseException as error:
                raise _refusal(error) from None
            except aiosmtplib.SMTPNotSupported:
                raise ValueError("the mail server doesn't offer what the settings ask for") from None
            except (aiosmtplib.SMTPException, OSError) as error:
                raise ConnectionError(f"the mail server can't be reached ({type(error).__name__})") from None
        return message_id(mail)

    async def try_out(self) -> None:
        """Says hello and signs in, sends nothing. Raises what ``aiosmtplib`` raises, ``OSError``, ``Unavailable``."""
        client = await self._client()
        try:
            await client.connect()
            await client.noop()
            with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                await client.quit()
        finally:
            client.close()

    async def _exchange(self, sender: str, recipients: Sequence[str], content: bytes) -> None:
        client = await self._client()
        try:
            await client.connect()
            await client.mail(sender)
            for recipient in recipients:
                await client.rcpt(recipient)
            await client.data(content)
            with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                await client.quit()
        finally:
            client.close()

    async def _client(self) -> aiosmtplib.SMTP:
        address, connected = self._address, None
        if self._judge is not None:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                connected = await dial(await self._judge(), address.host, address.port)
        return aiosmtplib.SMTP(
            hostname=address.host,
            port=address.port if connected is None else None,
            sock=connected,
            username=address.username,
            password=address.password,
            use_tls=address.security == "tls",
            start_tls={"starttls": True, "if_offered": None}.get(address.security, False),
            timeout=_TIMEOUT_SECONDS,
        )


def _security(scheme: str, starttls: str | None, with_password: bool) -> Security:
    if scheme == "smtps":
        return "tls"
    match (starttls or "").lower():
        case "true":
            return "starttls"
        case "false":
            return "none"
        case "":
            return "starttls" if with_password else "if_offered"
    raise ValueError("starttls is true or false")


def _refusal(error: aiosmtplib.SMTPResponseException) -> Exception:
    whom = f" {error.recipient}" if isinstance(error, aiosmtplib.SMTPRecipientRefused) else ""
    kind = ValueError if error.code >= 500 else ConnectionError
    return kind(f"the mail server refused{whom} ({error.code})")
