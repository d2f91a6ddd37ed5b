"""A type of connections as JSON: what its form is drawn from."""

from pydantic import JsonValue
from typing_extensions import TypedDict

from holdfast.engine.connections.types import ConnectionType


class ConnectionTypeShape(TypedDict):
    """A type of connections.

    `schema` is the JSON Schema of the document, beside its `type`; what is confidential is marked `x-holdfast-secret`
    and `writeOnly`. `example` is a document that fits. `icon` is a name of Lucide's.
    """

    id: str
    title: str
    description: str
    icon: str
    schema: dict[str, JsonValue]
    example: dict[str, JsonValue]


class ConnectionTypesShape(TypedDict):
    """All of them; `next` is always null."""

    items: list[ConnectionTypeShape]
    next: str | None


def connection_type_shape(type_: ConnectionType) -> ConnectionTypeShape:
    return {
        "id": type_.id,
        "title": type_.title,
        "description": type_.description,
        "icon": type_.icon,
        "schema": type_.schema,
        "example": type_.example,
    }
