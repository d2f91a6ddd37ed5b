"""The credentials of an ``http`` connection: as they are sent, or what they are fetched with (OAuth 2)."""

from typing import Any, Final

from holdfast.model.json import JSONObject
from holdfast.model.node_spec import SECRET_MARK

CLIENT_CREDENTIALS: Final = "oauth2_client_credentials"
REFRESH: Final = "oauth2_refresh"

_TOKEN_END: Final = r"^[Hh][Tt][Tt][Pp][Ss]?://[^/?#@\s]+(/[^#\s]*)?$"
_FETCHED: Final = ("token_url", "client_id", "client_secret", "scopes", "audience", "auth")
# What each kind needs, and what it may have besides.
_KINDS: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "basic": (("username", "password"), ()),
    "bearer": (("token",), ()),
    "header": (("name", "value"), ()),
    "query": (("name", "value"), ()),
    CLIENT_CREDENTIALS: (("token_url", "client_id", "client_secret"), _FETCHED),
    REFRESH: (("token_url", "client_id", "refresh_token"), _FETCHED),
}


def _text(title: str, description: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "title": title, "description": description, "minLength": 1, "maxLength": 4096, **more}


def _hidden(title: str, description: str, **more: Any) -> dict[str, Any]:
    return {**_text(title, description), "maxLength": 16_384, "writeOnly": True, SECRET_MARK: True, **more}


def _rule(kind: str) -> dict[str, Any]:
    needed, more = _KINDS[kind]
    return {
        "if": {"properties": {"type": {"const": kind}}, "required": ["type"]},
        "then": {"required": list(needed), "propertyNames": {"enum": sorted({"type", *needed, *more})}},
    }


_NO_BREAKS: Final = {"pattern": r"^[^\r\n\x00]*$", "x-holdfast-message": "expected a text without line breaks"}
_NO_SPACES: Final = {"pattern": r"^[\x21-\x7E]+$", "x-holdfast-message": "expected a text without spaces"}

AUTH: Final[JSONObject] = {
    "type": "object",
    "title": "Authentication",
    "properties": {
        "type": {"type": "string", "title": "Kind", "enum": list(_KINDS)},
        "username": _text("User", "With basic."),
        "password": _hidden("Password", "With basic.", **_NO_BREAKS),
        "token": _hidden("Token", "With bearer.", **_NO_SPACES),
        "name": _text(
            "Name",
            "The header's or the query parameter's, with header and query.",
            pattern="^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$",
        ),
        "value": _hidden("Value", "The header's or the query parameter's.", **_NO_BREAKS),
        "token_url": _text(
            "Token address",
            "Where tokens are fetched, with OAuth 2.",
            pattern=_TOKEN_END,
            examples=["https://login.example.com/oauth/token"],
            **{"x-holdfast-message": "expected an address that starts with http:// or https://, without user"},
        ),
        "client_id": _text("Client id", "With OAuth 2."),
        "client_secret": _hidden("Client secret", "With OAuth 2."),
        "refresh_token": _hidden("Refresh token", "With oauth2_refresh; a new one replaces it by itself."),
        "scopes": {
            "type": "array",
            "title": "Scopes",
            "description": "What the token shall allow, with OAuth 2.",
            "items": {"type": "string", "pattern": r"^[\x21\x23-\x5B\x5D-\x7E]+$"},
            "maxItems": 100,
            "examples": [["read", "write"]],
        },
        "audience": _text("Audience", "Whom the token is for, where the token end asks for it."),
        "auth": {
            "type": "string",
            "title": "Client authentication",
            "description": "How the client proves itself to the token end: in the header, or in the body.",
            "enum": ["basic", "body"],
            "default": "basic",
        },
    },
    "required": ["type"],
    "additionalProperties": False,
    "allOf": [_rule(kind) for kind in _KINDS],
}
