"""API keys as JSON. The secret is in the answer that makes a key, and nowhere else."""

from typing_extensions import TypedDict

from holdfast.http.shapes.times import moment
from holdfast.model.access import ApiKey
from holdfast.model.instant import format_instant


class KeyShape(TypedDict):
    """An API key without its secret. `scopes` null: it may do all that its role may. `used_at`: to the minute."""

    id: str
    name: str
    tenant: str
    role: str
    scopes: list[str] | None
    service_account: str | None
    instance_admin: bool
    created_by: str
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    used_at: str | None
    used_from: str | None


class KeysShape(TypedDict):
    items: list[KeyShape]
    next: str | None


class NewKeyShape(TypedDict):
    """A new API key; `key` is shown this once."""

    id: str
    key: str
    name: str
    tenant: str
    role: str
    scopes: list[str] | None
    service_account: str | None
    instance_admin: bool
    expires_at: str | None


class ScopesShape(TypedDict):
    """What keys can be narrowed to."""

    items: list[str]


def key_shape(key: ApiKey) -> KeyShape:
    return {
        "id": key.id,
        "name": key.name,
        "tenant": key.tenant,
        "role": key.role,
        "scopes": _scopes(key),
        "service_account": key.user_id,
        "instance_admin": key.instance_admin,
        "created_by": key.created_by,
        "created_at": format_instant(key.created_at),
        "expires_at": moment(key.expires_at),
        "revoked_at": moment(key.revoked_at),
        "used_at": moment(key.used_at),
        "used_from": key.used_from or None,
    }


def new_key_shape(key: ApiKey, secret: str) -> NewKeyShape:
    return {
        "id": key.id,
        "key": secret,
        "name": key.name,
        "tenant": key.tenant,
        "role": key.role,
        "scopes": _scopes(key),
        "service_account": key.user_id,
        "instance_admin": key.instance_admin,
        "expires_at": moment(key.expires_at),
    }


def _scopes(key: ApiKey) -> list[str] | None:
    return None if key.scopes is None else sorted(key.scopes)
