"""What is to be done, said in Python: a task function or a kind, its arguments and options, as a body of the API.

Arguments may be anything that pydantic turns into JSON: models, dataclasses, dates, UUIDs, enums. A function marked
with ``@holdfast.task`` brings its own queue, retry policy and timeout, and its arguments are checked against its
signature; what the caller says comes first. What can't be said to the API is ``Invalid``, which names every field.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from math import isfinite
from typing import Any, Final, TypedDict, Unpack

from holdfast.model.errors import Invalid, Problem
from holdfast.model.instant import SECOND, format_duration
from holdfast.model.json import pointer, problems_of
from holdfast.model.retry import RetryPolicy
from holdfast.sdk.arguments import check_arguments, jsonable
from holdfast.tasks.marking import Task, task_of

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
_OPTIONS: Final = frozenset(JobOptions.__annotations__)
_RETRY_OPTIONS: Final = frozenset(RetryOptions.__annotations__)
TITLE: Final = "The job is not valid"
_LENGTH_RULE: Final = 'must be a length of time: "5m", seconds or a timedelta'


def job_body(work: Work, args: Any = None, **options: Unpack[JobOptions]) -> dict[str, Any]:
    """The JSON body of ``POST /api/v1/jobs``. Raises ``Invalid``, ``TypeError`` for a function that is no task."""
    problems: list[Problem] = []
    body = {**_described(work, options, problems), **_arguments(work, args, problems)}
    if problems:
        raise Invalid(problems, TITLE)
    return body


def job_bodies(work: Work, many: Iterable[Any], **options: Unpack[JobOptions]) -> list[dict[str, Any]]:
    """A body for each of ``many`` arguments. Raises as ``job_body``, with the index of each that is wrong."""
    problems: list[Problem] = []
    described = _described(work, options, problems)
    bodies: list[dict[str, Any]] = []
    for index, args in enumerate(many):
        wrong: list[Problem] = []
        bodies.append({**described, **_arguments(work, args, wrong)})
        problems += [Problem(f"jobs[{index}].{each.path}", each.message) for each in wrong]
    if problems:
        raise Invalid(problems, "The jobs are not valid")
    return bodies


def kind_of(work: Work) -> str:
    """Raises ``TypeError`` for a function that is no task."""
    return work if isinstance(work, str) else _task(work).kind


def _arguments(work: Work, args: Any, problems: list[Problem]) -> dict[str, Any]:
    try:
        payload = jsonable(args, ("payload",), TITLE)
        if not isinstance(work, str):
            check_arguments(work, payload, ("payload",), TITLE)
    except Invalid as error:
        problems += error.problems
        return {}
    return {} if args is None else {"payload": payload}


def _described(work: Work, options: Mapping[str, Any], problems: list[Problem]) -> dict[str, Any]:
    """The body without its payload."""
    given = {name: value for name, value in options.items() if value is not None}
    problems += _unknown(given, _OPTIONS, "")
    body: dict[str, Any] = {"kind": kind_of(work)}
    for name, value in {**_defaults(work), **given}.items():
        if name in _OPTIONS:
            try:
                body[name] = _sent(name, value)
            except Invalid as error:
                problems += error.problems
    problems += [Problem(pointer(path), sentence) for path, sentence in problems_of(body)]
    return body


def _defaults(work: Work) -> dict[str, Any]:
    if isinstance(work, str):
        return {}
    task = _task(work)
    timeout = None if task.timeout is None else format_duration(task.timeout)
    named = {"queue": task.queue, "retry": task.retry, "timeout": timeout}
    return {name: value for name, value in named.items() if value is not None}


def _task(work: Callable[..., Any]) -> Task:
    task = task_of(work)
    if task is None:
        name = getattr(work, "__qualname__", repr(work))
        raise TypeError(f"{name} is no task: mark it with @holdfast.task, or give a kind as text")
    return task


def _unknown(given: Iterable[str], known: frozenset[str], prefix: str) -> list[Problem]:
    def sentence(name: str) -> str:
        close = get_close_matches(name, sorted(known), n=1)
        return "is not a known option" + (f"; did you mean {close[0]}?" if close else "")

    return [Problem(f"{prefix}{name}", sentence(str(name))) for name in given if name not in known]


def _sent(name: str, value: Any) -> Any:
    """An option as the API takes it. Raises ``Invalid``."""
    if name == "retry":
        return _retry(value)
    if name in _LENGTHS:
        return _length(name, value)
    if name in _MOMENTS:
        return _moment(name, value)
    return list(value) if name == "unique_states" and isinstance(value, list | tuple | set | frozenset) else value


def _retry(value: Any) -> dict[str, Any]:
    if isinstance(value, RetryPolicy):
        told = asdict(value)
        lengths = {name: format_duration(told[name]) for name in ("base_delay", "max_delay")}
        return {**told, **lengths, "final_errors": list(value.final_errors)}
    if not isinstance(value, Mapping):
        raise Invalid([Problem("retry", "must be a holdfast.Retry(…) or a mapping")], TITLE)
    problems = _unknown(value, _RETRY_OPTIONS, "retry.")
    told = {}
    for name, part in value.items():
        try:
            told[name] = _length(f"retry.{name}", part) if name in _LENGTHS else part
        except Invalid as error:
            problems += error.problems
    if isinstance(told.get("final_errors"), tuple):
        told["final_errors"] = list(told["final_errors"])
    if problems:
        raise Invalid(problems, TITLE)
    return told


def _length(path: str, value: Any) -> str:
    """``"5m"`` as it is; seconds and timedeltas as such a text."""
    if isinstance(value, str):
        return value
    if isinstance(value, timedelta):
        micros = value // timedelta(microseconds=1)
    elif isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value):
        micros = round(value * SECOND)
    else:
        raise Invalid([Problem(path, _LENGTH_RULE)], TITLE)
    return "0s" if micros == 0 else format_duration(micros) if micros > 0 else f"-{format_duration(-micros)}"


def _moment(path: str, value: Any) -> str:
    """RFC 3339. A time without a zone is refused: it could be anybody's."""
    if isinstance(value, str):
        return value
    if not isinstance(value, datetime):
        raise Invalid([Problem(path, "must be a datetime, or a time in RFC 3339 as text")], TITLE)
    if value.tzinfo is None:
        raise Invalid([Problem(path, "must have a time zone, as datetime.now(UTC) has")], TITLE)
    return value.astimezone(UTC).isoformat()
