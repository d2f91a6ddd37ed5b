"""Runs as they are started, and the parameters of their list."""

from typing import Any

from pydantic import Field

from holdfast.http.query import ListParameters
from holdfast.http.schemas.fields import Body
from holdfast.model.run import RunState


class RunIn(Body):
    """How to start a run."""

    input: Any = Field(default_factory=dict, description="Checked by the workflow's input schema.")
    wait: float | None = Field(
        None, ge=0, le=60, description="Answer when the run has ended, or after this many seconds (200 or 202)."
    )


class RunQuery(ListParameters):
    """Which runs a list shows."""

    workflow: str | None = Field(None, max_length=100, description="A workflow's name or id.")
    state: RunState | None = None
