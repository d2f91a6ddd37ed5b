"""A real SMTP server on a loopback port that keeps what it receives.

It speaks SMTP in a thread of its own, so blocking and asyncio senders both can use it. It accepts everything
until told otherwise: `reject(address)` refuses a recipient for good (550), `fail_next(n)` answers the next n
messages with a temporary failure (451). A refused message is not among `messages`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.ports import LOOPBACK, free_port
from tests.support.waiting import eventually

TEMPORARY = "451 4.3.0 Try again later"
REFUSED = "550 5.1.1 No such mailbox"
TRIES = 5


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """One accepted message: who sent it to whom on the wire, and its parsed content."""

    sender: str
    recipients: tuple[str, ...]
    content: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.content["subject"])

    @property
    def text(self) -> str:
        """The plain part, or an empty string."""
        part = self.content.get_body(preferencelist=("plain",))
        # Lines end in CRLF on the wire.
        return "" if part is None else str(part.get_content()).replace("\r\n", "\n")


class SmtpServer:
    """One server; start it with `start()` or as a context manager."""

    def __init__(self) -> None:
        self.messages: list[ReceivedMail] = []
        self.attempts = 0
        self._rejected: set[str] = set()
        self._failures = 0
        self._controller: Controller | None = None
        self.port = 0

    def __enter__(self) -> SmtpServer:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"smtp://{LOOPBACK}:{self.port}"

    def start(self) -> None:
        for remaining in reversed(range(TRIES)):
            self.port = free_port()
            controller = Controller(self, hostname=LOOPBACK, port=self.port)
            try:
                controller.start()
            except OSError:  # the port was taken meanwhile
                if remaining == 0:
                    raise
            else:
                self._controller = controller
                return

    def stop(self) -> None:
        controller, self._controller = self._controller, None
        if controller is not None:
            controller.stop()

    def reject(self, address: str) -> None:
        """Refuse this recipient from now on."""
        self._rejected.add(address)

    def fail_next(self, count: int) -> None:
        """Answer the next `count` messages with a temporary failure."""
        self._failures = count

    async def received(
        self, wanted: Callable[[ReceivedMail], bool] = lambda _: True, timeout: float = 10
    ) -> ReceivedMail:
        """Wait for a message that fits."""

        def first() -> list[ReceivedMail]:
            return [mail for mail in self.messages if wanted(mail)]

        return (await eventually(first, timeout, lambda: f"mail; got {self.messages}"))[0]

    # -- called by aiosmtpd, in its thread --

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self._rejected:
            return REFUSED
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        self.attempts += 1
        if self._failures > 0:
            self._failures -= 1
            return TEMPORARY
        content = message_from_bytes(cast(bytes, envelope.content), policy=policy.default)
        mail = ReceivedMail(envelope.mail_from or "", tuple(envelope.rcpt_tos), content)
        self.messages.append(mail)
        return "250 Accepted"
