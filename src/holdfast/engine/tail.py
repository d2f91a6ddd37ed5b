"""The newest part of one tenant's event log, kept once for everybody in this process who listens to it.

A tail holds every event of the tenant behind its ``floor`` up to its ``cursor``, in commit order and without a hole, so
whoever stands anywhere between the two gets from it exactly what follows: there is no state of a listener in it but the
cursor that the listener keeps itself. It forgets the oldest when it grows too large; who stands before the floor then,
and who stood there from the beginning, reads the store until he has come far enough.

What is handed out are finished frames, made once for each event; listeners that stand side by side and want the same
get the same bytes.
"""

import asyncio
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, NamedTuple

from holdfast.model.event import Place, place

# What a tail holds at most; when it does, it forgets a quarter.
MOST_EVENTS = 20_000
MOST_BYTES = 8 << 20
# What is handed out at once at most.
_AT_ONCE: Final = 1_000
_SHARED: Final = 64


class Told(NamedTuple):
    """An event as it is handed out."""

    place: Place
    cursor: str
    type: str
    run: str | None
    job: str | None
    frame: bytes


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a listener wants of its tenant's events; None: any."""

    run: str | None = None
    job: str | None = None
    type: str | None = None

    @property
    def all(self) -> bool:
        return self.run is None and self.job is None and self.type is None

    def has(self, told: Told) -> bool:
        return self.type in (None, told.type) and self.run in (None, told.run) and self.job in (None, told.job)


class Stretch(NamedTuple):
    """The wanted frames of a part of the log, and the cursor behind that part."""

    frames: bytes
    cursor: str


class Tail:
    """Begins without a place: it holds nothing until ``begin``."""

    def __init__(self, most_events: int | None = None, most_bytes: int | None = None) -> None:
        self._most_events = most_events or MOST_EVENTS
        self._most_bytes = most_bytes or MOST_BYTES
        self.floor: Place | None = None
        self.cursor = ""
        self._told: list[Told] = []
        self._places: list[Place] = []
        self._bytes = 0
        self._shared: dict[tuple[Place, Wanted], Stretch] = {}
        self._news = asyncio.Event()

    @property
    def news(self) -> asyncio.Event:
        """Set by the next change. Take it before looking, so that nothing comes in between."""
        return self._news

    def wake(self) -> None:
        """Lets everybody look again, though nothing has changed here."""
        news, self._news = self._news, asyncio.Event()
        news.set()

    def begin(self, cursor: str) -> None:
        """Everything behind this cursor will be added."""
        self.cursor, self.floor = cursor, place(cursor)
        self._changed()

    def add(self, following: Iterable[Told]) -> None:
        """The tenant's next events, without a hole behind ``cursor``; those up to there are left out."""
        position = place(self.cursor)
        new = [told for told in following if told.place > position]
        if not new:
            return
        self._told += new
        self._places += [told.place for told in new]
        self._bytes += sum(len(told.frame) for told in new)
        self.cursor = new[-1].cursor
        self._forget()
        self._changed()

    def holds(self, cursor: str) -> bool:
        """Whether this is the cursor of one of the events held here."""
        index = bisect_right(self._places, place(cursor)) - 1
        return index >= 0 and self._told[index].cursor == cursor

    def behind(self, at: Place, wanted: Wanted) -> Stretch | None:
        """What follows ``at``, or the first part of it; None if it isn't all here."""
        if self.floor is None or at < self.floor:
            return None
        if at >= place(self.cursor):
            return Stretch(b"", "")
        shared = self._shared.get((at, wanted))
        if shared is None:
            shared = self._stretch(bisect_right(self._places, at), wanted)
            if len(self._shared) < _SHARED:
                self._shared[at, wanted] = shared
        return shared

    def _stretch(self, first: int, wanted: Wanted) -> Stretch:
        if wanted.all:
            some = self._told[first : first + _AT_ONCE]
        else:
            some = list(islice(self._matching(first, wanted), _AT_ONCE))
        cursor = some[-1].cursor if len(some) == _AT_ONCE else self.cursor
        return Stretch(b"".join([told.frame for told in some]), cursor)

    def _matching(self, first: int, wanted: Wanted) -> Iterator[Told]:
        every = (self._told[index] for index in range(first, len(self._told)))
        return (told for told in every if wanted.has(told))

    def _forget(self) -> None:
        if len(self._told) <= self._most_events and self._bytes <= self._most_bytes:
            return
        events, size, gone = self._most_events * 3 // 4, self._most_bytes * 3 // 4, 0
        while len(self._told) - gone > 1 and (len(self._told) - gone > events or self._bytes > size):
            self._bytes -= len(self._told[gone].frame)
            gone += 1
        if gone:
            self.floor = self._places[gone - 1]
            del self._told[:gone], self._places[:gone]

    def _changed(self) -> None:
        self._shared.clear()
        self.wake()
