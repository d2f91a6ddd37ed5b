"""The single local user: signed in by itself, while that is safe.

Modes: shut (``enabled`` False: the server listens beyond loopback), or open as long as no owner exists. Open means: a
request from a loopback address, with a loopback ``Host`` (a rebound DNS name has another), that no proxy passed on, and
that no page of another site sent. An owner that appears ends it within a second in every process, at once in this one.
"""

from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request

from holdfast.model.instant import SECOND, Instant
from holdfast.ports import Store

_FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


@dataclass(slots=True)
class LocalAccess:
    """Whether the local user may be signed in. ``enabled``: the server is bound to loopback addresses only."""

    enabled: bool
    _owned: bool = field(default=True, init=False)
    _asked_at: Instant | None = field(default=None, init=False)

    async def is_open(self, store: Store, now: Instant) -> bool:
        if not self.enabled:
            return False
        if self._asked_at is None or not 0 <= now - self._asked_at < SECOND:
            self._owned = await store.has_owner()
            self._asked_at = now
        return not self._owned

    def forget(self) -> None:
        """Ask the store again at the next request: owners have changed."""
        self._asked_at = None


def is_loopback(name: str) -> bool:
    """Whether a host name or address (brackets and port allowed) can only mean this machine."""
    host = host_of(name)
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def host_of(authority: str) -> str:
    """The host of ``host``, ``host:port``, ``[::1]`` or ``[::1]:port``; empty when there is none."""
    text = authority.strip().lower()
    if text.count(":") > 1 and not text.startswith("["):
        return text
    try:
        return urlsplit(f"//{text}").hostname or ""
    except ValueError:
        return ""


def reached_locally(request: Request) -> bool:
    """The request came from this machine, to a loopback name, and not through a proxy."""
    hosts = request.headers.getlist("host")
    return (
        request.client is not None
        and is_loopback(request.client.host)
        and len(hosts) == 1
        and is_loopback(hosts[0])
        and not any(name in request.headers for name in _FORWARDED)
    )


def sent_by_another_site(request: Request) -> bool:
    """A browser says that a page of another origin made this request."""
    site = request.headers.get("sec-fetch-site", "none")
    origin = request.headers.get("origin")
    if site == "cross-site":
        return True
    return origin is not None and origin.lower() != f"{request.url.scheme}://{request.headers.get('host', '').lower()}"
