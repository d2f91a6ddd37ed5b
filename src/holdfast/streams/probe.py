"""Whether a server can do all that Holdfast needs of it: what is missing is to be known before it is used.

Without this, a user without the right to run scripts, or a proxy that doesn't know blocking reads, would look healthy
until the first call that needs it, time and again.
"""

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from holdfast.streams.layout import GROUP
from holdfast.streams.refusal import Refused
from holdfast.streams.scripts import PROBE

if TYPE_CHECKING:
    from holdfast.streams.wire import Wire

_READ: Final = ("XREADGROUP", "GROUP", GROUP, "probe", "COUNT", 1, "BLOCK", 1, "STREAMS")


async def probe(wire: "Wire", prefix: str) -> None:
    """Raises ``Unavailable`` when something can't be done. The wire is of no other use after it: it listens."""
    await wire.call("SET", f"{prefix}pulse", "1", "PX", 60_000)
    await wire.call("EVAL", PROBE.text, 1, prefix)
    with suppress(Refused):  # scripts were flushed meanwhile
        await wire.call("EVALSHA", PROBE.digest, 1, prefix)
    with suppress(Refused):  # another process's probe began the stream anew
        await wire.call(*_READ, f"{prefix}probe:stream", ">")
    await wire.call("XADD", f"{prefix}probe:stream", "NOMKSTREAM", "MAXLEN", 1, "*", "o", "probe")
    await wire.call("HMGET", f"{prefix}probe:hash", "a")
    await wire.call("BLPOP", f"{prefix}probe:list", "0.001")
    await wire.call("PUBLISH", f"{prefix}probe", "")
    await wire.call("PUBSUB", "CHANNELS", f"{prefix}probe")
    await wire.call("SUBSCRIBE", f"{prefix}probe")
