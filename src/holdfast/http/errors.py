"""Problem details (RFC 9457): the one form of every answer that refuses or fails.

``problem_of`` maps an exception to a ``ProblemAnswer``; the application and the raw webhook branch both use it. An
exception that isn't ours is a 500 that tells nothing but the correlation id: its text goes to the log only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from holdfast.http.answers import encode
from holdfast.http.validation import problems_in
from holdfast.model.errors import Conflict, Forbidden, Invalid, NotFound, Problem, Unavailable
from holdfast.strict_json import Malformed

PROBLEM_TYPE: Final = "application/problem+json"
_RETRY_AFTER: Final = {"Retry-After": "2"}
_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class ProblemAnswer:
    """A problem before it is written."""

    status: int
    title: str
    detail: str = ""
    problems: tuple[Problem, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> bytes:
        return encode(
            {
                "type": "about:blank",
                "title": self.title,
                "status": self.status,
                "detail": self.detail or sentence(self.title),
                "errors": [{"path": p.path, "message": p.message} for p in self.problems],
            }
        )

    def response(self) -> Response:
        return Response(self.body(), self.status, dict(self.headers), media_type=PROBLEM_TYPE)


# It isn't known what became of the request; a repeat with the same key, at another server, finds out.
STOPPING: Final = ProblemAnswer(503, "Unavailable", "This server is stopping; try again.", headers=_RETRY_AFTER)
# The work may be done: a repeat with the same key finds out.
NOT_RECORDED: Final = ProblemAnswer(
    503, "Unavailable", "What came of this can't be recorded; look, or try again.", headers=_RETRY_AFTER
)


class Refused(Exception):
    """The request can't be served as it was sent, for a reason of HTTP's (size, type, credentials)."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str = "",
        *,
        problems: Sequence[Problem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(title)
        self.answer = ProblemAnswer(status, title, detail, tuple(problems), headers or {})


def problem_of(error: Exception) -> ProblemAnswer | None:
    """The answer for an expected exception; None for one that nobody foresaw."""
    match error:
        case Refused():
            return error.answer
        case Malformed():
            return _invalid(400, error.title, error.problems)
        case Invalid():
            return _invalid(422, error.title, error.problems)
        case NotFound():
            return ProblemAnswer(404, "Not found", sentence(str(error)))
        case Forbidden():
            return ProblemAnswer(403, "Forbidden", sentence(str(error)))
        case Conflict():
            return ProblemAnswer(409, "Conflict", sentence(str(error)))
        case Unavailable():
            return ProblemAnswer(503, "Unavailable", "The store can't be reached; try again.", headers=_RETRY_AFTER)
        case RequestValidationError():
            return _invalid(422, "The parameters are not valid", problems_in(error.errors(), skip=1))
        case HTTPException():
            return _plain(error)
        case _:
            return None


def unexpected(correlation_id: str) -> ProblemAnswer:
    """The answer for a fault of ours; the log has the rest under the same correlation id."""
    return ProblemAnswer(500, "Internal error", f"Something failed here. The log tells more under {correlation_id}.")


def sentence(text: str) -> str:
    """A message of ours as the sentence that a detail is: a capital first, a full stop last."""
    whole = text[:1].upper() + text[1:]
    return whole if not whole or whole[-1] in ".!?…" else f"{whole}."


def _invalid(status: int, title: str, problems: Sequence[Problem]) -> ProblemAnswer:
    told = [f"{p.path}: {p.message}" if p.path else p.message for p in problems]
    more = f" (and {len(told) - _SHOWN} more)" if len(told) > _SHOWN else ""
    return ProblemAnswer(status, title, sentence(f"{title}: {'; '.join(told[:_SHOWN])}{more}"), tuple(problems))


def _plain(error: HTTPException) -> ProblemAnswer:
    details = {404: "There is nothing at this address.", 405: "This address doesn't answer to that method."}
    title = HTTPStatus(error.status_code).phrase
    return ProblemAnswer(
        error.status_code,
        title,
        details.get(error.status_code, sentence(str(error.detail))),
        headers=error.headers or {},
    )
