"""What a call of the API can come to besides its answer: one exception for each kind of problem.

Every refusal carries the server's problem document: ``title``, ``status``, ``detail`` and ``errors`` with a path each.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from holdfast.model import errors as model
from holdfast.model.errors import Problem, told


class ClientError(Exception):
    """The root of all that a client raises."""


class Unreachable(ClientError):
    """No Holdfast server answered, or not in time. Calls that are safe to repeat have been repeated before."""


class ResultTimeout(ClientError, TimeoutError):
    """A job or run hadn't ended when the wait was over. It goes on."""


class Refused(ClientError):
    """The server said no. ``status`` is the HTTP status."""

    def __init__(self, status: int, title: str, detail: str, errors: Sequence[Problem] = ()) -> None:
        self.status = status
        self.title = title
        self.detail = detail
        self.errors = tuple(errors)
        # The detail of a problem with errors only repeats them.
        Exception.__init__(self, told(title, self.errors or ([Problem("", detail)] if detail else ())))


class Invalid(Refused, model.Invalid):
    """422, 400 or 413: what was sent, or was to be, breaks a rule; ``errors`` names the fields.

    It is a ``holdfast.Invalid``, and so a ``ValueError``, as what inserts in your own transaction raise.
    """

    def __init__(self, status: int, title: str, detail: str = "", errors: Sequence[Problem] = ()) -> None:
        super().__init__(status, title, detail, errors)
        self.problems = self.errors

    def __str__(self) -> str:
        return str(self.args[0])


class NotFound(Refused):
    """404: there is none such in this tenant."""


class Conflict(Refused):
    """409: it can't be done in the state that things are in."""


class NotAllowed(Refused):
    """401 or 403: no valid key, or its role doesn't allow it."""


class JobFailed(ClientError):
    """A job whose result was awaited ended otherwise than well. ``job`` is the job as it ended."""

    def __init__(self, job: Any) -> None:
        self.job = job
        error = job.error or {}
        super().__init__(f"job {job.id} is {job.state}: {error.get('type', '?')}: {error.get('message', '')}")


class RunFailed(ClientError):
    """A run whose output was awaited ended FAILED or CANCELLED. ``run`` is the run as it ended."""

    def __init__(self, run: Any) -> None:
        self.run = run
        error = run.error or {}
        super().__init__(f"run {run.id} is {run.state}: {error.get('type', '?')}: {error.get('message', '')}")


_BY_STATUS: Final[Mapping[int, type[Refused]]] = {
    400: Invalid,
    401: NotAllowed,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    413: Invalid,
    422: Invalid,
}


def refusal(status: int, problem: Mapping[str, Any]) -> Refused:
    """The exception for a problem document."""
    errors = [Problem(str(each["path"]), str(each["message"])) for each in problem.get("errors") or ()]
    kind = _BY_STATUS.get(status, Refused)
    return kind(status, str(problem["title"]), str(problem.get("detail") or ""), errors)
