"""Sealed values as rows: which column of which table a kind is. Pure."""

from typing import Final, NamedTuple

from holdfast.model.secret import sealed_for
from holdfast.ports.sealed import SealedKind, SealedValue
from holdfast.stores.rows import Row
from holdfast.stores.secret_rows import sealed_secret


class Place(NamedTuple):
    """A column of sealed bytes."""

    table: str
    column: str


PLACES: Final[dict[SealedKind, Place]] = {
    "secret": Place("secrets", "sealed"),
    "signing": Place("subscriptions", "sealed"),
    "signing_before": Place("subscriptions", "previous"),
    "totp": Place("users", "totp"),
}


def sealed_value(kind: SealedKind, row: Row) -> SealedValue:
    """A person belongs to no tenant: what is sealed for them is sealed for none."""
    tenant = "" if kind == "totp" else row["tenant_id"]
    bound_to = sealed_for(sealed_secret(row)) if kind == "secret" else row["id"]
    return SealedValue(kind, row["id"], tenant, bound_to, bytes(row[PLACES[kind].column]))
