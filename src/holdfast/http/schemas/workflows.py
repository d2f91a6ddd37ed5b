"""Workflows: what may be changed without a new version, and which version is asked for."""

from pydantic import Field

from holdfast.http.query import Parameters
from holdfast.http.schemas.fields import Body


class WorkflowPatch(Body):
    """Switches a workflow on or off."""

    enabled: bool


class VersionQuery(Parameters):
    """Which version to show."""

    version: int | None = Field(None, ge=1, le=2**31 - 1, description="The newest when left out.")
