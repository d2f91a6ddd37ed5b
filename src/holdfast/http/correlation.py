"""The correlation id: the caller's when it is sane, made otherwise; it follows request, run, job and log line."""

from typing import Final

HEADER: Final = b"x-correlation-id"
_LONGEST: Final = 128


def sane(text: str) -> bool:
    """Whether a correlation id may travel in headers and log lines: 1 to 128 printable ASCII characters."""
    return 0 < len(text) <= _LONGEST and text.isascii() and text.isprintable()


def given(headers: list[tuple[bytes, bytes]]) -> str | None:
    """The caller's correlation id, if it sent a sane one."""
    for name, value in headers:
        if name == HEADER:
            text = value.decode("latin-1").strip()
            return text if sane(text) else None
    return None
