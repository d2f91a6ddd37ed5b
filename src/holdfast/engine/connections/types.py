"""The types of connections: what each takes, as a JSON Schema from which forms are drawn and documents are checked.

What is confidential is marked ``x-holdfast-secret`` (and ``writeOnly``, as JSON Schema says it): it is given and never
shown. Everything beside it is shown to whoever may list secrets.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from holdfast.engine.connections.http_auth import AUTH
from holdfast.model.json import JSONObject
from holdfast.model.node_spec import SECRET_MARK
from holdfast.model.secret import SecretType

_HOST: Final = r"^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?$|^[0-9A-Fa-f:.]{2,45}$"
_HOST_RULE: Final = "expected a host's name or address, without scheme, port and path"
_URL: Final = r"^[Hh][Tt][Tt][Pp][Ss]?://[^/?#@\s]+(/[^?#\s]*)?$"
_URL_RULE: Final = "expected an address that starts with http:// or https://, without user, query and fragment"


@dataclass(frozen=True, slots=True)
class ConnectionType:
    """``example`` is a document that fits."""

    id: SecretType
    title: str
    description: str
    icon: str
    schema: JSONObject
    example: JSONObject


def _object(properties: dict[str, Any], required: tuple[str, ...], **more: Any) -> JSONObject:
    schema: JSONObject = {"type": "object", "properties": properties, "additionalProperties": False, **more}
    return {**schema, "required": list(required)}


def _text(title: str, description: str = "", **more: Any) -> dict[str, Any]:
    told = {"description": description} if description else {}
    return {"type": "string", "title": title, "maxLength": 1000, "pattern": r"^[^\x00-\x1f]*$", **told, **more}


def _host(example: str) -> dict[str, Any]:
    return {**_text("Host"), "pattern": _HOST, "x-holdfast-message": _HOST_RULE, "examples": [example]}


def _url(title: str, description: str, example: str) -> dict[str, Any]:
    return {**_text(title, description), "pattern": _URL, "x-holdfast-message": _URL_RULE, "examples": [example]}


def _password(title: str = "Password") -> dict[str, Any]:
    return {**_text(title), "writeOnly": True, "minLength": 1, "maxLength": 16_384, SECRET_MARK: True}


_PORT: Final = {"type": "integer", "title": "Port", "minimum": 1, "maximum": 65535}

SMTP: Final = ConnectionType(
    id="smtp",
    title="Mail server (SMTP)",
    description="Sends mail: for email.send and notify.",
    icon="mail",
    schema=_object(
        {
            "host": _host("smtp.example.com"),
            "port": {**_PORT, "description": "587 with STARTTLS, 465 with TLS, else 25, unless given."},
            "security": {
                "type": "string",
                "title": "Security",
                "description": "How the connection is encrypted.",
                "enum": ["starttls", "tls", "none"],
                "default": "starttls",
            },
            "username": _text("User", minLength=1),
            "password": _password(),
            "from": _text("From", "The sender of mails that name none.", examples=["Holdfast <flows@example.com>"]),
        },
        ("host",),
        dependentRequired={"username": ["password"], "password": ["username"]},
    ),
    example={
        "type": "smtp",
        "host": "smtp.example.com",
        "port": 587,
        "security": "starttls",
        "username": "flows",
        "password": "an-example-password",
        "from": "flows@example.com",
    },
)

HTTP: Final = ConnectionType(
    id="http",
    title="HTTP API",
    description="Credentials of an HTTP service: for http.request, notify and the tools of agents. The hosts that they "
    "may be sent to must be named.",
    icon="globe",
    schema=_object(
        {
            "base_url": _url(
                "Base address", "Before the address of a request that begins with /.", "https://api.example.com/v1"
            ),
            "auth": AUTH,
        },
        ("auth",),
    ),
    example={
        "type": "http",
        "base_url": "https://api.example.com/v1",
        "auth": {"type": "bearer", "token": "an-example-token"},
    },
)

DATABASE: Final = ConnectionType(
    id="database",
    title="Database",
    description="A PostgreSQL server, or an SQLite file in an open folder: for sql.query.",
    icon="database",
    schema=_object(
        {
            "system": {
                "type": "string",
                "title": "System",
                "enum": ["postgresql", "sqlite"],
                "default": "postgresql",
            },
            "host": _host("db.example.com"),
            "port": {**_PORT, "default": 5432},
            "database": _text("Database", "Its name; of SQLite the file.", minLength=1, examples=["shop"]),
            "username": _text("User", minLength=1),
            "password": _password(),
            "sslmode": {
                "type": "string",
                "title": "TLS",
                "description": "verify-full checks the server's certificate and name.",
                "enum": ["verify-full", "require", "prefer", "disable"],
                "default": "prefer",
            },
        },
        ("database",),
        **{
            "if": {"properties": {"system": {"const": "sqlite"}}, "required": ["system"]},
            "then": {
                "propertyNames": {"enum": ["system", "database"]},
                "x-holdfast-message": "a file has no host, no user and no TLS",
            },
            "else": {"required": ["host", "username"]},
        },
    ),
    example={
        "type": "database",
        "system": "postgresql",
        "host": "db.example.com",
        "port": 5432,
        "database": "shop",
        "username": "report",
        "password": "an-example-password",
        "sslmode": "verify-full",
    },
)

LLM: Final = ConnectionType(
    id="llm",
    title="Language model",
    description="A service that answers for a language model: for agent.",
    icon="bot",
    schema=_object(
        {
            "provider": {
                "type": "string",
                "title": "Provider",
                "description": "openai is, with an address, any service that speaks its protocol.",
                "enum": ["openai", "anthropic"],
            },
            "base_url": _url("Address", "The provider's own, unless given.", "http://127.0.0.1:11434/v1"),
            "api_key": {**_password("API key"), "pattern": r"^[\x21-\x7E]+$"},
            "organization": _text("Organization", "Sent along to openai.", pattern=r"^[\x21-\x7E]+$"),
        },
        ("provider",),
    ),
    example={"type": "llm", "provider": "openai", "api_key": "an-example-key"},
)

TYPES: Final[Mapping[str, ConnectionType]] = {type_.id: type_ for type_ in (HTTP, SMTP, DATABASE, LLM)}
