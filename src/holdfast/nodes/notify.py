"""``notify``: a message to a channel: the log, people by email, or a chat by its incoming webhook (``{"text": …}``).

A mail goes out as ``email.send``'s do, a call as ``http.request``'s do: through the same transport and the same guard.
"""

from typing import Any, Final

from holdfast.model.instant import SECOND
from holdfast.model.json import JSON, JSONObject
from holdfast.model.node_spec import SECRET_MARK, NodeSpec
from holdfast.model.outcome import Outcome, Succeeded
from holdfast.nodes import connection
from holdfast.nodes.email_send import SPEC as EMAIL_SPEC
from holdfast.nodes.email_send import EmailSend
from holdfast.nodes.http_request import HttpRequest
from holdfast.nodes.http_session import Sessions
from holdfast.nodes.log import Log
from holdfast.nodes.node import as_text, object_schema, wrong_params
from holdfast.ports import MailServers, MailTransport, NodeContext

CHANNELS: Final = ("log", "email", "webhook")
_LONGEST_SUBJECT: Final = 120


def _mail(name: str) -> JSON:
    properties = EMAIL_SPEC.params["properties"]
    assert isinstance(properties, dict)
    return properties[name]


def _needs(channel: str, name: str) -> dict[str, Any]:
    matches = {"properties": {"channel": {"const": channel}}, "required": ["channel"]}
    return {"if": matches, "then": {"required": [name]}}


SPEC: Final = NodeSpec(
    type="notify",
    title="Notify",
    description="Sends a message to a channel: the log, an email address or a chat.",
    icon="bell",
    category="Messages",
    timeout=30 * SECOND,
    params=object_schema(
        {
            "channel": {"type": "string", "title": "Channel", "enum": list(CHANNELS), "examples": ["email"]},
            "message": {
                "title": "Message",
                "description": "What it says.",
                "examples": ["{{ input.city }}: {{ nodes.weather.output.json.warning }}"],
            },
            "to": _mail("to"),
            "subject": _mail("subject"),
            "url": {
                "type": "string",
                "title": "Webhook address",
                "description": "The incoming webhook of a chat; it is sent {text: message} as JSON.",
                "pattern": "^([Hh][Tt][Tt][Pp][Ss]?://[^/?#]|/)",
                "maxLength": 8192,
                "x-holdfast-message": "expected an absolute address that starts with http:// or https://",
                "examples": ["https://chat.example.com/hooks/abc"],
                SECRET_MARK: True,
            },
            "connection": {
                **connection.param("smtp", "Of email a mail server, of webhook the credentials of an HTTP service."),
                "x-holdfast-connection": ["smtp", "http"],
            },
        },
        ("channel", "message"),
        allOf=[_needs("email", "to"), _needs("webhook", "url"), *connection.RULES],
    ),
    example={"channel": "email", "to": "ops@example.com", "subject": "Storm", "message": "Storm over Berlin."},
)


class Notify:
    spec = SPEC

    def __init__(self, sessions: Sessions, transport: MailTransport, servers: MailServers | None = None) -> None:
        self._http = HttpRequest(sessions)
        self._email = EmailSend(transport, servers)
        self._log = Log()

    async def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        channel, message = params.get("channel"), as_text(params.get("message"))
        over: JSONObject = {name: params[name] for name in (connection.NAME,) if name in params}
        match channel:
            case "log":
                outcome = await self._log.execute(context, {"message": message})
            case "email":
                subject = as_text(params.get("subject")) or _first_line(message)
                mail: JSONObject = {"to": params.get("to"), "subject": subject, "text": message, **over}
                outcome = await self._email.execute(context, mail)
            case "webhook":
                call: JSONObject = {"method": "POST", "url": params.get("url"), "json": {"text": message}, **over}
                outcome = await self._http.execute(context, call)
            case _:
                return wrong_params(f"channel: must be one of {', '.join(CHANNELS)}")
        return _told(channel, outcome)


def _told(channel: str, outcome: Outcome) -> Outcome:
    """The channel with what is worth keeping of its answer; a failure stays what it is."""
    if not isinstance(outcome, Succeeded) or not isinstance(outcome.result, dict):
        return outcome
    kept = {name: value for name, value in outcome.result.items() if name in ("message_id", "accepted", "status")}
    return Succeeded({"channel": channel, **kept})


def _first_line(message: str) -> str:
    line = next((line for line in message.splitlines() if line.strip()), "Notification")
    text = "".join(char if char.isprintable() else " " for char in line).strip()
    return text if len(text) <= _LONGEST_SUBJECT else f"{text[: _LONGEST_SUBJECT - 1]}…"
