"""What the code of an attempt logs, taken where it is logged: the standard library's ``logging`` and structlog.

A context variable says whose lines they are, so that an attempt keeps its own wherever it goes on: in tasks that it
starts, in threads that copy the context (``asyncio.to_thread`` and those of plain tasks do), in a child process that
sends them on. What loses the context (a pool of somebody's own, C code, ``print``) isn't seen; neither is what a level
keeps from being logged at all. Secrets that the attempt has read are masked (``masks``).

``taking`` puts a handler on the root logger and a processor in front of structlog's; both only look and change nothing:
a line that can't be kept fails nobody who logs it. A structlog that is configured anew afterwards is no longer seen.
"""

import logging
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, Final, Protocol, cast

import msgspec
import structlog

from holdfast.failures import message_of, traceback_of
from holdfast.masks import current, masked
from holdfast.model.json import JSONObject, problems_of
from holdfast.model.log_line import LONGEST_FIELDS, Logged, cut


class Sink(Protocol):
    """Where an attempt's lines go. Called from any thread; may neither raise nor wait."""

    def logged(self, line: Logged) -> None: ...

    def unlogged(self, count: int) -> None:
        """So many more lines were logged that nobody kept."""
        ...


attempt: Final[ContextVar[Sink | None]] = ContextVar("attempt", default=None)

_LEVELS: Final = {"warn": "warning", "exception": "error", "err": "error", "fatal": "critical", "msg": "info"}
_NUMBERS: Final = ((50, "critical"), (40, "error"), (30, "warning"), (20, "info"), (10, "debug"))
_KNOWN: Final = frozenset(name for _, name in _NUMBERS)
# What every record has, and what structlog leaves in one.
_OF_RECORDS: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
# What structlog's own processors add.
_OF_EVENTS: Final = frozenset({"event", "level", "timestamp", "logger", "exc_info", "stack_info"})
_ROOM: Final = 32


@contextmanager
def taking() -> Iterator[None]:
    """Lines are taken while the block runs, in the whole process. May be used several times at once."""
    root, processors = logging.getLogger(), structlog.get_config()["processors"]
    _taking.append(None)
    if _handler not in root.handlers:
        root.addHandler(_handler)
    if _look not in processors:
        processors.insert(0, _look)  # in place: loggers that were used before share this list
    try:
        yield
    finally:
        _taking.pop()
        if not _taking:
            root.removeHandler(_handler)
            if _look in processors:
                processors.remove(_look)


def logged(level: str, message: object, fields: Mapping[str, Any], error: BaseException | None = None) -> Logged:
    """A line as it can be kept: cut, and with fields that are JSON."""
    if error is not None:
        fields = {**fields, "error": f"{type(error).__name__}: {message_of(error)}", "traceback": traceback_of(error)}
    text = cut(masked(str(message)))
    kept, size = _portable(fields)
    return Logged(_LEVELS.get(level, level if level in _KNOWN else "info"), text, kept, len(text) + size + _ROOM)


def _portable(fields: Mapping[str, Any]) -> tuple[JSONObject, int]:
    """The fields and their size. What isn't JSON is told as Python shows it; what is too large is left out."""
    if not fields:
        return {}, 2
    try:
        text = msgspec.json.encode(fields, enc_hook=repr)
        if len(text) > LONGEST_FIELDS:
            return {"left_out": f"fields of {len(text)} bytes"}, _ROOM
        kept = msgspec.json.decode(text)
    except Exception:
        return {"left_out": "fields that can't be shown"}, _ROOM
    if problems_of(kept):
        return {"left_out": "fields that can't be kept"}, _ROOM
    masks = current.get()
    return kept if masks is None else cast(JSONObject, masks.json(kept)), len(text)


class _Handler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        last = logging.lastResort
        if last is not None and record.levelno >= last.level and _is_alone(record):
            last.handle(record)  # which logging itself does only where there is no handler at all
        sink = attempt.get()
        if sink is None or hasattr(record, "_from_structlog") or isinstance(record.msg, dict):
            return  # structlog's own way through logging: seen in front of it
        with suppress(Exception):
            fields = {name: value for name, value in vars(record).items() if name not in _OF_RECORDS}
            error = record.exc_info[1] if record.exc_info else None
            sink.logged(logged(_name_of(record.levelno), record.getMessage(), {"logger": record.name, **fields}, error))


def _is_alone(record: logging.LogRecord) -> bool:
    """Whether no other handler gets the record."""
    logger: logging.Logger | None = logging.getLogger(record.name)
    while logger is not None and all(handler is _handler for handler in logger.handlers):
        logger = logger.parent
    return logger is None


_handler: Final = _Handler()
# One for each block that takes lines now.
_taking: Final[list[None]] = []


def _name_of(level: int) -> str:
    """The level that it is at least."""
    return next((name for least, name in _NUMBERS if level >= least), "debug")


def _look(_logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    sink = attempt.get()
    if sink is not None:
        with suppress(Exception):
            fields = {name: value for name, value in event.items() if name not in _OF_EVENTS and name[:1] != "_"}
            given = event.get("exc_info") or method == "exception"
            sink.logged(logged(method, event.get("event", ""), fields, _error(given)))
    return event


def _error(given: object) -> BaseException | None:
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple):
        return given[1] if isinstance(given[1], BaseException) else None
    return sys.exc_info()[1] if given else None
