"""One look at the broker, for an operator: which server it is, who reads there, and what is out. It changes nothing.

Figures are read one after another while others work: only what stays so over two looks says something.
"""

from typing import Final

from holdfast.model.instant import MILLISECOND, Instant
from holdfast.ports.inspection import Look, QueueLook
from holdfast.streams.layout import GROUP
from holdfast.streams.link import Link
from holdfast.streams.refusal import Refused

# An offer that was read and not settled for so long: its worker died, and nobody has taken it over.
FORGOTTEN_AFTER_MS: Final = 60_000


async def look(link: Link, now: Instant) -> Look:
    """Raises ``Unavailable``."""
    facts = dict(line.split(":", 1) for line in str(await link.call("INFO", "server")).splitlines() if ":" in line)
    names = sorted(await link.call("SMEMBERS", f"{link.prefix}known"))
    seats = [seat.split(" ") for seat in await link.call("HVALS", f"{link.prefix}seats")]
    free = [int(seat[1]) for seat in seats if int(seat[0]) * MILLISECOND > now]
    return Look(
        server=_server(facts),
        evicts=link.evicts(),
        seats=len(free),
        free=sum(free),
        led=bool(await link.call("EXISTS", f"{link.prefix}lead")),
        queues=tuple([await _queue(link, name, now) for name in names]),
    )


def _server(facts: dict[str, str]) -> str:
    """Valkey tells a Redis version too, for those who look for one."""
    name = facts.get("server_name", "redis").strip()
    return f"{name} {facts.get(f'{name}_version', facts.get('redis_version', '?')).strip()}"


async def _queue(link: Link, name: str, now: Instant) -> QueueLook:
    stream = f"{link.prefix}stream:{name}"
    entries = int(await link.call("XLEN", stream))
    # What has expired stays until the queue's next offer, and holds nothing back.
    register = int(await link.call("ZCOUNT", f"{link.prefix}offered:{name}", f"({now // MILLISECOND}", "+inf"))
    try:
        forgotten = await link.call("XPENDING", stream, GROUP, "IDLE", FORGOTTEN_AFTER_MS, "-", "+", 100)
    except Refused:  # no such stream or group
        return QueueLook(name, entries, register, 0, group=False)
    return QueueLook(name, entries, register, len(forgotten), group=True)
