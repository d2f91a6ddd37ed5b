"""A broker for a measurement: an empty Valkey server that flushes its log once a second.

That is what its documents advise. It holds hints only, so a flush with every command would buy nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.valkey import ValkeyServer


@contextmanager
def broker() -> Iterator[str]:
    """Its URL."""
    with ValkeyServer() as server:
        server.command("CONFIG", "SET", "appendfsync", "everysec")
        yield server.url
