"""Server-sent events from the event log.

A stream is a reader of its own: it reads what came after its cursor, sends it, and waits. It is woken by the topic
``events`` and looks by itself every second, so a lost wake-up costs a second. The subscription exists before the
first read, so nothing falls between reading and waiting. A slow client holds up its own reader only: the next read
waits until the last frame was taken. A comment every 15 s keeps proxies from closing it. Ends when the server stops.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final

from holdfast.engine.wakeups import EVENTS, Wakeups
from holdfast.http.answers import encode
from holdfast.http.shapes.events import event_shape
from holdfast.model.errors import Unavailable
from holdfast.model.event import Event
from holdfast.model.instant import SECOND
from holdfast.ports import EventStore

HEARTBEAT: Final = 15.0
_LOOK_AGAIN: Final = SECOND
_PAGE: Final = 500


@dataclass(slots=True)
class EventReader:
    """Reads one tenant's matching events after a cursor that moves along."""

    store: EventStore
    tenant: str
    after: str
    run: str | None = None
    job: str | None = None
    type: str | None = None

    async def read(self) -> Sequence[Event]:
        """What is new. Raises ``Invalid`` for a cursor that isn't one, ``Unavailable``."""
        events = await self.store.list_events(
            self.tenant, self.after, run_id=self.run, job_id=self.job, event_type=self.type, limit=_PAGE
        )
        if events:
            self.after = events[-1].cursor
        return events


async def frames(
    reader: EventReader, first: Sequence[Event], wakeups: Wakeups, closing: asyncio.Event
) -> AsyncIterator[bytes]:
    """The stream's text. ``first`` was read before the answer began, so that a bad cursor could still be refused."""
    yield _opening(reader, first) + b"".join(map(frame, first))
    spoke = time.monotonic()
    async with wakeups.subscribe(EVENTS) as news:
        while not closing.is_set():
            events = await _read_on(reader)
            if events:
                yield b"".join(map(frame, events))
                spoke = time.monotonic()
                continue
            if time.monotonic() - spoke >= HEARTBEAT:
                yield b": still here\n\n"
                spoke = time.monotonic()
            await news.wait(_LOOK_AGAIN)


def _opening(reader: EventReader, first: Sequence[Event]) -> bytes:
    """Tells a client where it begins, so that one which is cut off before its first event resumes from here."""
    start = b"id: %s\n" % reader.after.encode() if reader.after and not first else b""
    return b"retry: 1000\n: connected\n" + start + b"\n"


async def _read_on(reader: EventReader) -> Sequence[Event]:
    """What is new; nothing while the store is away, since the cursor waits for it."""
    try:
        return await reader.read()
    except Unavailable:
        return ()


def frame(event: Event) -> bytes:
    """One event: its cursor as id, its type, itself as one line of JSON."""
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (
        event.cursor.encode(),
        event.type.encode(),
        encode(event_shape(event)),
    )
