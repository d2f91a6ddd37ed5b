"""What a function, a partial or a callable object says of itself: its annotations as types, and whether it is async."""

import functools
import inspect
from collections.abc import Callable
from typing import Any, get_type_hints


def hints_of(function: Callable[..., Any]) -> dict[str, Any]:
    """Raises ``NameError`` for an annotation that means nothing where the function stands."""
    code = _code_of(function)
    return get_type_hints(code, include_extras=True) if hasattr(code, "__annotations__") else {}


def is_async(function: Callable[..., Any]) -> bool:
    """Whether calling it gives a coroutine."""
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(_code_of(function))


def _code_of(function: Callable[..., Any]) -> Callable[..., Any]:
    while isinstance(function, functools.partial):
        function = function.func
    if inspect.isroutine(function) or inspect.isclass(function):
        return function
    called: Callable[..., Any] = type(function).__call__
    return called
