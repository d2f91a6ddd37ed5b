"""``@holdfast.task``: marks a function as a task, with the defaults of its jobs.

The mark is an attribute of the function and nothing else: there is no list that importing a module would fill, so two
workers in one process can know different tasks. The function can still be called as before.
"""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar, overload

from holdfast.model.instant import Micros
from holdfast.model.retry import RetryPolicy
from holdfast.tasks.durations import Duration, micros_of
from holdfast.tasks.policy import RetryLike, policy_of

F = TypeVar("F", bound=Callable[..., Any])

_MARK: Final = "__holdfast_task__"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,119}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Task:
    """A task: its name, the function behind it, and what its jobs get when nothing else is said at the insert.

    ``process``: it runs in a child process. ``inline``: an async function that never waits for anything, which a worker
    then steps in place. ``module``: where it was found.
    """

    name: str
    function: Callable[..., Any]
    queue: str | None = None
    retry: RetryPolicy | None = None
    timeout: Micros | None = None
    process: bool = False
    inline: bool = False
    module: str = ""

    @property
    def kind(self) -> str:
        """The kind of its jobs."""
        return f"task:{self.name}"

    @property
    def description(self) -> str:
        return inspect.getdoc(self.function) or ""


@overload
def task(function: F, /) -> F: ...
@overload
def task(
    *,
    name: str | None = None,
    queue: str | None = None,
    retry: RetryLike | None = None,
    max_attempts: int | None = None,
    timeout: Duration | None = None,
    process: bool = False,
    inline: bool = False,
) -> Callable[[F], F]: ...
def task(
    function: F | None = None,
    /,
    *,
    name: str | None = None,
    queue: str | None = None,
    retry: RetryLike | None = None,
    max_attempts: int | None = None,
    timeout: Duration | None = None,
    process: bool = False,
    inline: bool = False,
) -> F | Callable[[F], F]:
    """Marks a function as a task; it can still be called as before. ``name`` defaults to ``module.function``.

    ``queue``, ``retry`` (or just ``max_attempts``) and ``timeout`` are the defaults of jobs that Python inserts for it.
    Raises ``ValueError`` for options that can't be.
    """
    policy = policy_of(retry, max_attempts)
    limit = None if timeout is None else micros_of(timeout, "timeout")
    if limit == 0:
        raise ValueError("timeout must be longer than nothing")

    def mark(marked: F) -> F:
        named = check_name(name or f"{marked.__module__}.{marked.__qualname__}")
        made = Task(named, marked, queue, policy, limit, process, inline)
        _check_kind(made)
        setattr(marked, _MARK, made)
        return marked

    return mark if function is None else mark(function)


def check_name(name: str) -> str:
    """The name, if a task may have it. Raises ``ValueError``."""
    if _NAME.fullmatch(name) is None:
        raise ValueError(f"the task name {name!r} must match {_NAME.pattern}; give one: @task(name=...)")
    return name


def task_of(function: object) -> Task | None:
    """The task that a function was marked as."""
    found = getattr(function, _MARK, None)
    return found if isinstance(found, Task) else None


def _check_kind(made: Task) -> None:
    function, name = made.function, made.name
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise ValueError(f"the task {name} is a generator; a task returns its result")
    if made.inline and (made.process or not inspect.iscoroutinefunction(function)):
        raise ValueError(f"the task {name} can't be inline: only an async function in the worker's own process can")
    if made.process and "<locals>" in function.__qualname__:
        raise ValueError(f"the task {name} runs in a process of its own, so it must stand at the top of its module")
