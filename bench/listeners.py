"""Clients of the live event stream, as a process of their own: ``python -m bench.listeners ADDRESS CLIENTS EVENTS``.

Each client is one connection, read as it comes. Every event of the measurement has one ``~``, so that counting them
costs little. The first clients keep all that they got, and it is looked at in the end: which events came, in which
order, and how long after they were told. Prints ``ready`` when all are connected, and what came of it as JSON when each
has as many events as were told of, or when a line comes from outside.
"""

import itertools
import json
import re
import selectors
import socket
import sys
import time
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from bench.percentiles import percentile

LOOKED_AT: Final = 5
_STREAM: Final = "/api/v1/events/stream?type=bench.tick"
_EVENT: Final = re.compile(rb'"n":(\d+),"sent":(\d+)')
_AT_ONCE: Final = 1 << 18
_PATIENCE: Final = 10.0


class Client:
    """One connection."""

    def __init__(self, host: str, port: int, looked_at: bool) -> None:
        self.socket = socket.create_connection((host, port))
        self.socket.sendall(f"GET {_STREAM} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
        self.events = 0
        self.looked_at = looked_at
        self.parts: list[tuple[int, bytes]] = []

    def opened(self) -> None:
        """Waits for the stream's first words."""
        text = b""
        while b": connected" not in text:
            more = self.socket.recv(_AT_ONCE)
            if not more:
                raise RuntimeError(f"the stream ended: {text!r}")
            text += more

    def take(self, buffer: memoryview) -> bool:
        """Reads what has come; False at the end of the stream."""
        size = self.socket.recv_into(buffer)
        part = bytes(buffer[:size])
        self.events += part.count(b"~")
        if self.looked_at:
            self.parts.append((time.monotonic_ns(), part))
        return size > 0

    def numbers(self) -> list[int]:
        """The events in the order in which they came."""
        return [int(found[1]) for found in _EVENT.finditer(b"".join(part for _, part in self.parts))]

    def waits(self) -> list[float]:
        """Milliseconds between telling and getting."""
        return [(at - int(found[2])) / 1e6 for at, part in self.parts for found in _EVENT.finditer(part)]


def main() -> None:
    address, count, events = urlsplit(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    clients = [Client(str(address.hostname), int(address.port or 80), number < LOOKED_AT) for number in range(count)]
    for client in clients:
        client.opened()
    print("ready", flush=True)
    _read(clients, events)
    print(json.dumps(_told(clients, events)), flush=True)


def _read(clients: Sequence[Client], events: int) -> None:
    buffer, waiting = memoryview(bytearray(_AT_ONCE)), len(clients)
    with selectors.DefaultSelector() as ready:
        ready.register(sys.stdin, selectors.EVENT_READ)
        for client in clients:
            ready.register(client.socket, selectors.EVENT_READ, client)
        while waiting:
            for key, _ in ready.select(_PATIENCE):
                client = key.data
                if client is None:
                    return
                before = client.events
                if not client.take(buffer):
                    return
                waiting -= before < events <= client.events


def _told(clients: Sequence[Client], events: int) -> dict[str, Any]:
    missed = doubled = disorder = 0
    for client in clients[:LOOKED_AT]:
        numbers = client.numbers()
        missed += events - len(set(numbers))
        doubled += len(numbers) - len(set(numbers))
        disorder += sum(later < earlier for earlier, later in itertools.pairwise(numbers))
    for client in clients[LOOKED_AT:]:
        missed += max(events - client.events, 0)
        doubled += max(client.events - events, 0)
    waits = [wait for client in clients[:LOOKED_AT] for wait in client.waits()]
    return {
        "missed": missed,
        "doubled": doubled,
        "disorder": disorder,
        "p50": percentile(waits, 50) if waits else 0.0,
        "p99": percentile(waits, 99) if waits else 0.0,
    }


if __name__ == "__main__":
    main()
