"""The cookies of this server: where they count, and how they are set and taken back.

Over HTTPS (the request's own, or the public address's) a cookie's name begins with ``__Host-``: browsers then take it
from this host alone, for all of it, and never send it in clear. It can't be read by scripts, and its session isn't sent
with what another site's pages ask for.
"""

from typing import Final, Literal, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from holdfast.engine.people.sessions import LIFETIME
from holdfast.model.instant import MINUTE, SECOND, Micros

# As long as a way through an OpenID provider may take.
OPENID_TIME: Final = 10 * MINUTE


class _Cookie(NamedTuple):
    """A cookie's names over HTTPS and in clear, how long it lasts, and with which pages' requests it is sent."""

    secure: str
    plain: str
    age: Micros
    site: Literal["strict", "lax"]


_SESSION: Final = _Cookie("__Host-holdfast", "holdfast_session", LIFETIME, "strict")
# Lax, since the provider's page leads back here.
_OPENID: Final = _Cookie("__Host-holdfast-openid", "holdfast_openid", OPENID_TIME, "lax")


def session_token(request: Request, public_url: str | None) -> str | None:
    """The token of the session that the browser has."""
    return request.cookies.get(_name(_SESSION, request, public_url))


def set_session(response: Response, request: Request, public_url: str | None, token: str) -> None:
    """For as long as a session can last; when it ends is the store's business."""
    _set(_SESSION, response, request, public_url, token)


def drop_session(response: Response, request: Request, public_url: str | None) -> None:
    _drop(_SESSION, response, request, public_url)


def openid_state(request: Request, public_url: str | None) -> str | None:
    return request.cookies.get(_name(_OPENID, request, public_url))


def set_openid_state(response: Response, request: Request, public_url: str | None, sealed: str) -> None:
    _set(_OPENID, response, request, public_url, sealed)


def drop_openid_state(response: Response, request: Request, public_url: str | None) -> None:
    _drop(_OPENID, response, request, public_url)


def is_secure(request: Request, public_url: str | None) -> bool:
    return request.url.scheme == "https" or (public_url or "").startswith("https://")


def _name(cookie: _Cookie, request: Request, public_url: str | None) -> str:
    return cookie.secure if is_secure(request, public_url) else cookie.plain


def _set(cookie: _Cookie, response: Response, request: Request, public_url: str | None, value: str) -> None:
    name, secure = _name(cookie, request, public_url), is_secure(request, public_url)
    response.set_cookie(
        name, value, max_age=cookie.age // SECOND, path="/", secure=secure, httponly=True, samesite=cookie.site
    )


def _drop(cookie: _Cookie, response: Response, request: Request, public_url: str | None) -> None:
    name, secure = _name(cookie, request, public_url), is_secure(request, public_url)
    response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite=cookie.site)
