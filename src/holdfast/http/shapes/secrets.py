"""A secret as JSON: everything but its value."""

from typing_extensions import TypedDict

from holdfast.model.instant import format_instant
from holdfast.model.secret import SealedSecret


class SecretShape(TypedDict):
    """A secret without its value, which nobody gets back."""

    name: str
    created_at: str
    updated_at: str


class SecretsShape(TypedDict):
    """A page of secrets, by name."""

    items: list[SecretShape]
    next: str | None


def secret_shape(secret: SealedSecret) -> SecretShape:
    return {
        "name": secret.name,
        "created_at": format_instant(secret.created_at),
        "updated_at": format_instant(secret.updated_at),
    }
