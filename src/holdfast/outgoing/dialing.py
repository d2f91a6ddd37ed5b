"""Connections that aren't HTTP: looked up here, judged, and connected by the very address that was judged."""

import asyncio
import socket

from holdfast.outgoing.guard import EgressGuard, refused


async def dial(guard: EgressGuard, host: str, port: int) -> socket.socket:
    """A connected socket. Raises ``PermissionError`` when no address of the host is open, else ``OSError``."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    allowed = [info for info in found if guard.allows(str(info[4][0]), host)]
    if not allowed:
        raise refused()
    trouble: OSError | None = None
    for info in allowed:
        made = guard.socket_for(info)
        made.setblocking(False)
        try:
            await loop.sock_connect(made, info[4])
        except OSError as error:
            made.close()
            trouble = error
        except BaseException:
            made.close()
            raise
        else:
            return made
    raise trouble or refused()
