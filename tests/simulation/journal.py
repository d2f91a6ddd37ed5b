"""The engine's log in a simulation: errors are kept, since none should happen; the rest is dropped unformatted."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, cast

import structlog

# What a deaf handler's worker rightly says, and what nobody can prevent.
_EXPECTED: Final = ("a handler ignores that it was cancelled",)


@contextmanager
def errors_to(refused: list[str]) -> Iterator[None]:
    """While it lasts, whatever any part logs as an error or exception is added to ``refused``."""
    before = structlog.get_config()

    class Journal:
        """As much of a logger as the engine uses."""

        def __init__(self, *_: object, **__: object) -> None: ...

        def bind(self, **_: object) -> "Journal":
            return self

        new = try_unbind = unbind = bind

        def debug(self, event: str, **_: object) -> None: ...

        info = warning = debug

        def error(self, event: str, **values: Any) -> None:
            if not event.startswith(_EXPECTED):
                refused.append(f"logged: {event} {values} {sys.exception()!r}")

        exception = critical = error

    structlog.configure(wrapper_class=cast(Any, Journal), cache_logger_on_first_use=False)
    try:
        yield
    finally:
        structlog.configure(**before)
