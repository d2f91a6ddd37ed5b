"""Results as JSON: what a task returns and what a step keeps.

JSON passes as it is. Models, dataclasses, times, enums, sets and the like become JSON as pydantic writes them. What
then isn't portable JSON is a ``ResultError``: it would be the same at the next attempt.
"""

from typing import Any, cast

from pydantic_core import PydanticSerializationError, to_jsonable_python

from holdfast.model.json import JSON, pointer, problems_of


class ResultError(Exception):
    """A result that can't be kept."""


def as_json(value: Any, what: str = "result") -> JSON:
    """Raises ``ResultError`` naming the place and the rule."""
    if not problems_of(value):
        return cast(JSON, value)
    try:
        result = to_jsonable_python(value)
    except (PydanticSerializationError, ValueError, RecursionError) as error:
        raise ResultError(f"{what}: {error}") from None
    if problems := problems_of(result):
        path, sentence = problems[0]
        raise ResultError(f"{pointer((what, *path))} {sentence}")
    return cast(JSON, result)
