"""What goes wrong with a model, as the failure that it is. It needs the extra ``ai``.

408, 409, 429, 5xx, time-outs and connections that break are worth another try, after ``Retry-After`` where it is given;
so is an answer that no sense can be made of, since the next may be another. What the provider refuses stays refused.
No text of a provider is kept: it quotes keys and prompts. Its error codes are.
"""

import re
from collections.abc import Iterator
from typing import Final

from pydantic_ai.exceptions import (
    AgentRunError,
    ContentFilterError,
    ModelAPIError,
    ModelHTTPError,
    ModelQuotaExceededError,
    ModelRequestRejectedError,
    ModelTimeoutError,
    OutputTokenLimitExceeded,
    UnexpectedModelBehavior,
    UsageLimitExceeded,
)

from holdfast.model.instant import SECOND, Micros
from holdfast.model.outcome import Failed
from holdfast.nodes.agent_wire import Moved, NotOpen, TooLarge
from holdfast.nodes.http_answer import LONGEST_WAIT
from holdfast.nodes.node import failed

_RETRYABLE: Final = frozenset((408, 409, 429))
_WIRE: Final[dict[type[BaseException], str]] = {
    NotOpen: "address_not_allowed",
    Moved: "redirect",
    TooLarge: "too_large",
}
_CODE: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def model_failure(error: AgentRunError, service: str, turns: int) -> Failed:
    """``service`` names the host that was asked."""
    if (found := _of_the_wire(error, service)) is not None:
        return found
    match error:
        case ModelAPIError():
            return _refused(error, service)
        case UsageLimitExceeded():
            return failed("max_turns", f"the agent wasn't done after {turns} turns", final=True)
        case ContentFilterError():
            return failed("content_filter", f"{service} withheld the answer", final=True)
        case OutputTokenLimitExceeded():
            return failed("max_tokens", "the answer is longer than max_tokens allows", final=True)
        case UnexpectedModelBehavior():
            return failed("model_answer", f"the model gave no answer of the form that was asked for ({service})")
    raise error


def unreachable_mcp(error: BaseException, service: str) -> Failed:
    """A server of tools that the agent can't begin with."""
    told = f"the MCP server at {service} gives no tools ({type(error).__name__})"
    return _of_the_wire(error, service) or failed("mcp", told)


def _of_the_wire(error: BaseException, service: str) -> Failed | None:
    """What the transport didn't let happen."""
    for cause in _causes(error):
        if (kind := _WIRE.get(type(cause))) is not None:
            return failed(kind, f"{service}: {cause}", final=True)
    return None


def _refused(error: ModelAPIError, service: str) -> Failed:
    status = error.status_code if isinstance(error, ModelHTTPError) else None
    code = next((code for code in (error.provider_error_code, error.provider_error_type) if _is_code(code)), None)
    said = f" ({code})" if code is not None else ""
    if status is None and not isinstance(error, ModelRequestRejectedError | ModelQuotaExceededError):
        kind, what = ("timeout", "didn't answer in time") if _is_late(error) else ("connection", "broke off its answer")
        return failed(kind, f"{service} {what}{said}", retry_after=_wait(error))
    retryable = status is not None and (status in _RETRYABLE or status >= 500)
    final = not retryable or isinstance(error, ModelQuotaExceededError)
    told = f"{service} answered {status}{said}" if status is not None else f"{service} refused the request{said}"
    return failed("http_status", told, final=final, retry_after=None if final else _wait(error), status=status)


def _is_code(code: str | None) -> bool:
    return code is not None and _CODE.fullmatch(code) is not None


def _is_late(error: ModelAPIError) -> bool:
    return isinstance(error, ModelTimeoutError)


def _wait(error: ModelAPIError) -> Micros | None:
    return None if error.retry_after is None else min(max(int(error.retry_after * SECOND), 0), LONGEST_WAIT)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, what caused it, and what groups of errors hold; each once."""
    seen: set[int] = set()
    left: list[BaseException | None] = [error]
    while left:
        one = left.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        left += [one.__cause__, one.__context__]
        if isinstance(one, BaseExceptionGroup):
            left += one.exceptions
