"""What a ``webhook.respond`` node says: the status, headers and body that a webhook's caller gets.

It's made by a workflow, so it may not speak for the server or the connection: headers of theirs are refused when the
node runs (``HEADER_NAME``), and left out when the answer is sent, should an older run still say them.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from holdfast.model.json import JSON, JSONObject

RESPOND: Final = "webhook.respond"

# Of the connection; of the server and its security; read by proxies in front of it; of the trigger's own ``cors``.
_NOT_YOURS: Final = (
    "alt-svc", "clear-site-data", "connection", "content-encoding", "content-length",
    "content-security-policy", "content-security-policy-report-only", "date", "keep-alive", "nel",
    "permissions-policy", "referrer-policy", "report-to", "reporting-endpoints", "server", "service-worker-allowed",
    "set-cookie", "set-cookie2", "strict-transport-security", "te", "trailer", "transfer-encoding", "upgrade", "vary",
    "x-content-type-options", "x-correlation-id", "x-frame-options", "x-lighttpd-send-file", "x-sendfile",
)  # fmt: skip
_NOT_YOUR_FAMILIES: Final = ("access-control-", "cross-origin-", "proxy-", "x-accel-")
_REFUSED: Final = f"({'|'.join(_NOT_YOURS)}|({'|'.join(_NOT_YOUR_FAMILIES)}).*)"
_NAME: Final = "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$"
_VALUE: Final = r"^[\t\x20-\x7e\xa0-\xff]*$"
HEADER_NAME: Final[dict[str, Any]] = {
    "pattern": _NAME,
    "not": {"pattern": f"^(?i:{_REFUSED})$"},
    "x-holdfast-message": (
        "is not a header that an answer may set (cookies, and what belongs to the connection, the server, its security "
        "and the trigger's cors)"
    ),
}
HEADER_VALUE: Final = _VALUE
_IS_NAME: Final = re.compile(_NAME)
_IS_VALUE: Final = re.compile(_VALUE)
_IS_REFUSED: Final = re.compile(_REFUSED, re.IGNORECASE)
_BODILESS: Final = (204, 205, 304)
_JSON_TYPE: Final = "application/json"
_TEXT_TYPE: Final = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """``headers`` in lower case, ``content-type`` among them when there is a body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def answer_of(output: JSON) -> WebhookAnswer:
    """The answer that a node's output is; what it doesn't say, or says wrong, is as if the node said nothing of it."""
    said: JSONObject = output if isinstance(output, dict) else {}
    status = said.get("status")
    if not isinstance(status, int) or isinstance(status, bool) or not 200 <= status <= 599:
        status = 200
    headers = _headers(said.get("headers"))
    body, kind = (b"", "") if status in _BODILESS else _body(said)
    if body:
        headers.setdefault("content-type", kind)
    else:
        headers.pop("content-type", None)
    return WebhookAnswer(status, tuple(headers.items()), body)


def may_set(name: str) -> bool:
    """Whether an answer may have this header."""
    return _IS_NAME.fullmatch(name) is not None and _IS_REFUSED.fullmatch(name) is None


def _headers(said: JSON) -> dict[str, str]:
    if not isinstance(said, dict):
        return {}
    texts = {name.lower(): value if isinstance(value, str) else json.dumps(value) for name, value in said.items()}
    return {name: text for name, text in texts.items() if may_set(name) and _IS_VALUE.fullmatch(text)}


def _body(said: JSONObject) -> tuple[bytes, str]:
    if "json" in said:
        return json.dumps(said["json"], ensure_ascii=False, separators=(",", ":")).encode(), _JSON_TYPE
    body = said.get("body")
    return (body.encode(), _TEXT_TYPE) if isinstance(body, str) else (b"", "")
