"""What is to be done, said in Python: a task function or a kind, its arguments and options, as a body of the API.

Arguments may be anything that pydantic turns into JSON: models, dataclasses, dates, UUIDs, enums. A function marked
with ``@holdfast.task`` brings its own queue, retry policy and timeout; what the caller says comes first.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypedDict, Unpack

from pydantic_core import to_jsonable_python

from holdfast.model.instant import SECOND, Micros, format_duration
from holdfast.model.retry import RetryPolicy
from holdfast.tasks.marking import task_of

Work = Callable[..., Any] | str
Length = str | float | timedelta


class RetryOptions(TypedDict, total=False):
    """A retry policy; what is left out is the default."""

    max_attempts: int
    strategy: str
    base_delay: Length
    max_delay: Length
    jitter: str
    on_lost: str
    final_errors: Sequence[str]


class JobOptions(TypedDict, total=False):
    """How a job is to be done. Lengths of time are ``"5m"``, seconds or a timedelta."""

    queue: str
    priority: int
    run_at: datetime | str
    delay: Length
    retry: RetryOptions | RetryPolicy
    timeout: Length
    deadline: datetime | str
    unique_key: str
    unique_window: Length
    unique_states: Sequence[str]
    debounce: Length
    concurrency_key: str
    concurrency_limit: int
    rate: str
    tag: str
    correlation_id: str


_LENGTHS: Final = frozenset({"delay", "timeout", "unique_window", "debounce", "base_delay", "max_delay"})
_MOMENTS: Final = frozenset({"run_at", "deadline"})


def job_body(work: Work, args: Any = None, **options: Unpack[JobOptions]) -> dict[str, Any]:
    """The JSON body of ``POST /api/v1/jobs``. Raises ``TypeError`` for a function that is no task."""
    kind, defaults = _described(work)
    body: dict[str, Any] = {"kind": kind}
    if args is not None:
        body["payload"] = to_jsonable_python(args, inf_nan_mode="constants")
    given = {name: value for name, value in options.items() if value is not None}
    for name, value in {**defaults, **given}.items():
        body[name] = _sent(name, value)
    return body


def _described(work: Work) -> tuple[str, Mapping[str, Any]]:
    if isinstance(work, str):
        return work, {}
    task = task_of(work)
    if task is None:
        name = getattr(work, "__qualname__", repr(work))
        raise TypeError(f"{name} is no task: mark it with @holdfast.task, or give a kind as text")
    timeout = None if task.timeout is None else format_duration(task.timeout)
    named = {"queue": task.queue, "retry": task.retry, "timeout": timeout}
    return task.kind, {name: value for name, value in named.items() if value is not None}


def _sent(name: str, value: Any) -> Any:
    if name == "retry":
        return _retry(value)
    if name in _LENGTHS:
        return length_text(value)
    if name in _MOMENTS and isinstance(value, datetime):
        return moment_text(value)
    return list(value) if name == "unique_states" else value


def _retry(value: Any) -> dict[str, Any]:
    if isinstance(value, RetryPolicy):
        told = asdict(value)
        lengths = {name: format_duration(told[name]) for name in ("base_delay", "max_delay")}
        return {**told, **lengths, "final_errors": list(value.final_errors)}
    return {name: length_text(part) if name in _LENGTHS else part for name, part in dict(value).items()}


def length_text(value: Length | Micros) -> str:
    """``"5m"`` as it is; seconds and timedeltas as such a text."""
    if isinstance(value, str):
        return value
    micros = value // timedelta(microseconds=1) if isinstance(value, timedelta) else round(value * SECOND)
    return "0s" if micros == 0 else format_duration(micros) if micros > 0 else f"-{format_duration(-micros)}"


def moment_text(value: datetime) -> str:
    """RFC 3339. Raises ``ValueError`` for a time without a zone: it could be anybody's."""
    if value.tzinfo is None:
        raise ValueError("give a datetime with a time zone, such as datetime.now(UTC)")
    return value.astimezone(UTC).isoformat()
