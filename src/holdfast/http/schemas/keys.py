"""API keys as they are asked for, and whose are listed."""

from typing import Literal

from pydantic import Field

from holdfast.http.query import ListParameters, Parameters
from holdfast.http.schemas.fields import Body


class KeyIn(Body):
    """A key to make. `tenant` is for the instance's admins only; others make keys of their own tenant."""

    name: str = Field(min_length=1, max_length=100)
    tenant: str | None = Field(None, max_length=100)
    role: Literal["owner", "admin", "editor", "operator", "viewer"]


class KeyQuery(Parameters):
    """Whose keys are meant: another tenant's for the instance's admins only."""

    tenant: str | None = Field(None, max_length=100, description="The caller's own when left out.")


class KeysQuery(KeyQuery, ListParameters):
    """Which keys a list shows."""
