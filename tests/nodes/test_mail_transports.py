"""The address of a mail server as text, and the dev mailbox."""

from dataclasses import replace
from typing import Any

import pytest

from holdfast.model.errors import Unavailable
from holdfast.model.instant import parse_instant
from holdfast.model.records import Mail, Page
from holdfast.outgoing.mailbox import MailboxTransport
from holdfast.outgoing.smtp import SmtpAddress, read_smtp_url

MAIL = Mail(
    id="019c0000-0000-7000-8000-00000000000a",
    tenant="default",
    sender="",
    to=("ada@example.com",),
    subject="Hello",
    text="Good day",
    html=None,
    at=parse_instant("2026-03-01T12:00:00Z"),
)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example", SmtpAddress("mail.example", 25)),
        ("smtp://mail.example:2525?starttls=false", SmtpAddress("mail.example", 2525, security="none")),
        ("smtp://mail.example?starttls=true", SmtpAddress("mail.example", 587, security="starttls")),
        ("smtp://a%40b:p%3A%2F@mail.example", SmtpAddress("mail.example", 587, "a@b", "p:/", "starttls")),
        (
            "smtps://mail.example?from=me@example.com",
            SmtpAddress("mail.example", 465, security="tls", sender="me@example.com"),
        ),
    ],
)
def test_the_address_of_a_mail_server(url: str, expected: SmtpAddress) -> None:
    assert read_smtp_url(url) == expected


@pytest.mark.parametrize(
    "url",
    ["http://mail.example", "smtp://", "smtp://mail.example?tls=1", "smtp://mail.example?starttls=maybe", "smtp://m:x"],
)
def test_a_wrong_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"expected|unknown|starttls|[Pp]ort"):
        read_smtp_url(url)


def test_the_password_is_not_shown() -> None:
    assert "hidden" not in repr(read_smtp_url("smtp://ada:hidden@mail.example"))


class Kept:
    """Holds mails by id, as the port promises; unreachable on demand."""

    def __init__(self) -> None:
        self.mails: dict[str, Mail] = {}
        self.away = False

    async def keep_mail(self, mail: Mail) -> None:
        if self.away:
            raise Unavailable("the store is away")
        self.mails.setdefault(mail.id, mail)

    async def list_mail(self, tenant: str, cursor: str | None, limit: int) -> Page[Mail]:
        return Page(tuple(self.mails.values()))


async def test_a_kept_mail_shows_everybody_who_would_have_got_it() -> None:
    kept = Kept()
    message_id = await MailboxTransport(kept).send(MAIL, ["bob@example.com"], ["carol@example.com"], [])
    mail = kept.mails[MAIL.id]
    assert mail.to == ("ada@example.com", "bob@example.com", "carol@example.com")
    assert (mail.sender, message_id) == ("holdfast@localhost", f"<{MAIL.id}@localhost>")


async def test_a_repeated_attempt_keeps_one_mail() -> None:
    kept = Kept()
    transport = MailboxTransport(kept)
    for _ in range(2):
        await transport.send(MAIL, [], [], [])
    assert len(kept.mails) == 1


@pytest.mark.parametrize(
    ("attachment", "error"), [("nothing", ValueError), ({"filename": "a", "base64": "%"}, ValueError)]
)
async def test_the_mailbox_refuses_what_smtp_would(attachment: Any, error: type[Exception]) -> None:
    kept = Kept()
    with pytest.raises(error):
        await MailboxTransport(kept).send(MAIL, [], [], [attachment])
    with pytest.raises(error):
        await MailboxTransport(kept).send(replace(MAIL, subject="a\nBcc: eve@example.com"), [], [], [])
    assert kept.mails == {}


async def test_a_store_that_is_away_is_worth_another_try() -> None:
    kept = Kept()
    kept.away = True
    with pytest.raises(ConnectionError):
        await MailboxTransport(kept).send(MAIL, [], [], [])
