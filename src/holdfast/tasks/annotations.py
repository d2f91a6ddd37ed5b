"""The annotations of a function, a partial or a callable object, as types."""

import functools
import inspect
from collections.abc import Callable
from typing import Any, get_type_hints


def hints_of(function: Callable[..., Any]) -> dict[str, Any]:
    """Raises ``NameError`` for an annotation that means nothing where the function stands."""
    while isinstance(function, functools.partial):
        function = function.func
    if not inspect.isroutine(function) and not inspect.isclass(function):
        function = type(function).__call__
    return get_type_hints(function, include_extras=True) if hasattr(function, "__annotations__") else {}
