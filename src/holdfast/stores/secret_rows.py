"""Sealed secrets as rows. Pure."""

from typing import Any

from holdfast.model.secret import SealedSecret
from holdfast.stores.codec import decode_texts, encode
from holdfast.stores.rows import Row


def sealed_secret(row: Row) -> SealedSecret:
    return SealedSecret(
        id=row["id"],
        tenant=row["tenant_id"],
        name=row["name"],
        sealed=row["sealed"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        type=row["type"],
        hosts=_bounds(row["hosts"]),
        kinds=_bounds(row["kinds"]),
        description=row["description"],
    )


def secret_columns(secret: SealedSecret) -> tuple[Any, ...]:
    """``id, tenant_id, name, sealed, type, hosts, kinds, description``."""
    return (
        *(secret.id, secret.tenant, secret.name, secret.sealed, secret.type),
        *(None if bounds is None else encode(bounds) for bounds in (secret.hosts, secret.kinds)),
        secret.description,
    )


def _bounds(text: str | None) -> tuple[str, ...] | None:
    """None is no bound; an empty list lets it go nowhere."""
    return None if text is None else decode_texts(text)
