"""A mail as the bytes that go over the wire.

The message id comes from the mail's id, which is constant over attempts, so that a mail sent twice (an answer that was
lost) can be told as one by the receiving side. A line break in a header is refused (``ValueError``).
"""

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Final

from holdfast.model.instant import SECOND
from holdfast.model.json import JSON
from holdfast.model.records import Mail

DEFAULT_SENDER: Final = "holdfast@localhost"


def message_id(mail: Mail) -> str:
    """``<id@domain of the sender>``."""
    return f"<{mail.id}@{address_of(mail.sender).rpartition('@')[2]}>"


def address_of(text: str) -> str:
    """The bare address in ``Ada <ada@example.com>``."""
    return parseaddr(text)[1]


def compose(mail: Mail, cc: Sequence[str], attachments: Sequence[JSON]) -> bytes:
    """The message with its headers; blind copies leave no trace in it."""
    message = EmailMessage(policy=SMTP)
    message["From"] = mail.sender
    message["To"] = ", ".join(mail.to)
    if cc:
        message["Cc"] = ", ".join(cc)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(datetime.fromtimestamp(mail.at // SECOND, UTC))
    message["Message-ID"] = message_id(mail)
    _set_body(message, mail)
    for attachment in attachments:
        _attach(message, attachment)
    return message.as_bytes()


def _set_body(message: EmailMessage, mail: Mail) -> None:
    if mail.text is not None or mail.html is None:
        message.set_content(mail.text or "")
    if mail.html is not None and mail.text is None:
        message.set_content(mail.html, subtype="html")
    elif mail.html is not None:
        message.add_alternative(mail.html, subtype="html")


def _attach(message: EmailMessage, attachment: JSON) -> None:
    if not isinstance(attachment, dict) or not isinstance(attachment.get("filename"), str):
        raise ValueError("an attachment is an object with a filename")
    text, encoded = attachment.get("text"), attachment.get("base64")
    if not isinstance(text, str) and not isinstance(encoded, str):
        raise ValueError("an attachment has text or base64")
    content = text.encode() if isinstance(text, str) else base64.b64decode(str(encoded), validate=True)
    default = "text/plain" if isinstance(text, str) else "application/octet-stream"
    main, _, sub = str(attachment.get("content_type") or default).partition("/")
    message.add_attachment(content, maintype=main, subtype=sub, filename=str(attachment["filename"]))
