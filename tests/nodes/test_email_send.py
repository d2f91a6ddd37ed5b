"""``email.send`` over a real SMTP server: what arrives, what is refused, and what is worth another try."""

import base64
from typing import Any

import pytest

from holdfast.model.ids import is_id
from holdfast.model.json import JSON, JSONObject
from holdfast.model.outcome import Failed, Succeeded
from holdfast.nodes.email_send import MAX_RECIPIENTS, EmailSend, mail_id
from holdfast.outgoing.smtp import SmtpTransport, read_smtp_url
from holdfast.ports import NodeContext
from tests.support.ports import free_port
from tests.support.smtp import SmtpServer

MAIL: JSONObject = {"to": "ada@example.com", "subject": "Hello", "text": "Good day"}


def node_for(server: SmtpServer, options: str = "?from=flows@holdfast.example") -> EmailSend:
    return EmailSend(SmtpTransport(read_smtp_url(server.url + options)))


async def succeeded(node: EmailSend, context: NodeContext, params: JSONObject) -> Any:
    outcome = await node.execute(context, params)
    assert isinstance(outcome, Succeeded), outcome
    return outcome.result


async def failure(node: EmailSend, context: NodeContext, params: JSONObject) -> Failed:
    outcome = await node.execute(context, params)
    assert isinstance(outcome, Failed), outcome
    return outcome


async def test_a_mail_arrives(smtp_server: SmtpServer, context: NodeContext) -> None:
    params: JSONObject = {
        "to": ["Ada Lovelace <ada@example.com>", "bob@example.com"],
        "cc": "carol@example.com",
        "bcc": "dan@example.com",
        "subject": "Grüße 🎉",
        "text": "Line one\n.\nLine three ä",
        "html": "<p>Hello</p>",
    }
    output = await succeeded(node_for(smtp_server), context, params)
    mail = await smtp_server.received()
    assert mail.sender == "flows@holdfast.example"
    assert mail.recipients == ("ada@example.com", "bob@example.com", "carol@example.com", "dan@example.com")
    assert (mail.subject, mail.text) == ("Grüße 🎉", "Line one\n.\nLine three ä\n")
    assert mail.content["To"] == "Ada Lovelace <ada@example.com>, bob@example.com"
    assert mail.content["Cc"] == "carol@example.com"
    assert mail.content["From"] == "flows@holdfast.example"
    assert mail.content["Date"].startswith("Sun, 01 Mar 2026 12:00:00")
    assert mail.content["Message-ID"] == output["message_id"]
    assert "dan@" not in mail.content.as_string()
    assert mail.content.get_body(("html",)) is not None
    assert output["accepted"] == [
        "Ada Lovelace <ada@example.com>",
        "bob@example.com",
        "carol@example.com",
        "dan@example.com",
    ]


async def test_attachments(smtp_server: SmtpServer, context: NodeContext) -> None:
    packed = bytes(range(256))
    attachments: JSON = [
        {"filename": "Bericht ä.txt", "text": "zwölf"},
        {"filename": "data.bin", "base64": base64.b64encode(packed).decode(), "content_type": "application/x-data"},
    ]
    await succeeded(node_for(smtp_server), context, {**MAIL, "attachments": attachments})
    mail = await smtp_server.received()
    parts = list(mail.content.iter_attachments())
    assert [part.get_filename() for part in parts] == ["Bericht ä.txt", "data.bin"]
    assert [part.get_content_type() for part in parts] == ["text/plain", "application/x-data"]
    assert [part.get_payload(decode=True) for part in parts] == ["zwölf".encode(), packed]


async def test_only_html(smtp_server: SmtpServer, context: NodeContext) -> None:
    await succeeded(node_for(smtp_server), context, {"to": "a@example.com", "subject": "x", "html": "<b>b</b>"})
    assert (await smtp_server.received()).content.get_content_type() == "text/html"


async def test_the_message_id_is_constant_over_attempts(smtp_server: SmtpServer, context: NodeContext) -> None:
    node = node_for(smtp_server)
    first = await succeeded(node, context, MAIL)
    again = await succeeded(node, context._replace(attempt=2, now=context.now + 5_000_000), MAIL)
    other = await succeeded(node, context._replace(idempotency_key="key-2"), MAIL)
    assert first["message_id"] == again["message_id"] != other["message_id"]
    assert first["message_id"] == f"<{mail_id(context)}@holdfast.example>"
    assert is_id(mail_id(context))


