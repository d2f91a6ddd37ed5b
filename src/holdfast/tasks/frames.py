"""What a worker and a child process that runs tasks say to each other: frames of JSON over a socket.

A frame is its length (four bytes, big-endian) and a JSON object. The worker sends ``hello`` (once), ``run`` and
``answer``; the child sends ``began``, ``beat``, ``steps``, ``keep``, ``secret``, ``log``, ``unlogged`` and ``ended``.
Nothing else than JSON travels, so that neither side can make the other run code. A frame that is too long ends the
conversation.
"""

import asyncio
import struct
from dataclasses import asdict
from typing import Any, Final

import msgspec

from holdfast.model.json import JSONObject
from holdfast.model.outcome import Cancelled, ErrorInfo, Failed, Outcome, Snoozed, Succeeded
from holdfast.ports import NodeContext

MAX_RESULT: Final = 8 * 1024 * 1024
# Room for a result of that size in whichever spelling, and what stands around it.
_MAX_FRAME: Final = 64 * 1024 * 1024
_LENGTH: Final = struct.Struct(">I")

Frame = dict[str, Any]


class BrokenFrame(Exception):
    """The other side doesn't keep to the form."""


async def read_frame(reader: asyncio.StreamReader) -> Frame | None:
    """The next frame; None at the end of the conversation. Raises ``BrokenFrame``."""
    try:
        (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        if length > _MAX_FRAME:
            raise BrokenFrame(f"a frame of {length} bytes")
        frame = msgspec.json.decode(await reader.readexactly(length))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    except msgspec.DecodeError as error:
        raise BrokenFrame(str(error)) from None
    if not isinstance(frame, dict):
        raise BrokenFrame("no object")
    return frame


def encoded(frame: Frame) -> bytes:
    body = msgspec.json.encode(frame)
    return _LENGTH.pack(len(body)) + body


def frame_of_run(task: str, module: str, context: NodeContext, params: JSONObject) -> Frame:
    names = [field for field in NodeContext._fields if field not in ("lifeline", "secrets")]
    told = {name: getattr(context, name) for name in names}
    lives = context.lifeline is not None
    return {"type": "run", "task": task, "module": module, "context": told, "params": params, "lifeline": lives}


def frame_of_end(outcome: Outcome) -> Frame:
    """An outcome that travels; a result that is too long is an error instead."""
    match outcome:
        case Succeeded(result=result):
            size = len(msgspec.json.encode(result))
            if size > MAX_RESULT:
                sentence = f"result: has {size} bytes as JSON; a process's result has at most {MAX_RESULT}"
                return frame_of_end(Failed(ErrorInfo("result", sentence), final=True))
            return {"type": "ended", "as": "succeeded", "result": result}
        case Failed(error=error, final=final, retry_after=wait):
            return {"type": "ended", "as": "failed", "error": asdict(error), "final": final, "retry_after": wait}
        case Snoozed(until=until):
            return {"type": "ended", "as": "snoozed", "until": until}
        case Cancelled(error=why):
            return {"type": "ended", "as": "cancelled", "error": None if why is None else asdict(why)}
        case _:
            raise TypeError(f"a task doesn't come to {type(outcome).__name__}")


def outcome_of(frame: Frame) -> Outcome:
    """The outcome of an ``ended`` frame. Raises ``BrokenFrame``."""
    match frame:
        case {"as": "succeeded", "result": result}:
            return Succeeded(result)
        case {"as": "failed", "error": error, "final": final, "retry_after": wait}:
            return Failed(ErrorInfo(**error), final, wait)
        case {"as": "snoozed", "until": until}:
            return Snoozed(until)
        case {"as": "cancelled", "error": why}:
            return Cancelled(None if why is None else ErrorInfo(**why))
        case _:
            raise BrokenFrame("no outcome")
