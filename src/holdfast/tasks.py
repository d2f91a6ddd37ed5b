"""Your own Python functions as jobs: ``@holdfast.task`` marks one, ``load_tasks`` collects the marked ones of modules.

The mark is an attribute of the function and nothing else: there is no list that importing a module would fill, so two
workers in one process can know different tasks. A task is called with its job's payload as keyword arguments and gives
JSON; plain functions run in threads. What it raises fails the attempt; ``FinalError`` fails it for good, ``RetryLater``
says when to try again. ``task_context`` tells a running task who it is.
"""

import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any, Final, TypeVar, overload

from holdfast.model.errors import Invalid, Problem
from holdfast.model.instant import Micros, parse_duration
from holdfast.ports import NodeContext

F = TypeVar("F", bound=Callable[..., Any])

_MARK: Final = "__holdfast_task__"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,119}", re.ASCII)
running_context: ContextVar[NodeContext] = ContextVar("holdfast_task_context")


class FinalError(Exception):
    """Raised by a task: the job ends FAILED and isn't retried."""


class RetryLater(Exception):
    """Raised by a task: the attempt failed; try again after ``delay`` (``"5m"``, seconds, a timedelta) or later."""

    def __init__(self, delay: str | float | timedelta, message: str = "asked to be retried later") -> None:
        super().__init__(message)
        self.delay: Micros = _micros(delay)


@dataclass(frozen=True, slots=True)
class Task:
    """A task: its name, and the function behind it."""

    name: str
    function: Callable[..., Any]

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
def task(*, name: str | None = None) -> Callable[[F], F]: ...
def task(function: F | None = None, /, *, name: str | None = None) -> F | Callable[[F], F]:
    """Marks a function as a task; it can still be called as before. ``name`` defaults to ``module.function``."""

    def mark(marked: F) -> F:
        named = name or f"{marked.__module__}.{marked.__qualname__}"
        if _NAME.fullmatch(named) is None:
            raise ValueError(f"the task name {named!r} must match {_NAME.pattern}; give one: @task(name=...)")
        setattr(marked, _MARK, named)
        return marked

    return mark if function is None else mark(function)


def task_context() -> NodeContext:
    """The attempt that runs this task: ids, attempt number, idempotency key. Raises ``LookupError`` outside of one."""
    return running_context.get()


class TaskRegistry:
    """The tasks that a worker knows, by name."""

    def __init__(self, tasks: Mapping[str, Task] | None = None) -> None:
        self._tasks = dict(tasks or {})

    def get(self, name: str) -> Task | None:
        return self._tasks.get(name)

    def __iter__(self) -> Iterator[Task]:
        return iter(self._tasks.values())

    def __len__(self) -> int:
        return len(self._tasks)


def load_tasks(modules: Iterable[str]) -> TaskRegistry:
    """Imports the modules and collects their tasks. Raises ``Invalid`` naming every module or task that is wrong."""
    tasks: dict[str, Task] = {}
    problems: list[Problem] = []
    _look_in_working_directory()
    for name in modules:
        try:
            module = importlib.import_module(name)
        except Exception as error:
            problems.append(Problem(name, f"can't be imported: {type(error).__name__}: {error}"))
            continue
        for found in tasks_of(module):
            known = tasks.setdefault(found.name, found)
            if known.function is not found.function:
                problems.append(Problem(name, f"the task name {found.name} is taken by {_where(known.function)}"))
    if problems:
        raise Invalid(problems, "The tasks can't be loaded")
    return TaskRegistry(tasks)


def tasks_of(module: ModuleType) -> Iterator[Task]:
    """The tasks that a module defines or imports."""
    for value in vars(module).values():
        if isinstance(name := getattr(value, _MARK, None), str) and callable(value):
            yield Task(name, value)


def _look_in_working_directory() -> None:
    """A command starts with its own folder on the path, not with the one it is called in. Last: it shadows nothing."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)


def _where(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{getattr(function, '__qualname__', '')}"


def _micros(delay: str | float | timedelta) -> Micros:
    if isinstance(delay, str):
        return parse_duration(delay)
    micros = delay // timedelta(microseconds=1) if isinstance(delay, timedelta) else round(delay * 1_000_000)
    if micros < 0:
        raise ValueError("a delay must not be negative")
    return micros
