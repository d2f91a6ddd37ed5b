"""Connections: uvicorn's httptools protocol with the bounds that neither of the two has.

The parser keeps a head of any size and waits for it for any time, so: its line, its whole size and the number of its
headers are bounded (414, 431), whatever comes without an end (a header, an extension of a chunk) is as well, and a head
must be there within ``HEAD_TIME``. A head that two readers could read as two different requests is refused (400): other
than one ``Host``, a ``Transfer-Encoding`` that isn't ``chunked`` alone; so is a version that isn't spoken here (505).
What comes behind a body (trailers) never becomes a header. A client that takes in nothing of its answer for
``TAKE_TIME`` is cut off. One address has at most ``MAX_CONNECTIONS`` open, except this machine's and trusted proxies';
all together leave files for the store. What is refused here never becomes a request; it is answered as a problem, and
the connection closed.

``Doors.sweep``, called each second, does what time brings; no request sets a timer.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from ipaddress import ip_address
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from holdfast.http.addresses import Network, is_among
from holdfast.http.errors import PROBLEM_TYPE, ProblemAnswer
from holdfast.http.headers import guarding
from holdfast.http.limits import (
    HEAD_TIME,
    MAX_CONNECTIONS,
    MAX_HEAD,
    MAX_HEADERS,
    MAX_LINE,
    TAKE_TIME,
    open_files,
)

_CURRENT: Final = "1.1"
_VERSIONS: Final = frozenset({"1.0", _CURRENT})
_LINE: Final = ProblemAnswer(414, "URI too long", f"The first line may have at most {MAX_LINE // 1024} KiB.")
_HEAD: Final = ProblemAnswer(
    431, "Request header fields too large", f"There may be {MAX_HEADERS} headers of {MAX_HEAD // 1024} KiB together."
)
_SLOW: Final = ProblemAnswer(408, "Request timeout", "The request didn't come in time.")
_BAD: Final = ProblemAnswer(400, "Bad request", "This is not HTTP.")
_HOST: Final = ProblemAnswer(400, "Bad request", "There must be one Host.")
_CODING: Final = ProblemAnswer(400, "Bad request", "The only Transfer-Encoding is chunked, of HTTP/1.1.")
_VERSION: Final = ProblemAnswer(505, "HTTP version not supported", "Only HTTP/1.1 and HTTP/1.0 are spoken here.")
_FULL: Final = ProblemAnswer(
    503, "Unavailable", "Too many connections are open; try again.", headers={"Retry-After": "2"}
)


class _TooMuch(Exception):
    """Leaves the parser."""


class Doors:
    """The open connections of one server: at most ``most``, and ``each`` from one address."""

    def __init__(self, trusted: Sequence[Network] = (), most: int | None = None, each: int = MAX_CONNECTIONS) -> None:
        self.most = open_files() if most is None else most
        self.each = each
        self._trusted = trusted
        self._open: set[Connection] = set()
        self._by_address: Counter[str] = Counter()

    def protocol(self) -> type[asyncio.Protocol]:
        """What uvicorn makes for each connection."""
        return cast("type[asyncio.Protocol]", partial(Connection, self))

    def enter(self, connection: "Connection") -> bool:
        """Counts a connection; False when it is one too many."""
        self._open.add(connection)
        self._by_address[connection.address] += 1
        if len(self._open) > self.most:
            return False
        return self._by_address[connection.address] <= self.each or self._is_exempt(connection.address)

    def leave(self, connection: "Connection") -> None:
        self._open.discard(connection)
        self._by_address[connection.address] -= 1
        if not self._by_address[connection.address]:
            del self._by_address[connection.address]

    def sweep(self, now: float) -> None:
        """Ends those whose client is too slow."""
        for connection in list(self._open):
            connection.look(now)

    def __len__(self) -> int:
        return len(self._open)

    def _is_exempt(self, address: str) -> bool:
        try:
            found = ip_address(address)
        except ValueError:
            return True  # a socket in the file system
        return found.is_loopback or is_among(found, self._trusted)


class Connection(HttpToolsProtocol):
    """One client's. ``_awaited_since``: a head is awaited since then; ``_stuck_since``: it takes nothing in."""

    def __init__(self, doors: Doors, **given: Any) -> None:
        super().__init__(**given)
        self._doors = doors
        self.address = ""
        self._awaited_since: float | None = None
        self._stuck_since: float | None = None
        self._begun = self._headed = False
        self._refused: ProblemAnswer | None = None
        self._size = self._names = self._silent = 0
        self._told = False

    # -- as a protocol -----------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._awaited_since = self.loop.time()
        self.address = self.client[0] if self.client else ""
        if not self._doors.enter(self):
            self._refuse(_FULL)

    def connection_lost(self, exc: Exception | None) -> None:
        self._doors.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._told = False
        super().data_received(data)
        self._silent = 0 if self._told else self._silent + len(data)
        if self._silent > MAX_HEAD and not self.transport.is_closing():
            self._refuse(_HEAD)

    def send_400_response(self, msg: str) -> None:
        self._refuse(self._refused or _BAD)

    def pause_writing(self) -> None:
        self._stuck_since = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        self._stuck_since = None
        super().resume_writing()

    # -- as the parser's listener ------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        self._size = self._names = 0
        self._told = self._begun = True
        self._headed = False
        self._awaited_since = self.loop.time()
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._told = True
        if len(self.url) + len(url) > MAX_LINE:
            self._leave(_LINE)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._told = True
        self._size += len(name) + len(value) + 4
        self._names += 1
        if self._size + len(self.url) > MAX_HEAD or self._names > MAX_HEADERS:
            self._leave(_HEAD)
        if not self._headed:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._told = self._headed = True
        wrong = _ambiguity(self.parser.get_http_version(), self.headers)
        if wrong is not None:
            self._leave(wrong)
        self._awaited_since = None
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._told = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._told = True
        self._begun = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        if not self.pipeline:
            self._awaited_since = self.loop.time()
        super().on_response_complete()

    def _unsupported_upgrade_warning(self) -> None:
        """Anybody could fill the log with it: a request to upgrade is served as the request that it also is."""

    # -- bounds ------------------------------------------------------------------------------------------------------

    def look(self, now: float) -> None:
        """Ends what has lasted too long."""
        if self._stuck_since is None and self.transport.is_closing():
            self._stuck_since = now  # closed, but its last words aren't taken in
        if self._stuck_since is not None:
            if now - self._stuck_since > TAKE_TIME:
                self.transport.abort()
            return
        served = self.cycle is not None and not self.cycle.response_complete
        if served or self._awaited_since is None or now - self._awaited_since <= HEAD_TIME:
            return
        if self._begun and (self.cycle is None or not self.cycle.more_body):
            self._refuse(_SLOW)
        else:
            self.transport.close()

    def _leave(self, answer: ProblemAnswer) -> None:
        self._refused = answer
        raise _TooMuch(answer.title)

    def _refuse(self, answer: ProblemAnswer) -> None:
        """Answers, unless an answer has begun, and closes."""
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            self.transport.write(_written(answer))
        self.transport.close()


def _ambiguity(version: str, headers: Iterable[tuple[bytes, bytes]]) -> ProblemAnswer | None:
    """Why another reader could find another request in this head, or another host."""
    if version not in _VERSIONS:
        return _VERSION
    hosts = 0
    for name, value in headers:
        if name == b"host":
            hosts += 1
        elif name == b"transfer-encoding" and (version != _CURRENT or value.strip().lower() != b"chunked"):
            return _CODING
    return None if hosts == 1 or (hosts == 0 and version != _CURRENT) else _HOST


def _written(answer: ProblemAnswer) -> bytes:
    """The whole answer as it goes over the wire."""
    body = answer.body()
    headers = [(b"content-type", PROBLEM_TYPE.encode()), (b"content-length", b"%d" % len(body))]
    headers += [(name.lower().encode(), value.encode()) for name, value in answer.headers.items()]
    headers += [*guarding(headers, https=False), (b"connection", b"close")]
    lines = b"".join(b"%s: %s\r\n" % header for header in headers)
    return STATUS_LINE[answer.status] + lines + b"\r\n" + body
