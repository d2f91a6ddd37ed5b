"""Connections in nodes: the param that names one, and what its fields mean to what a node sends.

The name is plain text, so that whoever reads a definition sees which credentials it uses; the connection may be made
later than the definition. Its fields are read when the node sends, and never leave the attempt.
"""

from typing import Any, Final
from urllib.parse import quote

from holdfast.model.json import JSON, JSONObject
from holdfast.model.node_spec import PLAIN_MARK
from holdfast.nodes.node import as_text
from holdfast.ports import Connection, NodeContext

NAME: Final = "connection"
NAME_PATTERN: Final = "^[A-Za-z_][A-Za-z0-9_]{0,63}$"


def param(type_: str, what: str) -> dict[str, Any]:
    """The schema of the param for connections of a type."""
    return {
        "type": "string",
        "title": "Connection",
        "description": what,
        "pattern": NAME_PATTERN,
        "x-holdfast-message": "expected the name of a connection: 1 to 64 letters, digits and _",
        "x-holdfast-connection": type_,
        PLAIN_MARK: True,
    }


# Of http.request: what can't stand together, and what needs a connection.
RULES: Final[list[JSON]] = [
    {
        "not": {"required": ["auth", NAME]},
        "x-holdfast-message": "give one of connection and auth, not both",
    },
    {
        "if": {"not": {"required": [NAME]}},
        "then": {
            "properties": {
                "url": {
                    "pattern": "^[^/]",
                    "x-holdfast-message": "expected an absolute address that starts with http:// or https://; only "
                    "with a connection it may begin with /",
                }
            }
        },
    },
]


async def with_http(
    context: NodeContext, params: JSONObject, stale: str | None = None
) -> tuple[JSONObject, str | None]:
    """The params of ``http.request`` with the credentials of their connection, and the token that these are, if it can
    be fetched anew. Raises ``ValueError`` for params that don't go together."""
    name = params.get(NAME)
    if name is None:
        return params, None
    if "auth" in params:
        raise ValueError("give either connection or auth")
    connection = await context.connection(as_text(name), "http", stale)
    rest: JSONObject = {key: value for key, value in params.items() if key != NAME}
    filled: JSONObject = {**rest, "auth": connection.fields["auth"], "url": _joined(connection, params.get("url"))}
    return filled, connection.stale


def database_url(connection: Connection) -> str:
    """The address that ``sql.query`` takes."""
    fields = connection.fields
    database = as_text(fields.get("database"))
    if fields.get("system") == "sqlite":
        return f"sqlite:///{database}"
    user = ":".join(quote(as_text(fields[part]), safe="") for part in ("username", "password") if part in fields)
    host = as_text(fields.get("host"))
    place = f"[{host}]" if ":" in host else host
    mode, port = as_text(fields.get("sslmode", "prefer")), fields.get("port", 5432)
    return f"postgresql://{user}@{place}:{port}/{quote(database, safe='')}?sslmode={mode}"


def with_llm(connection: Connection, params: JSONObject) -> JSONObject:
    """The params of ``agent`` with the service that the connection names. Raises ``ValueError``."""
    given = sorted({"api_key", "base_url"} & params.keys())
    if given:
        raise ValueError(f"give either connection or {given[0]}")
    provider = as_text(params.get("model")).partition(":")[0]
    if provider != connection.fields.get("provider"):
        raise ValueError(f"model: the connection {connection.name} is one to {connection.fields.get('provider')}")
    named = ("base_url", "api_key", "organization")
    kept: JSONObject = {name: connection.fields[name] for name in named if name in connection.fields}
    return {**{key: value for key, value in params.items() if key != NAME}, **kept}


def _joined(connection: Connection, url: JSON) -> str:
    """The address of the request: what begins with / lies below the connection's own address."""
    text = as_text(url).strip()
    if not text.startswith("/"):
        return text
    base = connection.fields.get("base_url")
    if base is None:
        raise ValueError(f"url: the connection {connection.name} has no base address for it")
    return as_text(base).rstrip("/") + text
