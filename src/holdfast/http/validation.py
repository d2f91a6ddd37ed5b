"""Pydantic's findings in this project's words: a path and a plain sentence, with the name that was probably meant."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from itertools import islice
from typing import Any, Final, get_args

from pydantic import BaseModel

from holdfast.model.errors import Problem
from holdfast.model.json import pointer

_SENTENCES: Final = {
    "missing": "is missing",
    "string_type": "must be text",
    "int_type": "must be an integer",
    "int_parsing": "must be an integer",
    "int_from_float": "must be an integer",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "dict_type": "must be an object",
    "list_type": "must be a list",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "finite_number": "must be a finite number",
}
_TEMPLATES: Final = {
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le:g}",
    "greater_than": "must be greater than {gt:g}",
    "less_than": "must be less than {lt:g}",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "must have at least {min_length} items",
    "too_long": "must have at most {max_length} items",
    "literal_error": "must be one of {expected}",
    "enum": "must be one of {expected}",
    "string_pattern_mismatch": "must match {pattern}",
}
# A body can have a problem in each of a million keys, each as long as the body: nobody reads so many, and finding the
# names that were meant would stop everything else.
_MOST: Final = 50
_LONGEST: Final = 100


def problems_in(
    errors: Iterable[Mapping[str, Any]] | Sequence[Any], model: type[BaseModel] | None = None, skip: int = 0
) -> tuple[Problem, ...]:
    """The first problems of a ``ValidationError``. ``skip`` leaves out the first parts of each place (``query``)."""
    return tuple(_problem(error, model, skip) for error in islice(errors, _MOST))


def known_names(model: type[BaseModel]) -> list[str]:
    """The keys that a model takes, as they are sent."""
    return [field.alias or name for name, field in model.model_fields.items()]


def unknown(name: str, names: Iterable[str], what: str = "key") -> str:
    """The sentence for a name that isn't known here."""
    close = get_close_matches(name, list(names), n=1) if len(name) <= _LONGEST else []
    return f"is not a known {what}" + (f"; did you mean {close[0]}?" if close else "")


def _problem(error: Mapping[str, Any], model: type[BaseModel] | None, skip: int) -> Problem:
    place = tuple(part[:_LONGEST] if isinstance(part, str) else part for part in error["loc"][skip:])
    return Problem(pointer(place), _sentence(error, model, place))


def _sentence(error: Mapping[str, Any], model: type[BaseModel] | None, place: tuple[str | int, ...]) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        owner = _model_at(model, place[:-1])
        return unknown(str(place[-1]), known_names(owner) if owner else ())
    if kind == "value_error":
        return str(context.get("error", error["msg"]))
    if kind in ("string_too_short", "too_short") and context.get("min_length") == 1:
        return "must not be empty"
    if kind in _SENTENCES:
        return _SENTENCES[kind]
    if kind in _TEMPLATES:
        return _TEMPLATES[kind].format(**context)
    return str(error["msg"])


def _model_at(model: type[BaseModel] | None, place: Iterable[str | int]) -> type[BaseModel] | None:
    for part in place:
        if model is None:
            return None
        if isinstance(part, str):
            field = model.model_fields.get(part)
            model = _model_in(field.annotation) if field else None
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that a field's annotation leads to, through lists and unions."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)
