"""The single local user: signed in by itself, while that is safe.

Modes: shut (``enabled`` False: the server listens beyond loopback), or open: a request from a loopback address, with a
loopback ``Host`` (a rebound DNS name has another), that no proxy passed on, and that no page of another site sent. API
keys don't end it; a person of one's own, who signs in, will.
"""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request

_FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


@dataclass(frozen=True, slots=True)
class LocalAccess:
    """Whether the local user may be signed in. ``enabled``: the server is bound to loopback addresses only."""

    enabled: bool


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
    """The request came from this machine, to a loopback name, and not through a proxy.

    Browsers and today's clients speak HTTP/1.1; a proxy that says nothing of whom it passes on, and puts a loopback
    name in place of theirs (as nginx does where it isn't told otherwise), speaks 1.0.
    """
    hosts = request.headers.getlist("host")
    return (
        request.client is not None
        and is_loopback(request.client.host)
        and len(hosts) == 1
        and is_loopback(hosts[0])
        and not any(name in request.headers for name in _FORWARDED)
        and request.scope.get("http_version") != "1.0"
    )


def sent_by_another_site(request: Request) -> bool:
    """A browser says that a page of another origin made this request."""
    site = request.headers.get("sec-fetch-site", "none")
    origin = request.headers.get("origin")
    if site == "cross-site":
        return True
    return origin is not None and origin.lower() != f"{request.url.scheme}://{request.headers.get('host', '').lower()}"
