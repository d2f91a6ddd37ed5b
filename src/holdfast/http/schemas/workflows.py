"""Workflows: what may be changed without a new version, which version is asked for, what is said of a save."""

from pydantic import Field

from holdfast.http.query import Parameters
from holdfast.http.schemas.fields import Body


class WorkflowPatch(Body):
    """Switches a workflow on or off."""

    enabled: bool


class VersionQuery(Parameters):
    """Which version to show."""

    version: int | None = Field(None, ge=1, le=2**31 - 1, description="The newest when left out.")


class SaveQuery(Parameters):
    """What the author says of a save; kept with the version."""

    message: str = Field("", max_length=1_000, description="Why it was changed; kept with the version.")


class NextQuery(SaveQuery):
    """Of a save of the next version: also which one it was made from."""

    expect: int | None = Field(
        None,
        ge=1,
        le=2**31 - 1,
        description="Save only while this version is the newest; 409 when another came meanwhile.",
    )
