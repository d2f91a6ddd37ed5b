"""A secret as JSON: everything but its value."""

from typing import Any

from typing_extensions import TypedDict

from holdfast.model.instant import format_instant
from holdfast.model.json import JSONObject
from holdfast.model.secret import SealedSecret, SecretType


class SecretShape(TypedDict):
    """A secret without its value, which nobody gets back.

    `hosts` and `kinds` are where it may go (null: anywhere). `fields` are those of a connection that hide nothing.
    """

    name: str
    type: SecretType
    hosts: list[str] | None
    kinds: list[str] | None
    description: str
    fields: dict[str, Any]
    created_at: str
    updated_at: str


class SecretsShape(TypedDict):
    """A page of secrets, by name."""

    items: list[SecretShape]
    next: str | None


class TriedShape(TypedDict):
    """How a trial of a connection went: a sentence that holds no secret."""

    ok: bool
    detail: str


def secret_shape(secret: SealedSecret, fields: JSONObject) -> SecretShape:
    return {
        "name": secret.name,
        "type": secret.type,
        "hosts": None if secret.hosts is None else list(secret.hosts),
        "kinds": None if secret.kinds is None else list(secret.kinds),
        "description": secret.description,
        "fields": fields,
        "created_at": format_instant(secret.created_at),
        "updated_at": format_instant(secret.updated_at),
    }
