"""API keys as they are asked for, and whose are listed."""

from typing import Annotated, Literal

from pydantic import Field

from holdfast.http.query import ListParameters, Parameters
from holdfast.http.schemas.fields import Body, Duration, OneLine
from holdfast.model.instant import DAY, MINUTE

Lifetime = Annotated[Duration, Field(ge=MINUTE, le=3660 * DAY)]


class KeyIn(Body):
    """A key to make. `tenant` is for the instance's admins only; others make keys of their own tenant.

    `scopes` narrows it to some of `GET /keys/scopes` (left out: all that the role may); `service_account` says whose it
    is; `expires_in` ends it (left out: never).
    """

    name: OneLine = Field(min_length=1, max_length=100)
    tenant: str | None = Field(None, max_length=100)
    role: Literal["owner", "admin", "editor", "operator", "viewer"]
    service_account: str | None = Field(None, max_length=100)
    scopes: list[str] | None = Field(None, max_length=200, examples=[["jobs:write", "runs:read"]])
    expires_in: Lifetime | None = Field(None, examples=["90d"])


class KeyQuery(Parameters):
    """Whose keys are meant: another tenant's for the instance's admins only."""

    tenant: str | None = Field(None, max_length=100, description="The caller's own when left out.")


class KeysQuery(KeyQuery, ListParameters):
    """Which keys a list shows."""
