"""The body of an ``http.request``: JSON, a form, a multipart form with files, or a text as it is.

A body is bytes made once, so that a redirect can send the same again, and the same on every attempt: the boundary of a
multipart form is a hash of what it parts, which nothing inside can hold.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from holdfast.model.json import JSON, JSONObject
from holdfast.model.node_spec import SECRET_MARK
from holdfast.nodes.node import as_text, object_schema

KINDS: Final = ("json", "form", "multipart", "body")
RULE: Final = "give one of json, form, multipart and body, not several"

CONTENT_TYPE: Final = r"^[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(; ?[A-Za-z0-9-]+=[A-Za-z0-9._-]+)*$"
_SCALAR: Final = {"type": ["string", "number", "boolean"]}
_FILE: Final = object_schema(
    {
        "filename": {"type": "string", "pattern": r"^[^\r\n\x00/\\]{1,200}$"},
        "content_type": {"type": "string", "pattern": CONTENT_TYPE, "examples": ["application/pdf"]},
        "text": {"type": "string", "description": "The content as text."},
        "base64": {"type": "string", "description": "The content as base64."},
    },
    oneOf=[{"required": ["text"]}, {"required": ["base64"]}],
)
_PART: Final = {"anyOf": [_SCALAR, _FILE]}

PROPERTIES: Final[dict[str, Any]] = {
    "json": {"title": "JSON body", "description": "Any JSON.", SECRET_MARK: True},
    "form": {
        "type": "object",
        "title": "Form body",
        "description": "Sent as application/x-www-form-urlencoded; a list repeats its key, null leaves it out.",
        "additionalProperties": {"type": ["string", "number", "boolean", "null", "array"], "items": _SCALAR},
        SECRET_MARK: True,
    },
    "multipart": {
        "type": "object",
        "title": "Multipart form",
        "description": "Fields and files: a value, {filename, content_type, text or base64}, or a list of these.",
        "additionalProperties": {
            "anyOf": [{"type": "array", "items": _PART}, _SCALAR, _FILE],
            "x-holdfast-message": "expected a value, a file with text or base64, or a list of these",
        },
        "examples": [{"title": "March", "report": {"filename": "report.csv", "text": "a,b\n1,2\n"}}],
        SECRET_MARK: True,
    },
    "body": {"type": "string", "title": "Text body", "description": "Sent as it is, in UTF-8.", SECRET_MARK: True},
}


def _not_both(first: str, second: str) -> dict[str, Any]:
    return {"not": {"required": [first, second]}, "x-holdfast-message": RULE}


ONE_BODY: Final = [_not_both(first, second) for first in KINDS for second in KINDS if first < second]

_TYPE: Final = re.compile(CONTENT_TYPE)


def read_body(params: JSONObject) -> tuple[bytes | None, str | None]:
    """The body and its content type. Raises ``ValueError``."""
    if len(params.keys() & set(KINDS)) > 1:
        raise ValueError(RULE)
    if "json" in params:
        return msgspec.json.encode(params["json"]), "application/json"
    if isinstance(form := params.get("form"), dict):
        return urlencode(list(pairs(form))).encode(), "application/x-www-form-urlencoded"
    if isinstance(parts := params.get("multipart"), dict):
        return _multipart(parts)
    if "body" in params:
        return as_text(params["body"]).encode(), "text/plain; charset=utf-8"
    return None, None


def pairs(values: JSONObject) -> Iterator[tuple[str, str]]:
    """Names and values as a query or a form has them."""
    for name, value in values.items():
        if isinstance(value, list):
            yield from ((name, as_text(item)) for item in value)
        elif value is not None:
            yield name, as_text(value)


def _multipart(parts: JSONObject) -> tuple[bytes, str]:
    made = [
        _part(name, item)
        for name, value in parts.items()
        for item in (value if isinstance(value, list) else [value])
        if item is not None
    ]
    boundary = hashlib.sha256(b"".join(made)).hexdigest()
    opening = f"--{boundary}\r\n".encode()
    body = b"".join(piece for part in made for piece in (opening, part, b"\r\n"))
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def _part(name: str, value: JSON) -> bytes:
    """One part, from its headers on."""
    disposition = f'form-data; name="{_quoted(name)}"'
    if not isinstance(value, dict):
        return f"Content-Disposition: {disposition}\r\n\r\n".encode() + as_text(value).encode()
    kind = as_text(value.get("content_type", "application/octet-stream" if "base64" in value else "text/plain"))
    if _TYPE.fullmatch(kind) is None:
        raise ValueError(f"multipart: {name}: content_type isn't a media type such as text/csv")
    disposition += f'; filename="{_quoted(as_text(value.get("filename", name)))}"'
    return f"Content-Disposition: {disposition}\r\nContent-Type: {kind}\r\n\r\n".encode() + _content(name, value)


def _content(name: str, value: JSONObject) -> bytes:
    if "base64" not in value:
        return as_text(value.get("text")).encode()
    try:
        return base64.b64decode(as_text(value["base64"]), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"multipart: {name}: base64 isn't valid") from None


def _quoted(text: str) -> str:
    """As browsers write it: nothing in a name can end its quotes or start another header."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A").replace("\0", "%00")