async def test_one_refused_recipient_keeps_the_mail_from_all(smtp_server: SmtpServer, context: NodeContext) -> None:
    smtp_server.reject("gone@example.com")
    params: JSONObject = {**MAIL, "to": ["ada@example.com", "gone@example.com"]}
    outcome = await failure(node_for(smtp_server), context, params)
    assert (outcome.error.type, outcome.final) == ("mail", True)
    assert "gone@example.com (550)" in outcome.error.message
    assert smtp_server.messages == []


async def test_a_temporary_refusal_is_worth_another_try(smtp_server: SmtpServer, context: NodeContext) -> None:
    smtp_server.fail_next(1)
    node = node_for(smtp_server)
    outcome = await failure(node, context, MAIL)
    assert (outcome.error.type, outcome.final) == ("mail", False)
    assert "451" in outcome.error.message
    await succeeded(node, context._replace(attempt=2), MAIL)
    assert len(smtp_server.messages) == 1


async def test_no_server_is_worth_another_try(context: NodeContext) -> None:
    node = EmailSend(SmtpTransport(read_smtp_url(f"smtp://127.0.0.1:{free_port()}")))
    outcome = await failure(node, context, MAIL)
    assert (outcome.error.type, outcome.final) == ("mail", False)


async def test_a_password_is_not_sent_in_the_clear(smtp_server: SmtpServer, context: NodeContext) -> None:
    """The server offers no STARTTLS, so the mail isn't sent, and the password stays here."""
    url = smtp_server.url.replace("smtp://", "smtp://ada:pa%40ss@")
    outcome = await failure(EmailSend(SmtpTransport(read_smtp_url(url))), context, MAIL)
    assert (outcome.error.type, smtp_server.messages) == ("mail", [])
    assert "pa@ss" not in outcome.error.message


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "@example.com",
        "ada@",
        "a da@example.com",
        "ada@exam ple.com",
        "ada@example..com",
        ".ada@example.com",
        "ada@-example.com",
        "ada@example.com, bob@example.com",
        "Ada <ada@example.com",
        "ada@example.com\r\nBcc: eve@example.com",
        "ada@example.com\nRCPT TO:<eve@example.com>",
        "Ada\r\nBcc: eve@example.com <ada@example.com>",
        "ada@example.com\x00",
        "ädä@example.com",
        "ada@exämple.com",
        42,
        None,
        ["ada@example.com", "wrong"],
        [],
    ],
)
@pytest.mark.parametrize("field", ["to", "from"])
async def test_wrong_addresses_are_refused(
    field: str, address: JSON, smtp_server: SmtpServer, context: NodeContext
) -> None:
    if field == "from" and address is None:
        return  # without a sender, the transport's own is used
    outcome = await failure(node_for(smtp_server), context, {**MAIL, field: address})
    assert (outcome.error.type, outcome.final) == ("params", True)
    assert outcome.error.message.startswith(f"{field}: ")
    assert smtp_server.attempts == 0


@pytest.mark.parametrize("subject", ["a\r\nBcc: eve@example.com", "a\nb", "a\x00b", "a\x85b", "a\u2028b"])
async def test_a_subject_of_two_lines_is_refused(subject: str, smtp_server: SmtpServer, context: NodeContext) -> None:
    outcome = await failure(node_for(smtp_server), context, {**MAIL, "subject": subject})
    assert (outcome.error.type, outcome.final) == ("params", True)
    assert smtp_server.attempts == 0


@pytest.mark.parametrize(
    "attachment",
    [
        {"filename": "a.bin", "base64": "not base64!"},
        {"filename": "a\r\nX: y", "text": ""},
        {"filename": "a.txt"},
        {"text": "x"},
        "file:///etc/passwd",
    ],
)
async def test_wrong_attachments_are_refused(attachment: JSON, smtp_server: SmtpServer, context: NodeContext) -> None:
    outcome = await failure(node_for(smtp_server), context, {**MAIL, "attachments": [attachment]})
    assert outcome.final
    assert smtp_server.attempts == 0


async def test_a_mail_has_a_bounded_number_of_recipients(smtp_server: SmtpServer, context: NodeContext) -> None:
    many: list[JSON] = [f"a{number}@example.com" for number in range(MAX_RECIPIENTS + 1)]
    outcome = await failure(node_for(smtp_server), context, {**MAIL, "to": many})
    assert outcome.error.type == "params"


async def test_numbers_become_text(smtp_server: SmtpServer, context: NodeContext) -> None:
    await succeeded(node_for(smtp_server), context, {**MAIL, "subject": 42, "text": 1.5})
    mail = await smtp_server.received()
    assert (mail.subject, mail.text) == ("42", "1.5\n")
