"""What this server takes at most, of anybody: how its limits are set, and those that nobody sets.

The head of a request, its time and its connections are bounded in ``connections``, bodies in ``body``, rates in
``rates``, live streams in ``streams``.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Self

from holdfast.http.addresses import Network, networks_of

# Bytes of a request's first line, and of its whole head.
MAX_LINE: Final = 16 * 1024
MAX_HEAD: Final = 64 * 1024
MAX_HEADERS: Final = 128
# Seconds that a head may take from its first byte, or a new connection until then.
HEAD_TIME: Final = 15.0
# Seconds in which a body must have come; and in which something of it must come.
BODY_TIME: Final = 120.0
BODY_SILENCE: Final = 20.0
# Seconds for which a client may take in nothing of its answer.
TAKE_TIME: Final = 60.0
# Open connections from one address that is neither this machine's nor a proxy's.
MAX_CONNECTIONS: Final = 1_000
# Live streams of one key, person or service account in this process.
MAX_STREAMS: Final = 200
MAX_PARAMETERS: Final = 100
# Files of this process that are no connections of clients; connections where the system names no bound.
_OURS: Final = 128
_MANY: Final = 100_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What an operator sets. ``rate``: requests a second of each caller, twice as many at once; 0: any number."""

    rate: int = 200
    trusted: tuple[Network, ...] = ()

    @classmethod
    def of(cls, rate: int, proxies: Iterable[str]) -> Self:
        """Raises ``ValueError`` for a proxy that is neither an address nor a network."""
        return cls(rate, networks_of(proxies))


def open_files() -> int:
    """How many connections may be open: what the system lets this process open, less what the rest of it needs."""
    with suppress(ImportError):
        import resource  # not everywhere

        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != resource.RLIM_INFINITY:
            return max(soft - max(soft // 8, _OURS), _OURS)
    return _MANY
