"""Faults around a real store: a call that never arrives, a commit whose answer is lost, an outage, a call that hangs.

``Faults`` stands in the place of a ``Store`` and passes every call on. What a test planned for a method happens to its
next calls, in order:

* ``lose(name)``: the call fails before the store is asked; nothing happened.
* ``lose_answer(name)``: the store does its work and commits; the caller is told ``Unavailable``.
* ``hold(name)``: the call waits before the store is asked until ``Gate.open``.
* ``hold_answer(name)``: the store does its work and commits; its answer waits until ``Gate.open``.
* ``away``: while true, every call fails before the store is asked.
"""

import asyncio
import inspect
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable
from typing import Any, cast

from holdfast.model.errors import Unavailable
from holdfast.ports import Store

Call = Callable[..., Awaitable[Any]]
Fault = Callable[[Call, tuple[Any, ...], dict[str, Any]], Awaitable[Any]]


class Gate:
    """A held call: ``reached`` when it is waiting, ``open`` to let it go on."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self._passage = asyncio.Event()

    def open(self) -> None:
        self._passage.set()

    async def pass_through(self) -> None:
        self.reached.set()
        await self._passage.wait()


class Faults:
    """A store with planned faults; ``calls`` counts every call by its name, ``answers`` keeps what came of each."""

    def __init__(self, store: Store) -> None:
        self.away = False
        self.calls: Counter[str] = Counter()
        self.answers: defaultdict[str, list[Any]] = defaultdict(list)
        self._store = store
        self._planned: defaultdict[str, deque[Fault]] = defaultdict(deque)

    @property
    def store(self) -> Store:
        """What the engine takes for its store."""
        return cast(Store, _Face(self))

    def lose(self, name: str, times: int = 1) -> None:
        self._planned[name].extend([_lost] * times)

    def lose_answer(self, name: str, times: int = 1) -> None:
        self._planned[name].extend([_answer_lost] * times)

    def plan(self, name: str, fault: Fault, times: int = 1) -> None:
        """A fault of the test's own: it is given the store's method, and what that was called with."""
        self._planned[name].extend([fault] * times)

    def hold(self, name: str) -> Gate:
        gate = Gate()

        async def held(call: Call, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
            await gate.pass_through()
            return await call(*args, **named)

        self._planned[name].append(held)
        return gate

    def hold_answer(self, name: str) -> Gate:
        gate = Gate()

        async def held(call: Call, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
            answer = await call(*args, **named)
            await gate.pass_through()
            return answer

        self._planned[name].append(held)
        return gate

    def refuse(self, name: str, error: Exception, when: Callable[..., bool]) -> None:
        """From now on, calls whose arguments fulfil ``when`` raise ``error``; nothing happens."""
        real: Call = getattr(self._store, name)

        async def refusing(*args: Any, **named: Any) -> Any:
            if when(*args, **named):
                raise error
            return await real(*args, **named)

        setattr(self._store, name, refusing)

    def planned(self, name: str) -> int:
        """How many planned faults of a method haven't happened yet."""
        return len(self._planned[name])

    def method(self, name: str) -> Any:
        """The store's, with what is planned for it."""
        real = getattr(self._store, name)
        if not inspect.iscoroutinefunction(real):
            return real

        async def call(*args: Any, **named: Any) -> Any:
            self.calls[name] += 1
            if self.away:
                raise Unavailable("the store is away")
            planned = self._planned[name]
            answer = await (planned.popleft()(real, args, named) if planned else real(*args, **named))
            self.answers[name].append(answer)
            return answer

        return call


class _Face:
    """A store's methods, and no more: some are named as what a test does with ``Faults``."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def __getattr__(self, name: str) -> Any:
        return self._faults.method(name)


async def _lost(call: Call, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    raise Unavailable("the call was lost")


async def _answer_lost(call: Call, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    await call(*args, **named)
    raise Unavailable("the answer was lost")
