"""``load_tasks`` collects what modules bring: tasks (functions and classes) and node kinds."""

import importlib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from holdfast.model.errors import Invalid, Problem
from holdfast.tasks.marking import Task, task_of
from holdfast.tasks.node_kinds import nodes_of
from holdfast.tasks.task_class import task_of_class


class TaskRegistry:
    """The tasks that a worker knows, by name; ``nodes`` are the node kinds of the same modules, as they stand there."""

    def __init__(self, tasks: Mapping[str, Task] | None = None, nodes: Iterable[object] = ()) -> None:
        self._tasks = dict(tasks or {})
        self.nodes = tuple(nodes)

    def get(self, name: str) -> Task | None:
        return self._tasks.get(name)

    def __iter__(self) -> Iterator[Task]:
        return iter(self._tasks.values())

    def __len__(self) -> int:
        return len(self._tasks)


def load_tasks(modules: Iterable[str]) -> TaskRegistry:
    """Imports modules and collects what they bring. Raises ``Invalid`` naming each module and task that is wrong."""
    loaded: list[ModuleType] = []
    problems: list[Problem] = []
    _look_in_working_directory()
    for name in modules:
        try:
            loaded.append(importlib.import_module(name))
        except Exception as error:
            problems.append(Problem(name, f"can't be imported: {type(error).__name__}: {error}"))
    tasks, nodes = _collect(loaded, problems)
    if problems:
        raise Invalid(problems, "The tasks can't be loaded")
    return TaskRegistry(tasks, nodes)


def registry_of(modules: Iterable[ModuleType]) -> TaskRegistry:
    """What modules bring that are imported already. Raises ``Invalid``."""
    problems: list[Problem] = []
    tasks, nodes = _collect(modules, problems)
    if problems:
        raise Invalid(problems, "The tasks can't be loaded")
    return TaskRegistry(tasks, nodes)


def _collect(modules: Iterable[ModuleType], problems: list[Problem]) -> tuple[dict[str, Task], list[object]]:
    tasks: dict[str, Task] = {}
    nodes: dict[int, object] = {}  # a module that imports another's finds the same objects
    for module in modules:
        nodes |= {id(node): node for node in nodes_of(module)}
        try:
            found = list(tasks_of(module))
        except Exception as error:  # a class of tasks that can't be made, or has a name that none may have
            problems.append(Problem(module.__name__, f"has a task that can't be used: {type(error).__name__}: {error}"))
            continue
        for task in found:
            known = tasks.setdefault(task.name, task)
            if known.function is not task.function:
                problems.append(Problem(module.__name__, _taken(task.name, known.function)))
    return tasks, list(nodes.values())


def _taken(name: str, function: Callable[..., Any]) -> str:
    return f"the task name {name} is taken by {function.__module__}.{getattr(function, '__qualname__', '')}"


def tasks_of(module: ModuleType) -> Iterator[Task]:
    """The tasks that a module defines or imports: marked functions, and subclasses of ``holdfast.Task``."""
    for value in vars(module).values():
        if callable(value) and (found := task_of(value)) is not None:
            yield replace(found, function=value, module=_home(value, module))
        elif (made := task_of_class(value)) is not None:
            yield made


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
