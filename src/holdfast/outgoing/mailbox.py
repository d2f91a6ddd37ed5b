"""The dev mailbox as a mail transport: with no SMTP set, mail is kept where the console shows it.

A mail's id is constant over attempts, so an attempt that is repeated keeps nothing twice. A store that is away is a
``ConnectionError``: try again.
"""

from collections.abc import Sequence
from dataclasses import replace

from holdfast.model.errors import Unavailable
from holdfast.model.json import JSON
from holdfast.model.records import Mail
from holdfast.outgoing.message import DEFAULT_SENDER, compose, message_id
from holdfast.ports import Mailbox


class MailboxTransport:
    """A ``MailTransport`` that keeps. Everyone who would have got the mail is shown as a recipient."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def send(self, mail: Mail, cc: Sequence[str], bcc: Sequence[str], attachments: Sequence[JSON]) -> str:
        """Keeps it; the message id. What SMTP would refuse to compose is refused here too."""
        mail = replace(mail, sender=mail.sender or DEFAULT_SENDER)
        compose(mail, cc, attachments)
        try:
            await self._mailbox.keep_mail(replace(mail, to=(*mail.to, *cc, *bcc)))
        except Unavailable as error:
            raise ConnectionError(str(error)) from None
        return message_id(mail)
