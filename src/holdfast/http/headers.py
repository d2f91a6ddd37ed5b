"""Headers that guard the browser of whoever reads an answer: OWASP's list, on every answer, by what it is.

Every answer forbids sniffing, framing and what other sites could do with it; one that brings no policy of its own may
load nothing at all. Pages also give up what they don't need of the browser. Where this server is reached over https,
browsers are told to stay there; of its subdomains, nothing is said.
"""

from collections.abc import Iterable
from typing import Final

Header = tuple[bytes, bytes]

_ALWAYS: Final[tuple[Header, ...]] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"x-permitted-cross-domain-policies", b"none"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
# For answers that don't bring their own.
_DEFAULTS: Final[tuple[Header, ...]] = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)
_UNUSED: Final = (
    *("accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen", "geolocation"),
    *("gyroscope", "hid", "idle-detection", "magnetometer", "microphone", "midi", "payment", "picture-in-picture"),
    *("publickey-credentials-get", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking"),
)
_OF_PAGES: Final[tuple[Header, ...]] = (
    (b"permissions-policy", ", ".join(f"{name}=()" for name in _UNUSED).encode()),
    (b"cross-origin-embedder-policy", b"require-corp"),
)
_STAY: Final[Header] = (b"strict-transport-security", b"max-age=31536000")


def page_policy(**more: str) -> str:
    """The policy of a page of ours: its own scripts only, none written into it, and nobody frames it."""
    rules = {
        "default-src": "'self'",
        "script-src": "'self'",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "frame-src": "'none'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "object-src": "'none'",
        "form-action": "'self'",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def guarding(given: Iterable[Header], *, https: bool) -> list[Header]:
    """What an answer with these headers says besides."""
    named = {name.lower(): value for name, value in given}
    headers = [*_ALWAYS, *(pair for pair in _DEFAULTS if pair[0] not in named)]
    if named.get(b"content-type", b"").startswith(b"text/html"):
        headers.extend(pair for pair in _OF_PAGES if pair[0] not in named)
    if https:
        headers.append(_STAY)
    return headers
