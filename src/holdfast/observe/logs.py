"""Structured logs, to standard error: one line per event, for people or as JSON.

Lines of libraries that use the standard library's logging come out in the same form. Of ours no secret ever reaches a
line: settings hold them as ``SecretStr``, payloads and headers aren't logged, and tracebacks show code and never the
values of variables. What the code of an attempt logs is masked: the secrets that it has read are taken out of the line.
"""

import logging
import re
import sys
from typing import Any, Final, Literal

import msgspec
import structlog
from structlog.typing import Processor

from holdfast.masks import masked

LogFormat = Literal["console", "json"]

_LEVELS: Final = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
# JSON itself escapes only what lies below space.
_MOVING: Final = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_SHARED: Final[list[Processor]] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configure(log_format: LogFormat | None, level: str) -> None:
    """Sets logging up for this process. ``log_format`` None: console on a terminal, else JSON."""
    rendering = _rendering(log_format or ("console" if sys.stderr.isatty() else "json"))
    structlog.configure(
        processors=[*_SHARED, *rendering],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    strip = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    formatter = structlog.stdlib.ProcessorFormatter(processors=[strip, *rendering], foreign_pre_chain=_SHARED)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(_LEVELS[level])
    for noisy in ("uvicorn.access", "asyncio", "aiosmtplib"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _rendering(chosen: LogFormat) -> list[Processor]:
    if chosen == "console":
        plain = structlog.dev.plain_traceback
        return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain), _mask]
    tracebacks = structlog.processors.ExceptionRenderer(
        structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    )
    return [tracebacks, structlog.processors.JSONRenderer(serializer=_as_json), _mask]


def _mask(_logger: Any, _method: str, line: Any) -> Any:
    """The rendered line without the secrets of the attempt that wrote it."""
    return masked(line) if isinstance(line, str) else line


def _as_json(value: object, **_: object) -> str:
    """JSON that is one line wherever it is shown: what moves a terminal or breaks lines there stands as its escape."""
    line = msgspec.json.encode(value, enc_hook=repr).decode()
    return line if line.isprintable() else _MOVING.sub(lambda found: f"\\u{ord(found[0]):04x}", line)
