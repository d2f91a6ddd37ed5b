"""An expression that is tried, and the data that it is tried on."""

from typing import Any, Final, Literal

from pydantic import Field, field_validator

from holdfast.http.query import checked_id
from holdfast.http.schemas.fields import Body
from holdfast.model.json import JSONObject

# Of a source, in characters: reading a whole definition's worth of expressions takes a minute.
LONGEST: Final = 64 * 1024


class NodeDataIn(Body):
    """What a node gave; null for what it didn't."""

    output: Any = None
    error: Any = None


class ScopeIn(Body):
    """Data that lies over the run's; what is left out stays the run's."""

    input: Any = None
    trigger: dict[str, Any] = Field(default_factory=dict)
    vars: dict[str, Any] = Field(default_factory=dict)
    nodes: dict[str, NodeDataIn] = Field(default_factory=dict, description="By node id; others stay the run's.")
    item: Any = Field(None, description="Inside the body of a map or loop.")
    index: int | None = Field(None, description="Inside the body of a map or loop.")
    event: Any = Field(None, description="Where an event is awaited.")

    def given(self) -> JSONObject:
        """What was sent, and nothing else."""
        return self.model_dump(exclude_unset=True)


class EvaluateIn(Body):
    """An expression or a template, and what it is tried on."""

    source: str = Field(max_length=LONGEST)
    form: Literal["expression", "template"] = Field(
        alias="as", description="A `template` is a text with `{{ … }}` in it; an `expression` has no braces."
    )
    workflow: str | None = Field(None, max_length=100, description="Whose `vars` and nodes are known without a run.")
    run: str | None = Field(None, description="Whose data it sees.")
    node: str | None = Field(None, max_length=63, description="Where it stands; limits nothing.")
    scope: ScopeIn | None = None

    @field_validator("run")
    @classmethod
    def _run(cls, value: str | None) -> str | None:
        return checked_id(value, "run")
