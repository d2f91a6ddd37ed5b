"""Runs as they are started, cancelled and repeated, and the parameters of their lists."""

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from holdfast.http.query import ListParameters, checked_id
from holdfast.http.schemas.fields import Body
from holdfast.model.run import RunState
from holdfast.model.spawn import ChildState


class RunIn(Body):
    """How to start a run."""

    input: Any = Field(default_factory=dict, description="Checked by the workflow's input schema.")
    wait: float | None = Field(
        None, ge=0, le=60, description="Answer when the run has ended, or after this many seconds (200 or 202)."
    )


class TestRunIn(Body):
    """What to try, and with what."""

    definition: dict[str, Any] | None = Field(None, description="A whole definition; null: the newest saved version.")
    input: Any = Field(None, description="Checked by the input schema; left out: that of `run`, else `{}`.")
    trigger: dict[str, Any] | None = Field(
        None, description="What expressions see as `trigger`; left out: that of `run`, else a start by hand."
    )
    pins: dict[str, Any] = Field(
        default_factory=dict, description="Outputs by node id: such a node counts as succeeded and never runs."
    )
    only: str | None = Field(
        None, max_length=63, description="The one node that runs; all others that aren't pinned are skipped."
    )
    run: str | None = Field(
        None, description="With `only`: what leads to that node and isn't pinned is taken from this run."
    )
    wait: float | None = Field(
        None, ge=0, le=60, description="Answer when the run has ended, or after this many seconds (200 or 202)."
    )

    @field_validator("run")
    @classmethod
    def _run(cls, value: str | None) -> str | None:
        return checked_id(value, "run")


class CancelIn(Body):
    """How a run is cancelled."""

    compensate: bool = Field(False, description="What succeeded is undone first, by the nodes named for it.")


class RerunIn(Body):
    """Which part of a run is done again, and by which version."""

    start: str = Field(
        "failed",
        alias="from",
        max_length=63,
        description="`start`, `failed` (what succeeded keeps its output), or the id of a node (it and what follows).",
    )
    version: Literal["same", "newest"] = Field("same", description="That of the run, or the workflow's newest.")


class RunQuery(ListParameters):
    """Which runs a list shows."""

    workflow: str | None = Field(None, max_length=100, description="A workflow's name or id.")
    state: RunState | None = None
    test: Annotated[bool | None, Field(description="`true`: tests only; `false`: none of them.")] = None


class ItemQuery(ListParameters):
    """Which children of a node a list shows."""

    state: ChildState | None = None
