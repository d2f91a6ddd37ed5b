"""Python values as JSON, and a task's arguments checked before they are sent, by the rules that its worker has.

Values may be anything that pydantic turns into JSON. What can't become JSON, and what the task's signature doesn't
take, is a ``Problem`` with its place, and never with the value.
"""

import uuid
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, cast

from pydantic_core import to_jsonable_python

from holdfast.model.errors import Invalid, Problem
from holdfast.model.json import JSON, Path, pointer, problems_of
from holdfast.tasks.signature import Signature, Unusable, WrongArguments


def jsonable(value: Any, path: Path, title: str) -> JSON:
    """``value`` as portable JSON. Raises ``Invalid`` naming every place of it that can't be."""
    try:
        found = to_jsonable_python(value, inf_nan_mode="constants")
    except (ValueError, RecursionError) as error:
        raise Invalid(_unfit(value, path, error), title) from None
    if problems := problems_of(found, path):
        raise Invalid([Problem(pointer(place), sentence) for place, sentence in problems], title)
    return cast(JSON, found)


def check_arguments(function: Callable[..., Any], payload: JSON, path: Path, title: str) -> None:
    """Raises ``Invalid`` naming every argument that the function doesn't take or misses."""
    if payload is not None and not isinstance(payload, dict):
        raise Invalid([Problem(pointer(path), "must be an object: the task's keyword arguments")], title)
    try:
        _signature(function).arguments(payload or {})
    except WrongArguments as error:
        problems = [Problem(f"{pointer(path)}.{place}", sentence) for place, sentence in error.problems]
        raise Invalid(problems, title) from None
    except Unusable as error:
        raise TypeError(f"{getattr(function, '__qualname__', function)} can't be a task: {error}") from None


@lru_cache(1024)
def _signature(function: Callable[..., Any]) -> Signature:
    return Signature(function)


def _unfit(value: Any, path: Path, error: Exception) -> Sequence[Problem]:
    """Where the values stand that can't become JSON: each is replaced by a mark, which is then looked for."""
    mark = str(uuid.uuid4())
    whole = Problem(pointer(path), f"can't become JSON: {str(error)[:200]}")
    try:
        marked = to_jsonable_python(
            value, inf_nan_mode="constants", fallback=lambda unfit: mark + type(unfit).__qualname__
        )
    except (ValueError, RecursionError):
        return [whole]
    found = [
        Problem(pointer(place), f"can't become JSON: it is of type {text.removeprefix(mark)}")
        for place, text in _texts(marked, path)
        if text.startswith(mark)
    ]
    return found or [whole]  # a key has no place of its own


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, (*path, index))
