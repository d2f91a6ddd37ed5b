"""What may be changed of a rule without its whole document, and a rule that is tried."""

from typing import Any

from pydantic import Field

from holdfast.http.schemas.fields import Body
from holdfast.http.schemas.instance import Patch


class RulePatch(Patch):
    """Switches a rule on or off, or gives it another priority."""

    enabled: bool = True
    priority: int = Field(0, ge=-100, le=100, description="Rules with a higher one act first.")


class DryRunIn(Body):
    """What a rule is tried with."""

    trigger: dict[str, Any] | None = Field(None, description="What expressions see as `trigger`; made up if left out.")


class UnsavedIn(DryRunIn):
    """A rule that isn't saved, and what it is tried with."""

    rule: dict[str, Any]
