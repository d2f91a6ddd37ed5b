"""The cookies of this server: where they count, and how they are set and taken back.

Over HTTPS (the request's own, or the public address's) a cookie's name begins with ``__Host-``: browsers then take it
from this host alone, for all of it, and never send it in clear. It can't be read by scripts, and its session isn't sent
with what another site's pages ask for.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from holdfast.engine.people.sessions import LIFETIME
from holdfast.model.instant import MINUTE, SECOND

# As long as a way through an OpenID provider may take.
OPENID_TIME: Final = 10 * MINUTE
_SECURE: Final = "__Host-"


def session_token(request: Request, public_url: str | None) -> str | None:
    """The token of the session that the browser has."""
    return request.cookies.get(_session_name(request, public_url))


def set_session(response: Response, request: Request, public_url: str | None, token: str) -> None:
    secure = is_secure(request, public_url)
    name = _session_name(request, public_url)
    # For as long as a session can last; when it ends is the store's business.
    response.set_cookie(
        name, token, max_age=LIFETIME // SECOND, path="/", secure=secure, httponly=True, samesite="strict"
    )


def drop_session(response: Response, request: Request, public_url: str | None) -> None:
    secure = is_secure(request, public_url)
    name = _session_name(request, public_url)
    response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="strict")


def openid_state(request: Request, public_url: str | None) -> str | None:
    return request.cookies.get(_openid_name(request, public_url))


def set_openid_state(response: Response, request: Request, public_url: str | None, sealed: str) -> None:
    """Lax, since the provider's page leads back here."""
    secure = is_secure(request, public_url)
    name = _openid_name(request, public_url)
    response.set_cookie(
        name, sealed, max_age=OPENID_TIME // SECOND, path="/", secure=secure, httponly=True, samesite="lax"
    )


def drop_openid_state(response: Response, request: Request, public_url: str | None) -> None:
    secure = is_secure(request, public_url)
    name = _openid_name(request, public_url)
    response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="lax")


def is_secure(request: Request, public_url: str | None) -> bool:
    return request.url.scheme == "https" or (public_url or "").startswith("https://")


def _session_name(request: Request, public_url: str | None) -> str:
    return _SECURE + "holdfast" if is_secure(request, public_url) else "holdfast_session"


def _openid_name(request: Request, public_url: str | None) -> str:
    return _SECURE + "holdfast-openid" if is_secure(request, public_url) else "holdfast_openid"
