"""What a handler raised, as a failure that every store can keep and everybody may read.

The traceback names places and source lines, never values: our own frames and asyncio's are left out, deep ones cut in
the middle, and what an error came from is one line each. For a function in a thread it is where it was when it was
stopped. Messages are the exceptions' own, cut, without what no store could keep; those of pydantic, which quote the
value that doesn't fit, are told without it.
"""

import asyncio
import linecache
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final

from pydantic_core import ValidationError

from holdfast.masks import masked
from holdfast.model.outcome import ErrorInfo, Failed

MESSAGE_LIMIT: Final = 2_000
TRACEBACK_LIMIT: Final = 4_000
_HOME: Final = str(Path(__file__).parent)
_ASYNCIO: Final = str(Path(asyncio.__file__).parent)
_STANDARD: Final = str(Path(linecache.__file__).parent)
_FRAMES: Final = 24
_CAUSES: Final = 5
_PARTS: Final = 20
_CAUSE_LIMIT: Final = 200


def failure_of(error: BaseException, *, final: bool = False) -> Failed:
    """The failure of an attempt that ended by this exception."""
    return Failed(ErrorInfo(type(error).__name__, message_of(error), traceback=traceback_of(error)), final=final)


def message_of(error: BaseException, limit: int = MESSAGE_LIMIT) -> str:
    """What the exception says, as text that can be kept: without the secrets of the attempt that is at work."""
    try:
        text = masked(_rules(error) if isinstance(error, ValidationError) else str(error))[:limit]
    except Exception:
        return "its message can't be shown"
    return _portable(text) or "no message"


def _rules(error: ValidationError) -> str:
    """What doesn't fit and why, without what was given: that may be a secret, and is payload in any case."""
    details = error.errors(include_url=False, include_context=False, include_input=False)
    told = (f"{'.'.join(map(str, detail['loc']))}: {detail['msg']}".removeprefix(": ") for detail in details[:_PARTS])
    return f"{error.title}: {'; '.join(told)}"


def traceback_of(error: BaseException) -> str | None:
    """Where it was raised, the innermost place last, and what it came from; None when no code of others was in it."""
    try:
        lines = _lines(error)
    except Exception:  # a frame of code that isn't what it seems must not cost the failure itself
        return None
    text = _portable("\n".join(lines))
    if len(text) > TRACEBACK_LIMIT:
        text = text[-TRACEBACK_LIMIT:].partition("\n")[2]  # whole lines, the innermost ones
    return text or None


def place_of(frames: traceback.StackSummary) -> str | None:
    """The innermost place of somebody else's code, the standard library's only if there is no other."""
    foreign = [frame for frame in frames if not _is_ours(frame)]
    theirs = [frame for frame in foreign if not _is_standard(frame)] or foreign
    return None if not theirs else f"{theirs[-1].filename}, line {theirs[-1].lineno}, in {theirs[-1].name}"


def _lines(error: BaseException) -> list[str]:
    frames = [frame for frame in _stack(error.__traceback__) if not _is_ours(frame)]
    shown = [_frame(frame) for frame in frames]
    if isinstance(error, asyncio.CancelledError):
        shown += [str(note) for note in getattr(error, "__notes__", ())]
    if len(shown) > _FRAMES:
        left_out = len(shown) - _FRAMES
        shown[_FRAMES // 2 : -_FRAMES // 2] = [f"  … {left_out} more"]
    return [*shown, *_causes(error)]


def _stack(trace: TracebackType | None) -> traceback.StackSummary:
    return traceback.StackSummary.extract(traceback.walk_tb(trace), lookup_lines=False)


def _is_ours(frame: traceback.FrameSummary) -> bool:
    return frame.filename.startswith((_HOME, _ASYNCIO, "<frozen"))


def _is_standard(frame: traceback.FrameSummary) -> bool:
    return frame.filename.startswith(_STANDARD) and "site-packages" not in frame.filename


def _frame(frame: traceback.FrameSummary) -> str:
    place = f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}'
    source = linecache.getline(frame.filename, frame.lineno or 0).strip()
    return f"{place}\n    {source[:200]}" if source else place


def _causes(error: BaseException) -> Iterator[str]:
    """What it was raised from or while handling, and the parts of a group: one line each."""
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions[:_CAUSES]:
            yield f"part: {_summary(part)}"
    for _ in range(_CAUSES):
        cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if cause is None or cause is error:
            return
        yield f"caused by {_summary(cause)}"
        error = cause


def _summary(error: BaseException) -> str:
    place = place_of(_stack(error.__traceback__))
    said = f"{type(error).__name__}: {message_of(error, _CAUSE_LIMIT)}"
    return said if place is None else f"{said} ({place})"


def _portable(text: str) -> str:
    return text.encode(errors="backslashreplace").decode().replace("\0", "\\x00")
