"""One connection to one server of the broker, and which server that is. The only module that imports the driver.

A wire carries one call at a time. A call that was broken off, by a timeout or a cancellation, leaves an answer on its
way, so the wire is closed then and its owner takes another. What the server refuses because of the state of keys is a
``Refused`` and leaves the wire usable; all else is ``Unavailable``: the server can't be used now, whatever the reason.
"""

import asyncio
import math
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

import hiredis
from redis import exceptions
from redis.asyncio.connection import AbstractConnection, Connection, SSLConnection, UnixDomainSocketConnection

from holdfast.model.errors import Unavailable
from holdfast.streams.address import Address, Login
from holdfast.streams.layout import COMMAND
from holdfast.streams.refusal import Refused

CONNECT: Final = 2.0  # seconds
# A server, or a firewall before it, drops connections that it finds idle; none does after so few seconds.
REST: Final = 5.0
FOREVER: Final = math.inf
HOPS: Final = 5

_KEYS: Final = ("NOGROUP", "UNBLOCKED", "NOSCRIPT", "BUSYGROUP")
_REASONS: Final = (
    (exceptions.AuthenticationError, "it refuses the credentials"),
    (exceptions.AuthorizationError, "it refuses the credentials"),
    (exceptions.NoPermissionError, "the user may not do what is needed"),
    (exceptions.ReadOnlyError, "it is a replica"),
    (exceptions.OutOfMemoryError, "it is out of memory"),
    (exceptions.BusyLoadingError, "it is loading its data"),
    (exceptions.ClusterDownError, "its Cluster is down"),
    (exceptions.MovedError, "its Cluster moved the keys to another node"),
    (exceptions.InvalidResponse, "it doesn't speak Redis' protocol"),
    (exceptions.TimeoutError, "it doesn't answer in time"),
    (TimeoutError, "it doesn't answer in time"),
    (ssl.SSLError, "TLS can't be agreed on"),
    (ConnectionRefusedError, "nothing listens there"),
    (ConnectionResetError, "the connection was lost"),
    (socket.gaierror, "its host's name isn't known"),
)
# The command's name is the server's own word; the rest of such a message may hold what was sent.
_DENIED: Final = (
    (re.compile(r"permissions to run the '([a-z|]+)'"), "the user may not run {}"),
    (re.compile(r"access (?:a|one of the) keys?"), "the user may not use keys that begin with holdfast:"),
    (re.compile(r"access (?:a|one of the) channels?"), "the user may not use channels that begin with holdfast:"),
    (re.compile(r"can't run this command"), "the user may not do what is needed"),
    (re.compile(r"nknown (?:sub)?command [`']([A-Za-z|]+)[`']"), "it doesn't know {}"),
    (re.compile(r"DB index is out of range"), "it has no database of this number"),
    (re.compile(r"nknown (?:Redis )?command"), "it doesn't know a command that is needed"),
)
_ERRORS: Final = (exceptions.RedisError, OSError, TimeoutError, ValueError)


class Wire:
    """One connection."""

    def __init__(self, connection: AbstractConnection) -> None:
        self._connection = connection
        self._used = 0.0

    @property
    def open(self) -> bool:
        return bool(self._connection.is_connected)

    @property
    def rested(self) -> bool:
        """Whether it wasn't used for so long that it may have been dropped somewhere on its way, unnoticed."""
        return asyncio.get_running_loop().time() - self._used > REST

    async def useful(self) -> bool:
        """Whether the next call may be tried on it, as far as can be said without asking the server."""
        if not self.open or self.rested:
            return False
        writer = self._connection._writer
        # Something to read though nothing was asked: the server's farewell.
        return writer is not None and not writer.is_closing() and not await self._connection.can_read()

    async def connect(self) -> None:
        with translated():
            async with asyncio.timeout(CONNECT):
                await self._connection.connect()  # type: ignore[no-untyped-call]
        self._used = asyncio.get_running_loop().time()

    async def call(self, *words: str | bytes | int, patience: float = COMMAND) -> Any:
        """Sends a command and gives its answer."""
        with translated():
            try:
                async with asyncio.timeout(patience):
                    await self._send(words)
                    # The driver's own time limit would answer None, which a server may answer as well.
                    return await self._connection.read_response(timeout=FOREVER)
            except exceptions.ResponseError:
                raise
            except BaseException:
                await self.close()
                raise
            finally:
                self._used = asyncio.get_running_loop().time()

    async def send(self, *words: str) -> None:
        """Sends a command whose answers are heard apart."""
        with translated():
            async with asyncio.timeout(COMMAND):
                await self._send(words)

    async def _send(self, words: tuple[str | bytes | int, ...]) -> None:
        if not self.open:
            # The driver would connect again, beside what its owner keeps account of.
            raise ConnectionResetError("closed")
        await self._connection.send_packed_command(hiredis.pack_command(words), check_health=False)  # type: ignore[arg-type]

    async def hear(self, patience: float) -> Any:
        """The next thing that the server says by itself, or None when it says nothing for so long."""
        with translated():
            return await self._connection.read_response(timeout=patience)

    async def close(self) -> None:
        """Drops the connection; a call that waits on it fails at once."""
        with suppress(*_ERRORS):  # it is gone either way
            await self._connection.disconnect(nowait=True)


