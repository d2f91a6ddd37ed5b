"""The named steps of one attempt: what earlier attempts kept is given back, what is new is kept before it is.

Used from the event loop. The kept results are read once, when the first step asks. A result is kept as JSON; every
attempt, the first one included, gets it back through the same way: as the type that the step's function is annotated
to give, or else as JSON.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import Any, Final, NamedTuple

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError

from holdfast.model.json import JSON, pointer
from holdfast.ports import Lifeline
from holdfast.tasks.annotations import hints_of
from holdfast.tasks.results import ResultError, as_json

LONGEST_NAME: Final = 200
_MOST: Final = 20


class Kept(NamedTuple):
    """A result that an attempt kept."""

    result: JSON


class Steps:
    """The steps of one attempt."""

    def __init__(self, lifeline: Lifeline | None) -> None:
        self._lifeline = lifeline
        self._kept: dict[str, JSON] | None = None
        self._reading = asyncio.Lock()
        self._running: set[str] = set()

    async def begin(self, name: str) -> Kept | None:
        """The kept result; None when the step is to run now, and then ``end`` it. Raises ``RuntimeError``."""
        _check(name)
        if name in self._running:
            raise RuntimeError(f"the step {name} is running already; each step has a name of its own")
        self._running.add(name)
        try:
            kept = await self._read()
        except BaseException:
            self._running.discard(name)
            raise
        if name not in kept:
            return None
        self._running.discard(name)
        return Kept(kept[name])

    async def keep(self, name: str, value: Any) -> JSON:
        """Keeps what the step gave. Raises ``CancelledError`` when the attempt doesn't own its job any more."""
        result = as_json(value, f"step {name}")
        if not await self._line.keep(name, result):
            raise asyncio.CancelledError("another attempt owns this job")
        (await self._read())[name] = result
        return result

    def restored(self, name: str, function: Callable[..., Any], result: JSON) -> Any:
        """A kept result as the type that the step's function is annotated to give.

        Raises ``ResultError``, which names places and rules and no value: it would be the same at the next attempt.
        """
        adapter = _adapter(function)
        try:
            return result if adapter is None else adapter.validate_python(result)
        except ValidationError as error:
            details = error.errors(include_url=False, include_context=False, include_input=False)
            rules = (f"{pointer((f'step {name}', *detail['loc']))}: {detail['msg']}" for detail in details[:_MOST])
            raise ResultError(f"isn't what the function is annotated to give: {'; '.join(rules)}") from None

    def end(self, name: str) -> None:
        """The step ran, whatever came of it."""
        self._running.discard(name)

    @contextmanager
    def ending(self, name: str) -> Iterator[None]:
        try:
            yield
        finally:
            self.end(name)

    async def _read(self) -> dict[str, JSON]:
        async with self._reading:
            if self._kept is None:
                self._kept = await self._line.steps()
            return self._kept

    @property
    def _line(self) -> Lifeline:
        if self._lifeline is None:
            raise RuntimeError("only an attempt that a worker runs can keep steps")
        return self._lifeline


def _adapter(function: Callable[..., Any]) -> "TypeAdapter[Any] | None":
    while isinstance(function, partial):
        function = function.func
    name = getattr(function, "__qualname__", "<none>")
    return _made(function) if "<" in name else _known(function)  # only what stands in a module is worth keeping


@cache
def _known(function: Callable[..., Any]) -> "TypeAdapter[Any] | None":
    return _made(function)


def _made(function: Callable[..., Any]) -> "TypeAdapter[Any] | None":
    try:
        gives = hints_of(function).get("return", Any)
        return None if gives in (Any, None, type(None), object) else TypeAdapter(gives)
    except (NameError, TypeError, PydanticUserError):
        return None


def _check(name: str) -> None:
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise ValueError(f"a step's name is text of 1 to {LONGEST_NAME} printable characters")
