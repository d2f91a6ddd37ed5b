"""The sandbox of ``code.python``: a pool of processes that interpret Python without files, network or environment.

It needs the extra ``code``; only importing this module asks for it. Each run gets a fresh session, which knows nothing
of the one before. A run has a limit of time and one of memory, kept by the interpreter; a process that doesn't keep
them is killed and replaced, and so is one whose run was cancelled. Nothing of the host can be reached from inside: no
mount, no function of ours, no module of this process; sleeping is refused, since it would hold a process for nothing.
"""

import asyncio
import atexit
import time
from dataclasses import dataclass
from typing import Any, Final

from pydantic_monty import (
    AsyncMonty,
    AsyncMontySession,
    CollectString,
    MontyCrashedError,
    MontyError,
    MontyRuntimeError,
    MontySyntaxError,
    ResourceLimits,
)

from holdfast.model.instant import SECOND, Micros

# What a run may print, in bytes; more ends it.
MOST_PRINTED: Final = 64 * 1024
_RECURSION: Final = 200
_INPUTS: Final = "inputs"
_RESULT: Final = "result"
# The interpreter's words for its limits.
_LIMITS: Final = ("time limit exceeded", "memory limit", "sleep limit exceeded")


@dataclass(frozen=True, slots=True)
class CodeError:
    """Why code failed: ``kind`` is the exception's class, ``line`` the line of the code, where there is one.

    ``is_limit``: the code used up its time, its memory or what it may print.
    """

    kind: str
    text: str
    line: int | None = None
    is_limit: bool = False


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of a run: its value or its error, and what it printed."""

    printed: str
    value: Any = None
    error: CodeError | None = None


# How long the interpreter's own threads get, once a process ends, to let go of what is Python's: one that does so later
# takes the process down with it, by a signal, when all else is done.
_LAST_WORDS: Final = 0.3

_KILLED: Final = CodeError("TimeoutError", "the code didn't stop in time and was killed", is_limit=True)


class Sandbox:
    """The processes of one event loop, made at first use; ``most`` run at once, and others wait for them."""

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        self._pool: AsyncMonty | None = None
        self._opening = asyncio.Lock()

    async def run(self, code: str, inputs: dict[str, Any], *, limit: Micros, memory: int) -> Ran:
        """Runs ``code`` with ``inputs`` within ``limit`` and ``memory`` bytes.

        Raises ``ConnectionError`` when the process died for no reason that its limits give.
        """
        bounds = ResourceLimits(
            max_feed_duration_secs=limit / SECOND,
            max_memory=memory,
            max_recursion_depth=_RECURSION,
            max_suspensions=_RECURSION,
            max_total_sleep_secs=0.0,
        )
        pool, printed = await self._opened(), CollectString(MOST_PRINTED)
        try:
            async with pool.checkout(limits=bounds) as session:
                value = await session.feed_run(code, inputs={_INPUTS: inputs}, print_callback=printed)
                if value is None:
                    value = await _named_result(session)
        except MontyCrashedError as error:
            if error.timed_out:
                return Ran(printed.output, error=_KILLED)
            raise ConnectionError("the sandbox's process died") from None
        except (MontyRuntimeError, MontySyntaxError) as error:
            return Ran(printed.output, error=_code_error(error))
        except MontyError as error:
            return Ran(printed.output, error=CodeError(type(error.exception()).__name__, str(error)))
        return Ran(printed.output, value)

    async def close(self) -> None:
        """Ends the processes."""
        async with self._opening:
            pool, self._pool = self._pool, None
            if pool is not None:
                await pool.__aexit__(None, None, None)

    async def _opened(self) -> AsyncMonty:
        async with self._opening:
            if self._pool is None:
                atexit.unregister(_let_go)
                atexit.register(_let_go)
                pool = AsyncMonty(min_processes=1, max_processes=self._most, max_checkouts_per_worker=1_000)
                self._pool = await pool.__aenter__()
            return self._pool


def _let_go() -> None:
    time.sleep(_LAST_WORDS)


async def _named_result(session: AsyncMontySession) -> Any:
    """The variable ``result`` of code whose last line has no value; None without one."""
    try:
        return await session.feed_run(_RESULT)
    except MontyRuntimeError as error:
        if isinstance(error.exception(), NameError):
            return None
        raise


def _code_error(error: MontyRuntimeError | MontySyntaxError) -> CodeError:
    kind = type(error.exception()).__name__
    text = error.display("msg")
    is_limit = kind in ("TimeoutError", "MemoryError") and any(words in text for words in _LIMITS)
    frames = error.traceback()
    return CodeError(kind, text, frames[-1].line if frames else None, is_limit)