def wire(address: Address, target: tuple[str, int] | None, decoded: bool = True) -> Wire:
    """A wire, not connected yet, to this server of the address."""
    if target is None:
        connection: AbstractConnection = UnixDomainSocketConnection(
            path=address.path, **_common(address.login, address.database, decoded)
        )
        return Wire(connection)
    return Wire(_network(address, target, address.login, address.database, decoded))


async def target_of(address: Address, key: str) -> tuple[str, int] | None:
    """The server that holds ``key`` now; None for a socket's path."""
    if address.kind == "unix":
        return None
    if address.kind == "single":
        return address.endpoints[0]
    problem: Unavailable | None = None
    for endpoint in address.endpoints:
        try:
            found = await (_master if address.kind == "sentinel" else _owner)(address, endpoint, key)
        except Unavailable as error:
            problem = error
        else:
            if found is not None:
                return found
    raise problem or Unavailable(f"no Sentinel knows a master of {address.service}")


async def _master(address: Address, endpoint: tuple[str, int], key: str) -> tuple[str, int] | None:
    """Whom this Sentinel names."""
    sentinel = Wire(_network(address, endpoint, address.sentinel_login, 0, decoded=True))
    try:
        await sentinel.connect()
        found = await sentinel.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", address.service)
    finally:
        await sentinel.close()
    return None if found is None else (found[0], int(found[1]))


async def _owner(address: Address, endpoint: tuple[str, int], key: str) -> tuple[str, int]:
    """The Cluster's node to which this one sends those who ask for the key."""
    for _ in range(HOPS):
        node = wire(address, endpoint)
        try:
            await node.connect()
            await node.call("EXISTS", key)
        except Unavailable as error:
            if not isinstance(error.__cause__, exceptions.MovedError):
                raise
            moved = error.__cause__
            endpoint = (moved.host or endpoint[0], int(moved.port))
        else:
            return endpoint
        finally:
            await node.close()
    raise Unavailable("Redis can't be reached: its Cluster sends from node to node")


def _network(
    address: Address, endpoint: tuple[str, int], login: Login, database: int, decoded: bool
) -> AbstractConnection:
    host, port = endpoint
    common = _common(login, database, decoded)
    if address.tls is None:
        return Connection(host=host, port=port, **common)
    options: dict[str, Any] = dict(address.tls)
    return SSLConnection(host=host, port=port, **common, **options)


def _common(login: Login, database: int, decoded: bool) -> dict[str, Any]:
    return {
        "db": database,
        "username": login.username or None,
        "password": login.password or None,
        "socket_connect_timeout": CONNECT,
        "socket_timeout": None,  # calls have their own
        "decode_responses": decoded,
        "protocol": 2,
        "driver_info": None,
        "client_name": "holdfast",
    }


@contextmanager
def translated() -> Iterator[None]:
    """Turns a driver's error inside its block into what it means; no message holds an argument or a credential."""
    try:
        yield
    except asyncio.CancelledError:
        raise
    except exceptions.ResponseError as error:
        code = str(error).partition(" ")[0].lstrip("-")
        if isinstance(error, exceptions.NoScriptError):
            code = "NOSCRIPT"
        if code in _KEYS:
            raise Refused(code) from error
        raise Unavailable(f"Redis can't be used: {_reason(error)}") from error
    except _ERRORS as error:
        raise Unavailable(f"Redis can't be reached: {_reason(error)}") from error


def _reason(error: BaseException) -> str:
    if isinstance(error, exceptions.ResponseError):
        for pattern, reason in _DENIED:
            if found := pattern.search(str(error)):
                return reason.format(*(name.upper() for name in found.groups()))
    under = error.__cause__ or error.__context__
    for kind, reason in _REASONS:
        if isinstance(error, kind) or isinstance(under, kind):
            return reason
    code = str(error).partition(" ")[0]
    if isinstance(error, exceptions.ResponseError) and code.isascii() and code.isalpha() and code.isupper():
        return f"it answers {code}"
    return "the connection was lost" if isinstance(error, exceptions.ConnectionError) else type(error).__name__


def answered(error: BaseException) -> bool:
    """Whether this came of a word that the server said, and not of its silence."""
    return isinstance(error.__cause__, exceptions.ResponseError)
