"""The SMTP server: keeps mail, and refuses for good or for now when told to."""

from __future__ import annotations

from email.message import EmailMessage

import aiosmtplib
import pytest

from tests.support.smtp import SmtpServer


async def send(server: SmtpServer, recipient: str = "ada@example.com") -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "holdfast@example.com", recipient, "Grüße"
    mail.set_content("Your order is on its way ✓\n")
    await aiosmtplib.send(mail, hostname="127.0.0.1", port=server.port)


async def test_keeps_what_arrives(smtp_server: SmtpServer) -> None:
    await send(smtp_server)
    mail = await smtp_server.received(lambda mail: "ada@example.com" in mail.recipients)
    assert (mail.sender, mail.subject) == ("holdfast@example.com", "Grüße")
    assert mail.text == "Your order is on its way ✓\n"


async def test_fails_for_now_and_then_accepts(smtp_server: SmtpServer) -> None:
    smtp_server.fail_next(1)
    with pytest.raises(aiosmtplib.SMTPDataError) as failure:
        await send(smtp_server)
    assert failure.value.code == 451
    assert smtp_server.messages == []
    await send(smtp_server)
    assert len(smtp_server.messages) == 1
    assert smtp_server.attempts == 2


async def test_refuses_a_recipient_for_good(smtp_server: SmtpServer) -> None:
    smtp_server.reject("nobody@example.com")
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as failure:
        await send(smtp_server, "nobody@example.com")
    assert failure.value.recipients[0].code == 550
    assert smtp_server.messages == []
