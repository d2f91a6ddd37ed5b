"""CORS for webhooks that ask for it: pages of the origins that a trigger names may call it and read its answer.

It decides what a browser shows to a page, and lets nobody in: a request from elsewhere is served without these headers.
Credentials are never allowed. A preflight is never a delivery: without ``cors`` it is refused (405). Any other
``OPTIONS`` is one.
"""

from typing import Any, Final

from holdfast.model.trigger import WebhookSpec

Headers = list[tuple[bytes, bytes]]

_ANY: Final = "*"
METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_MAX_AGE: Final = (b"access-control-max-age", b"600")
_EXPOSED: Final = (b"access-control-expose-headers", b"x-correlation-id, retry-after")
_VARY: Final = (b"vary", b"origin")


def is_preflight(scope: Any) -> bool:
    """Whether a browser asks if it may send the request that a page wants to send."""
    if scope["method"] != "OPTIONS":
        return False
    names = {name for name, _ in scope["headers"]}
    return b"origin" in names and b"access-control-request-method" in names


def cors_headers(spec: WebhookSpec, headers: Headers) -> Headers:
    """What every answer of the trigger says, refusals too: a page may read those as well."""
    if not spec.cors:
        return []
    allowed = _allowed_origin(spec, headers)
    if allowed is None:
        return [_VARY]
    return [(b"access-control-allow-origin", allowed), _EXPOSED, _VARY]


def preflight_headers(spec: WebhookSpec, scope: Any) -> Headers:
    """What the answer to a preflight says besides ``cors_headers``: nothing to an origin that isn't allowed."""
    if _allowed_origin(spec, scope["headers"]) is None:
        return []
    methods = ", ".join(spec.methods or METHODS).encode()
    asked = [value for name, value in scope["headers"] if name == b"access-control-request-headers"]
    answer = [(b"access-control-allow-methods", methods), _MAX_AGE]
    if asked:
        answer.append((b"access-control-allow-headers", b", ".join(asked)))
    return answer


def _allowed_origin(spec: WebhookSpec, headers: Headers) -> bytes | None:
    """The origin that may read the answer, as the answer names it."""
    origins = [value for name, value in headers if name == b"origin"]
    if len(origins) != 1:
        return None
    if _ANY in spec.cors:
        return _ANY.encode()
    origin = origins[0].decode("latin-1")
    return origins[0] if any(origin.lower() == known.lower().rstrip("/") for known in spec.cors) else None
