"""Server-sent events from the event log.

Listeners of one tenant share the tail of its log (``engine.tails``), so that the store is read once for all of them.
Each keeps its own cursor. One that stands before what the tail holds (it resumes from far back, or is slow) reads the
store by itself, page by page, until it has come to the tail; so nothing is lost, repeated or out of order. One of a
single job reads that job's history, which has cursors of its own, whenever the tail tells of the job.

A slow client holds up itself only: what comes next is looked for when its last frame was taken. A comment every 15 s
keeps proxies from closing the stream, and tells the cursor if that has moved past events that the client doesn't want.
Events that retention has deleted behind a client's cursor are told by ``event: reset``; what is kept of the log behind
that cursor follows. A stream ends when the server stops.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from typing import Final

from holdfast.engine.tail import Tail, Wanted
from holdfast.engine.tails import Tails
from holdfast.http.answers import encode
from holdfast.http.shapes.events import event_shape
from holdfast.model.errors import Unavailable
from holdfast.model.event import Event, Place, place
from holdfast.model.instant import SECOND
from holdfast.ports import EventStore

HEARTBEAT: Final = 15.0
_LOOK_AGAIN: Final = SECOND
_PAGE: Final = 500


class EventReader:
    """Finds one tenant's wanted events after a cursor that moves along."""

    def __init__(self, store: EventStore, tenant: str, after: str, wanted: Wanted) -> None:
        self.tenant = tenant
        self.after = after
        self._store = store
        self._wanted = wanted
        self._place = place(after)
        self._told: Place | None = None  # up to where a client knows that events are gone
        self._heard: Place | None = None  # up to where the tail was listened to, of a single job
        self._looks = True

    async def read(self) -> bytes:
        """The next page from the store. Raises ``Invalid`` for a cursor that isn't one, ``Unavailable``."""
        return await self._frames(await self._page())

    async def next(self, tail: Tail) -> bytes:
        """What is new; nothing while the store is away, since the cursor waits for it."""
        try:
            if self._wanted.job is not None:
                return await self._of_job(tail)
            stretch = tail.behind(self._place, self._wanted)
            if stretch is None:
                return await self._up_to(tail)
        except Unavailable:
            return b""
        self._pass(stretch.cursor)
        return stretch.frames

    async def _up_to(self, tail: Tail) -> bytes:
        """The next page, and to where the tail was if there are no more wanted events before that."""
        met = tail.cursor
        events = await self._page()
        frames = await self._frames(events)
        if len(events) < _PAGE:
            self._pass(met)
        return frames

    async def _of_job(self, tail: Tail) -> bytes:
        stretch = None if self._heard is None else tail.behind(self._heard, self._wanted)
        if stretch is None:
            self._heard = place(tail.cursor) if tail.cursor else None
            self._looks = True
        else:
            self._heard = place(stretch.cursor) if stretch.cursor else self._heard
            self._looks = self._looks or bool(stretch.frames)
        if not self._looks:
            return b""
        events = await self._page()
        self._looks = len(events) == _PAGE
        return await self._frames(events)

    async def _page(self) -> Sequence[Event]:
        wanted = self._wanted
        return await self._store.list_events(
            self.tenant, self.after, run_id=wanted.run, job_id=wanted.job, event_type=wanted.type, limit=_PAGE
        )

    async def _frames(self, events: Sequence[Event]) -> bytes:
        told = await self._reset() + b"".join(map(frame, events))
        if events:
            self.after = events[-1].cursor
            self._place = place(self.after)
        return told

    async def _reset(self) -> bytes:
        """Says once that events behind the cursor are gone. The history of one run or job is kept whole, or not."""
        if self._wanted.run is not None or self._wanted.job is not None:
            return b""
        whole = await self._store.whole_after(self.tenant)
        if whole is None or self._place >= place(whole) or (self._told is not None and self._told >= place(whole)):
            return b""
        self._told = place(whole)
        told = encode({"id": self.after, "whole_after": whole})
        return b"id: %s\nevent: reset\ndata: %s\n\n" % (self.after.encode(), told)

    def _pass(self, cursor: str) -> None:
        if cursor and (at := place(cursor)) > self._place:
            self.after, self._place = cursor, at


async def frames(
    reader: EventReader, first: bytes, tails: Tails, closing: asyncio.Event
) -> AsyncGenerator[bytes, None]:
    """The stream's text. ``first`` was read before the answer began, so that a bad cursor could still be refused."""
    with tails.listen(reader.tenant) as tail:
        yield _opening(reader, first) + first
        spoke, told = time.monotonic(), reader.after
        while not closing.is_set():
            news = tail.news
            text = await reader.next(tail)
            if text:
                yield text
            elif time.monotonic() - spoke >= HEARTBEAT:
                yield _still_here(reader, told)
            if text or time.monotonic() - spoke >= HEARTBEAT:
                spoke, told = time.monotonic(), reader.after
            if not text:
                await _change(news)


def _opening(reader: EventReader, first: bytes) -> bytes:
    """Tells a client where it begins, so that one which is cut off before its first event resumes from here."""
    start = b"id: %s\n" % reader.after.encode() if reader.after and not first else b""
    return b"retry: 1000\n: connected\n" + start + b"\n"


async def _change(news: asyncio.Event) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(_LOOK_AGAIN / SECOND):
            await news.wait()


def _still_here(reader: EventReader, told: str) -> bytes:
    moved = b"" if reader.after == told else b"id: %s\n" % reader.after.encode()
    return b": still here\n" + moved + b"\n"


def frame(event: Event) -> bytes:
    """One event: its cursor as id, its type, itself as one line of JSON."""
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (
        event.cursor.encode(),
        event.type.encode(),
        encode(event_shape(event)),
    )
