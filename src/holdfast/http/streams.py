"""Live streams, counted: each key, person or service account has so many open at once in this process.

The local user has any number. One more than that is refused before its answer begins (429); a stream that ends, for
whatever reason, makes room.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from starlette.responses import StreamingResponse

from holdfast.http.limits import MAX_STREAMS
from holdfast.http.rates import Known, too_many
from holdfast.model.instant import SECOND

_KIND = "text/event-stream"


class Streams:
    """Those that are open."""

    def __init__(self, most: int = MAX_STREAMS) -> None:
        self._most = most
        self._open: Counter[str] = Counter()

    def answer(self, caller: Known, frames: AsyncIterator[bytes], headers: Mapping[str, str]) -> StreamingResponse:
        """The stream as an answer, counted from now until it ends. Raises ``Refused``."""
        if caller.kind == "local":
            return StreamingResponse(frames, media_type=_KIND, headers=headers)
        who = f"{caller.kind} {caller.id}"
        if self._open[who] >= self._most:
            raise too_many(2 * SECOND, f"You have {self._most} live streams open; close some.")
        self._open[who] += 1
        return _Counted(frames, headers, lambda: self._ended(who))

    @property
    def open(self) -> int:
        """How many are counted."""
        return self._open.total()

    def _ended(self, who: str) -> None:
        self._open[who] -= 1
        if not self._open[who]:
            del self._open[who]


class _Counted(StreamingResponse):
    def __init__(self, frames: AsyncIterator[bytes], headers: Mapping[str, str], ended: Callable[[], None]) -> None:
        super().__init__(frames, media_type=_KIND, headers=headers)
        self._ended = ended

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._ended()
