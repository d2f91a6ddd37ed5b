"""Credentials of ``http.request``: as a header, in the query, or answered to a digest challenge.

They belong to the origin that the request's author named. ``http_call`` leaves the headers out when another origin is
addressed, and a digest is answered to the first origin only.
"""

import base64
from typing import Any, Final

from aiohttp import DigestAuthMiddleware

from holdfast.model.json import JSON
from holdfast.model.node_spec import SECRET_MARK
from holdfast.nodes.node import as_text, object_schema

HEADER_NAME: Final = "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$"
_KINDS: Final = ("basic", "bearer", "header", "query", "digest")


def _needs(kind: str, *names: str) -> dict[str, Any]:
    """The further keys that one kind of credentials has."""
    matches = {"properties": {"type": {"const": kind}}, "required": ["type"]}
    return {"if": matches, "then": {"required": list(names)}}


SCHEMA: Final = object_schema(
    {
        "type": {"type": "string", "enum": list(_KINDS)},
        "username": {"type": "string", "description": "With type basic and digest."},
        "password": {"type": "string", "description": "With type basic and digest."},
        "token": {
            "type": "string",
            "pattern": r"^[^\s\x00]+$",
            "x-holdfast-message": "expected a text without spaces",
            "description": "With type bearer.",
        },
        "name": {
            "type": "string",
            "pattern": HEADER_NAME,
            "description": "The header's or the query parameter's name, with type header and query.",
        },
        "value": {
            "type": ["string", "number", "boolean"],
            "pattern": r"^[^\r\n\x00]*$",
            "x-holdfast-message": "expected a text without line breaks",
            "description": "The header's or the query parameter's value.",
        },
    },
    ("type",),
    title="Authentication",
    description="basic or digest (username, password), bearer (token), header or query (name, value). "
    "Not sent on to another host.",
    examples=[{"type": "bearer", "token": "…"}],
    allOf=[
        _needs("basic", "username", "password"),
        _needs("bearer", "token"),
        _needs("header", "name", "value"),
        _needs("query", "name", "value"),
        _needs("digest", "username", "password"),
    ],
    **{SECRET_MARK: True},
)


def headers_of(auth: JSON) -> dict[str, str]:
    """The headers that carry these credentials."""
    if not isinstance(auth, dict):
        return {}
    match auth.get("type"):
        case "basic":
            pair = f"{as_text(auth.get('username'))}:{as_text(auth.get('password'))}"
            return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        case "bearer":
            return {"Authorization": f"Bearer {as_text(auth.get('token'))}"}
        case "header":
            return {as_text(auth.get("name")): as_text(auth.get("value"))}
        case "query" | "digest":
            return {}
    raise ValueError(f"auth.type is one of {', '.join(_KINDS)}")


def query_of(auth: JSON) -> dict[str, str]:
    """The query parameter that carries these credentials."""
    if not isinstance(auth, dict) or auth.get("type") != "query":
        return {}
    return {as_text(auth.get("name")): as_text(auth.get("value"))}


def digest_of(auth: JSON) -> DigestAuthMiddleware | None:
    """What answers a digest challenge with these credentials."""
    if not isinstance(auth, dict) or auth.get("type") != "digest":
        return None
    return DigestAuthMiddleware(as_text(auth.get("username")), as_text(auth.get("password")))
