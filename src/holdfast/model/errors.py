"""What can go wrong, as types that every surface maps one to one (HTTP status, CLI exit code, Python exception).

A message names the field, the rule and the way out, and never holds a secret or a payload.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

# As many problems as anybody reads in one sentence.
_TOLD: Final = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an input: where (``nodes[2].params.url``; empty for the whole) and what."""

    path: str
    message: str


class HoldfastError(Exception):
    """The root of all errors that a caller can act on."""


class Invalid(HoldfastError, ValueError):
    """The input breaks rules: every problem at once. Nothing was changed."""

    def __init__(self, problems: Sequence[Problem], title: str = "The input is not valid") -> None:
        super().__init__(title, *(f"{p.path}: {p.message}" if p.path else p.message for p in problems))
        self.title = title
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return told(self.title, self.problems)


def told(title: str, problems: Sequence[Problem]) -> str:
    """``The job is not valid: priority: must be at most 100``."""
    parts = [f"{p.path}: {p.message}" if p.path else p.message for p in problems[:_TOLD]]
    more = f" (and {len(problems) - _TOLD} more)" if len(problems) > _TOLD else ""
    return f"{title}: {'; '.join(parts)}{more}" if parts else title


class NotFound(HoldfastError):
    """No such thing in the caller's tenant (nor does the answer tell whether another has it)."""


class Forbidden(HoldfastError):
    """The caller may not do this, whatever state the thing is in. Nothing was changed."""


class Conflict(HoldfastError):
    """The thing is in a state that forbids this, or a key is taken. Nothing was changed."""


class Unavailable(HoldfastError):
    """The store can't be reached right now; the same call may succeed later."""


class WorkerGone(HoldfastError):
    """The store has declared this worker dead; it must stop its handlers and come back under a new id."""
