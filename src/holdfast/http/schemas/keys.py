"""API keys as they are asked for, and whose are listed."""

from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from holdfast.http.query import ListParameters, Parameters
from holdfast.http.schemas.fields import DURATION, Body, OneLine, duration
from holdfast.model.instant import DAY, MINUTE, Micros, format_duration

SHORTEST: Final = MINUTE
LONGEST: Final = 3660 * DAY


def _lifetime(value: object) -> object:
    if value == "never":
        raise ValueError("must be a time such as 90d; left out, the key never ends")
    lasts = duration(value)
    if not SHORTEST <= lasts <= LONGEST:
        raise ValueError(f"must be {format_duration(SHORTEST)} to {format_duration(LONGEST)}")
    return lasts


Lifetime = Annotated[
    Micros,
    BeforeValidator(_lifetime),
    WithJsonSchema({"type": "string", "pattern": DURATION, "examples": ["90d"]}),
]


class KeyIn(Body):
    """A key to make. `tenant` is for the instance's admins only; others make keys of their own tenant.

    `scopes` narrows it to some of `GET /keys/scopes` (left out: all that the role may); `service_account` says whose it
    is; `expires_in` ends it (left out: never). `instance_admin` makes it one of an admin of the instance, which only
    such admins may; left out, it is that only as the tenant's first owner's key made by one.
    """

    name: OneLine = Field(min_length=1, max_length=100)
    tenant: str | None = Field(None, max_length=100)
    role: Literal["owner", "admin", "editor", "operator", "viewer"]
    service_account: str | None = Field(None, max_length=100)
    scopes: list[str] | None = Field(None, max_length=200, examples=[["jobs:write", "runs:read"]])
    expires_in: Lifetime | None = Field(None, examples=["90d"])
    instance_admin: bool | None = None


class KeyQuery(Parameters):
    """Whose keys are meant: another tenant's for the instance's admins only."""

    tenant: str | None = Field(None, max_length=100, description="The caller's own when left out.")


class KeysQuery(KeyQuery, ListParameters):
    """Which keys a list shows."""
