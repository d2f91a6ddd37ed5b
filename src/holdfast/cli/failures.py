"""What goes wrong, as words on standard error and an exit code.

People get a title and one line per problem: path, rule, way out. With ``--json`` standard error holds the same as one
line of JSON in the form of the API's problem details. A fault of ours is a traceback only with
``HOLDFAST_LOG_LEVEL=debug``.
"""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from holdfast.cli.visible import visible
from holdfast.model.errors import Conflict, HoldfastError, Invalid, NotFound, Problem, Unavailable

PROBLEM: Final = 1
USAGE: Final = 2
UNREACHABLE: Final = 3


class Unreachable(Exception):
    """No server answers at the address."""


class Refused(Exception):
    """The server answered with a problem."""

    def __init__(self, status: int, title: str, detail: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.detail = detail
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Told:
    """An error in the words that a person reads."""

    code: int
    title: str
    status: int | None = None
    detail: str = ""
    problems: tuple[Problem, ...] = ()


def report(error: Exception, *, as_json: bool) -> int:
    """Prints the error; the exit code."""
    told = told_of(error)
    if told is None:
        if os.environ.get("HOLDFAST_LOG_LEVEL", "").lower() == "debug":
            raise error
        told = Told(
            PROBLEM,
            f"Holdfast failed: {type(error).__name__}: {error}",
            detail="This is a fault of Holdfast; HOLDFAST_LOG_LEVEL=debug shows where it happened.",
        )
    print_told(told, as_json=as_json)
    return told.code


def told_of(error: Exception) -> Told | None:
    """The words for an expected error; None for one that nobody foresaw."""
    match error:
        case Refused():
            return Told(PROBLEM, _title(error), error.status, _hint(error), error.problems)
        case Unreachable():
            return Told(UNREACHABLE, str(error), detail="Start one with `holdfast up`, or set HOLDFAST_URL.")
        case Invalid():
            return Told(PROBLEM, error.title, problems=error.problems)
        case Unavailable():
            return Told(UNREACHABLE, str(error) or "The store can't be reached", detail="See `holdfast doctor`.")
        case NotFound() | Conflict() | HoldfastError():
            return Told(PROBLEM, str(error))
        case OSError() if error.filename is not None:
            return Told(PROBLEM, f"{error.filename}: {(error.strerror or 'failed').lower()}")
        case _:
            return None


def print_told(told: Told, *, as_json: bool = False) -> None:
    words = _json(told) if as_json else visible(_text(told))
    print(words, file=sys.stderr, flush=True)  # noqa: T201 - this is the screen


def problem_lines(problems: Sequence[Problem]) -> list[str]:
    return [f"  {problem.path}: {problem.message}" if problem.path else f"  {problem.message}" for problem in problems]


def _text(told: Told) -> str:
    return "\n".join([told.title, *problem_lines(told.problems), *([told.detail] if told.detail else [])])


def _json(told: Told) -> str:
    errors = [{"path": problem.path, "message": problem.message} for problem in told.problems]
    return json.dumps({"title": told.title, "status": told.status, "detail": told.detail, "errors": errors})


def _title(error: Refused) -> str:
    """The title alone when problems follow; otherwise what happened, in full."""
    if error.problems or not error.detail or error.detail.rstrip(".") == error.title:
        return error.title
    return f"{error.title}: {error.detail}"


def _hint(error: Refused) -> str:
    if error.status == 401:
        return "Set HOLDFAST_API_KEY to a key that `holdfast keys create` made."
    return ""
