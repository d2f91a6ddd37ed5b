"""A task's parameters: the payload is checked and turned into what the annotations say, by pydantic.

Built once. Values are read as JSON reads: a text becomes a time, an enum, a UUID or a number where one is wanted, an
object becomes a model or a dataclass. What doesn't fit is ``WrongArguments``, which names every argument and its rule
and never a value. Parameters without an annotation take any JSON.
"""

import inspect
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, cast, get_args

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticInvalidForJsonSchema, PydanticUserError
from pydantic_core import SchemaError

from holdfast.model.json import JSON, JSONObject, pointer
from holdfast.tasks.annotations import hints_of
from holdfast.tasks.context import Context, SyncContext
from holdfast.tasks.results import ResultError, as_json

_ANYTHING: Final = (Any, object, inspect.Parameter.empty)
_MOST: Final = 20
# No parameter has this name.
_MORE: Final = "**"

Breach = tuple[str, str]


class WrongArguments(Exception):
    """A payload that doesn't fit the parameters. ``problems`` has a place and a sentence each."""

    def __init__(self, problems: Sequence[Breach]) -> None:
        super().__init__("; ".join(f"{place}: {sentence}" for place, sentence in problems))
        self.problems = tuple(problems)


class Unusable(Exception):
    """A function that no payload could be given to."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One parameter that the payload fills."""

    adapter: "TypeAdapter[Any] | None"
    required: bool
    default: Any = None


class Signature:
    """The parameters of one function. ``context`` is the name of the one that gets the attempt's context."""

    def __init__(self, function: Callable[..., Any]) -> None:
        """Raises ``Unusable`` with the reason."""
        self.context: str | None = None
        self._arguments: dict[str, Argument] = {}
        self._more: Argument | None = None
        try:
            hints = hints_of(function)
        except (NameError, TypeError) as error:
            raise Unusable(f"its annotations can't be read: {error}") from None
        for name, parameter in inspect.signature(function).parameters.items():
            self._add(name, parameter, hints.get(name, Any))

    def arguments(self, payload: JSONObject) -> dict[str, Any]:
        """The keyword arguments that a payload means. Raises ``WrongArguments``."""
        if not payload and not self._arguments:
            return {}
        problems: list[Breach] = []
        given: dict[str, Any] = {}
        for name, value in payload.items():
            argument = self._arguments.get(name, self._more)
            if argument is None:
                problems.append((name, "the task has no such argument"))
            elif argument.adapter is None:
                given[name] = value
            else:
                _read(argument.adapter, name, value, given, problems)
        missing = (name for name, argument in self._arguments.items() if argument.required and name not in payload)
        problems.extend((name, "is missing") for name in missing)
        if problems:
            raise WrongArguments(problems[:_MOST])
        return given

    def schema(self) -> JSONObject:
        """The JSON Schema of a payload. Raises ``Unusable`` for a type that JSON Schema can't tell."""
        typed = [(name, "validation", kept.adapter) for name, kept in self._arguments.items() if kept.adapter]
        if self._more is not None and self._more.adapter is not None:
            typed.append((_MORE, "validation", self._more.adapter))
        try:
            told, shared = TypeAdapter.json_schemas(cast("Any", typed))
        except (PydanticUserError, PydanticInvalidForJsonSchema) as error:
            raise Unusable(f"its parameters have no JSON Schema: {str(error).partition(chr(10))[0]}") from None
        schemas = {name: schema for (name, _), schema in told.items()}
        more: JSON = False if self._more is None else cast(JSON, schemas.get(_MORE, {}))
        made: JSONObject = {
            "type": "object",
            "properties": {name: _described(name, kept, schemas.get(name)) for name, kept in self._arguments.items()},
            "additionalProperties": more,
        }
        if required := [name for name, kept in self._arguments.items() if kept.required]:
            made["required"] = cast(JSON, required)
        return {**made, **cast(JSONObject, shared)}

    def _add(self, name: str, parameter: inspect.Parameter, annotation: Any) -> None:
        if is_context(annotation):
            if self.context is not None:
                raise Unusable(f"{name}: one parameter gets the context, and {self.context} does already")
            self.context = name
        elif parameter.kind is parameter.VAR_KEYWORD:
            self._more = Argument(_adapter(name, annotation), required=False)
        elif parameter.kind is parameter.POSITIONAL_ONLY:
            raise Unusable(f"{name}: a payload gives arguments by name, so none may be positional-only")
        elif parameter.kind is not parameter.VAR_POSITIONAL:
            required = parameter.default is parameter.empty
            default = None if required else parameter.default
            self._arguments[name] = Argument(_adapter(name, annotation), required, default)


def is_context(annotation: Any) -> bool:
    """Whether a parameter of this type gets the context; it may also be optional, for calls without a worker."""
    wanted = (Context, SyncContext)
    return annotation in wanted or any(part in wanted for part in get_args(annotation))


def _described(name: str, argument: Argument, schema: JSON) -> JSON:
    """With a title for its form, and the default if that is JSON."""
    own = schema if isinstance(schema, dict) else {}
    made: JSONObject = {"title": name.replace("_", " ").capitalize(), **own}
    if not argument.required and argument.default is not None and "default" not in made:
        with suppress(ResultError):
            made["default"] = as_json(argument.default)
    return made


def _adapter(name: str, annotation: Any) -> "TypeAdapter[Any] | None":
    if annotation in _ANYTHING:
        return None
    try:
        return TypeAdapter(annotation)
    except (PydanticUserError, SchemaError, NameError, TypeError) as error:
        raise Unusable(f"{name}: its type can't be read from JSON: {str(error).partition(chr(10))[0]}") from None


def _read(adapter: "TypeAdapter[Any]", name: str, value: JSON, given: dict[str, Any], problems: list[Breach]) -> None:
    try:
        given[name] = adapter.validate_python(value)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        problems.extend((pointer((name, *detail["loc"])), _sentence(detail["msg"])) for detail in details)
    except Exception as error:  # a validator of the task's author
        problems.append((name, f"can't be read: {type(error).__name__}"))


def _sentence(message: str) -> str:
    text = message.removeprefix("Value error, ").removeprefix("Input ")
    return text[:1].lower() + text[1:]
