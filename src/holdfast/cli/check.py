"""What a check of ``holdfast doctor`` gives."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at; ``hint`` says what to do."""

    name: str
    result: Literal["ok", "warn", "fail"]
    message: str
    hint: str = ""
