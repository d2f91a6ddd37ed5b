"""The address of a mail server as text, and the dev mailbox."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from holdfast import settings
from holdfast.compose import open_store
from holdfast.model.instant import parse_instant
from holdfast.model.json import JSON
from holdfast.model.records import Mail
from holdfast.outgoing.mailbox import MailboxTransport
from holdfast.outgoing.smtp import SmtpAddress, read_smtp_url
from holdfast.ports import Store

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


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    opened = await open_store(settings.load(database_url="memory:"))
    await opened.migrate()
    yield opened
    await opened.close()


async def kept(store: Store) -> tuple[Mail, ...]:
    return (await store.list_mail("default", None, 50)).items


async def test_a_kept_mail_shows_everybody_who_would_have_got_it(store: Store) -> None:
    message_id = await MailboxTransport(store).send(MAIL, ["bob@example.com"], ["carol@example.com"], [])
    (mail,) = await kept(store)
    assert mail.to == ("ada@example.com", "bob@example.com", "carol@example.com")
    assert (mail.sender, message_id) == ("holdfast@localhost", f"<{MAIL.id}@localhost>")


async def test_a_repeated_attempt_keeps_one_mail(store: Store) -> None:
    transport = MailboxTransport(store)
    for _ in range(2):
        await transport.send(MAIL, [], [], [])
    assert len(await kept(store)) == 1


@pytest.mark.parametrize("attachment", ["nothing", {"filename": "a", "base64": "%"}, {"base64": ""}])
async def test_the_mailbox_refuses_what_smtp_would(attachment: JSON, store: Store) -> None:
    transport = MailboxTransport(store)
    with pytest.raises(ValueError, match=r"attachment|base64"):
        await transport.send(MAIL, [], [], [attachment])
    with pytest.raises(ValueError, match=r"[Hh]eader"):
        await transport.send(replace(MAIL, subject="a\nBcc: eve@example.com"), [], [], [])
    assert await kept(store) == ()


async def test_a_store_that_is_away_is_worth_another_try(postgres_url: str) -> None:
    store = await open_store(settings.load(database_url=postgres_url))
    await store.migrate()
    await store.close()
    with pytest.raises(ConnectionError):
        await MailboxTransport(store).send(MAIL, [], [], [])
