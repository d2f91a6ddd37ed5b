"""``load_tasks`` collects the marked functions of modules."""

import importlib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from holdfast.model.errors import Invalid, Problem
from holdfast.tasks.marking import Task, task_of


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
        if callable(value) and (found := task_of(value)) is not None:
            yield replace(found, function=value, module=_home(value, module))


def _home(function: Callable[..., Any], module: ModuleType) -> str:
    """The module that defines it, where another process finds it too; else the one where it was found."""
    home = sys.modules.get(getattr(function, "__module__", ""))
    name = getattr(function, "__name__", "")
    return home.__name__ if home is not None and getattr(home, name, None) is function else module.__name__


def _look_in_working_directory() -> None:
    """A command starts with its own folder on the path, not with the one it is called in. Last: it shadows nothing."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)


def _where(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{getattr(function, '__qualname__', '')}"
