"""Which page sent a request, as browsers tell: only this server's own pages act in the name of who is signed in.

Two headers that no page can forge say it: ``Origin`` and ``Sec-Fetch-Site``. This server's origins are the address that
the request was sent to and the public address. A request that may change something and carries a session must be said
to come from one of them; where a request proves itself otherwise it is enough that nothing says that it came from
elsewhere.
"""

from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request

from holdfast.http.errors import Refused

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN: Final = "same-origin"
# What a form of any page can send, and so never what a page of ours does.
_FORMS: Final = frozenset({"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"})
_PORTS: Final = {"http": 80, "https": 443}


def refuse_forged(request: Request, public_url: str | None) -> None:
    """For a request with a session: raises ``Refused`` unless it only reads, or one of our own pages sent it."""
    if request.method in SAFE:
        return
    if not _says_own(request) or _says_foreign(request, public_url):
        raise _refused("Only a page of this server acts for who is signed in (see HOLDFAST_PUBLIC_URL).")
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() in _FORMS:
        raise Refused(415, "Unsupported media type", "Send the body as application/json.")


def refuse_foreign(request: Request, public_url: str | None) -> None:
    """For a request that signs somebody in: raises ``Refused`` when a page of another site sent it."""
    if _says_foreign(request, public_url):
        raise _refused("A page of another site sent this request.")


def _says_own(request: Request) -> bool:
    return "origin" in request.headers or request.headers.get("sec-fetch-site") == _OWN


def _says_foreign(request: Request, public_url: str | None) -> bool:
    site = request.headers.get("sec-fetch-site", _OWN)
    origins = request.headers.getlist("origin")
    if site not in (_OWN, "none") or len(origins) > 1:
        return True
    return bool(origins) and not _is_own(origins[0], request, public_url)


def _is_own(origin: str, request: Request, public_url: str | None) -> bool:
    given = _origin(origin)
    host = request.headers.get("host", "")
    own = {_origin(f"{request.url.scheme}://{host}"), None if public_url is None else _origin(public_url)}
    return given is not None and given in own


def _origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None for what has none of them, such as ``null``."""
    try:
        parts = urlsplit(url.strip().lower())
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname and port else None


def _refused(detail: str) -> Refused:
    return Refused(403, "Forbidden", detail)
