"""``email.send``: one mail to some people, over the transport it is given (SMTP, or the dev mailbox).

The mail's id comes from the job's idempotency key and its insert time: the same on every attempt. A transport that asks
for another try is a retryable failure, one that refuses for good a final one.
"""

import hashlib
import re
from typing import Any, Final

from holdfast.model.ids import uuid7
from holdfast.model.json import JSON, JSONObject
from holdfast.model.node_spec import NodeSpec
from holdfast.model.outcome import Outcome, Succeeded
from holdfast.model.records import Mail
from holdfast.nodes import connection
from holdfast.nodes.node import as_text, failed, object_schema, wrong_params
from holdfast.ports import MailServers, MailTransport, NodeContext

MAX_RECIPIENTS: Final = 100
MAX_ATTACHED_CHARACTERS: Final = 20_000_000

_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_DOMAIN: Final = r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*"
_BARE: Final = rf"{_ATOM}(\.{_ATOM})*@{_DOMAIN}"
ADDRESS: Final = rf'^({_BARE}|("[^"\r\n\\]*"|[^"<>@,;:\r\n\\]*) ?<{_BARE}>)$'
ADDRESS_RULE: Final = "expected an address such as ada@example.com or Ada <ada@example.com>"

_WELL_FORMED: Final = re.compile(ADDRESS.removesuffix("$"))
_TEXT: Final = ["string", "number", "boolean"]


def _addresses(title: str) -> dict[str, Any]:
    rule = {"pattern": ADDRESS, "maxLength": 400, "x-holdfast-message": ADDRESS_RULE}
    return {
        "type": ["string", "array"],
        "title": title,
        "description": "One address or a list of addresses.",
        **rule,
        "items": {"type": "string", **rule},
        "maxItems": MAX_RECIPIENTS,
        "x-holdfast-message": f"{ADDRESS_RULE}, or a list of at most {MAX_RECIPIENTS}",
        "examples": ["ada@example.com", ["Ada <ada@example.com>", "bob@example.com"]],
    }


_ATTACHMENT: Final = object_schema(
    {
        "filename": {"type": "string", "pattern": r"^[^\r\n\x00/\\]{1,200}$"},
        "content_type": {"type": "string", "pattern": r"^[a-z]+/[A-Za-z0-9.+-]+$", "examples": ["application/pdf"]},
        "text": {"type": "string", "description": "The content as text."},
        "base64": {"type": "string", "description": "The content as base64."},
    },
    ("filename",),
    anyOf=[{"required": ["text"]}, {"required": ["base64"]}],
)

SPEC: Final = NodeSpec(
    type="email.send",
    title="Send email",
    description="Sends a mail. With no mail server set, it is kept in the dev mailbox.",
    icon="mail",
    category="Messages",
    params=object_schema(
        {
            "to": _addresses("To"),
            "cc": _addresses("Cc"),
            "bcc": _addresses("Bcc"),
            "connection": connection.param("smtp", "The mail server; without it, the one of the settings."),
            "from": {
                "type": "string",
                "title": "From",
                "description": "The sender; without it, the one of the settings.",
                "pattern": ADDRESS,
                "x-holdfast-message": ADDRESS_RULE,
            },
            "subject": {
                "type": _TEXT,
                "title": "Subject",
                "pattern": r"^[^\r\n\x00]*$",
                "maxLength": 900,
                "x-holdfast-message": "expected one line of at most 900 characters",
                "examples": ["Welcome, {{ input.name }}"],
            },
            "text": {"type": _TEXT, "title": "Text", "description": "The body as plain text."},
            "html": {"type": "string", "title": "HTML", "description": "The body as HTML, beside or without text."},
            "attachments": {"type": "array", "title": "Attachments", "items": _ATTACHMENT, "maxItems": 20},
        },
        ("to", "subject"),
    ),
    example={"to": "ada@example.com", "subject": "Welcome", "text": "Good to have you here."},
)


class EmailSend:
    """A mail without ``from`` goes to the transport with an empty sender: the transport knows its own."""

    spec = SPEC

    def __init__(self, transport: MailTransport, servers: MailServers | None = None) -> None:
        """``servers``: how mail goes out over connections."""
        self._transport = transport
        self._servers = servers

    async def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        try:
            mail = _mail(context, params)
            cc, bcc = _people(params, "cc"), _people(params, "bcc")
            recipients = list(dict.fromkeys((*mail.to, *cc, *bcc)))
            if not 1 <= len(recipients) <= MAX_RECIPIENTS:
                raise ValueError(f"to: a mail has 1 to {MAX_RECIPIENTS} recipients")
            attachments = _attachments(params.get("attachments"))
        except ValueError as error:
            return wrong_params(str(error))
        try:
            transport = await self._transport_of(context, params)
            message_id = await transport.send(mail, cc, bcc, attachments)
        except PermissionError:
            return failed(
                "address_not_allowed", "the mail server's address isn't open to outgoing requests", final=True
            )
        except ConnectionError as error:
            return failed("mail", str(error))
        except ValueError as error:
            return failed("mail", str(error), final=True)
        return Succeeded({"message_id": message_id, "accepted": list(recipients)})

    async def _transport_of(self, context: NodeContext, params: JSONObject) -> MailTransport:
        name = params.get(connection.NAME)
        if name is None:
            return self._transport
        if self._servers is None:
            raise ValueError("no connection to a mail server can be used from here")
        fields = (await context.connection(as_text(name), "smtp")).fields
        context.check_host(as_text(fields.get("host")).lower(), fields)
        return self._servers.transport(context.tenant, fields)


def mail_id(context: NodeContext) -> str:
    """The same for every attempt of a job; ordered by the job's insert time, as all ids are."""
    digest = hashlib.sha256(b"mail:" + context.idempotency_key.encode()).digest()
    return uuid7(context.created_at, int.from_bytes(digest) >> (256 - 74))


def _mail(context: NodeContext, params: JSONObject) -> Mail:
    subject = as_text(params.get("subject"))
    if any(not char.isprintable() for char in subject):
        raise ValueError("subject: must be one line without control characters")
    sender = params.get("from")
    return Mail(
        id=mail_id(context),
        tenant=context.tenant,
        sender="" if sender is None else _address("from", sender),
        to=_people(params, "to"),
        subject=subject,
        text=as_text(params["text"]) if "text" in params or "html" not in params else None,
        html=as_text(params["html"]) if "html" in params else None,
        at=context.now,
    )


def _people(params: JSONObject, name: str) -> tuple[str, ...]:
    value = params.get(name)
    if value is None:
        return ()
    return tuple(_address(name, item) for item in (value if isinstance(value, list) else [value]))


def _address(name: str, value: JSON) -> str:
    """The address when it is well-formed; nothing that could start another header passes."""
    if not isinstance(value, str) or not value.isprintable() or _WELL_FORMED.fullmatch(value.strip()) is None:
        raise ValueError(f"{name}: {ADDRESS_RULE}")
    return value.strip()


def _attachments(value: JSON) -> list[JSON]:
    attachments = value if isinstance(value, list) else []
    contents = [
        part for item in attachments if isinstance(item, dict) for part in (item.get("text"), item.get("base64"))
    ]
    if sum(len(part) for part in contents if isinstance(part, str)) > MAX_ATTACHED_CHARACTERS:
        raise ValueError(f"attachments: at most {MAX_ATTACHED_CHARACTERS} characters in all")
    return attachments
