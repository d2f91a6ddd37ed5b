"""What a signature is checked against, and what a check says: proven, or ``Untrusted`` with a reason.

Nothing here says how a secret or an expected signature looks; comparisons take the same time wherever they differ.
"""

import binascii
from base64 import b64decode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from typing import Final

from holdfast.model.instant import SECOND, Instant, Micros, format_duration

# More seconds than any year that a calendar shows.
_STAMP_DIGITS: Final = 12
# Signatures under the old and the new secret, each in a few versions: nobody honest sends more in one header.
_MOST_SIGNATURES: Final = 32


class Untrusted(Exception):
    """The sender didn't prove who it is. The text is for the sender; ``reason`` is for the trigger's owner."""

    def __init__(self, told: str, reason: str | None = None) -> None:
        super().__init__(told)
        self.reason = told if reason is None else reason


@dataclass(frozen=True, slots=True)
class Message:
    """A request as it came: header names in lower case, with every repetition, and the raw body."""

    headers: Sequence[tuple[bytes, bytes]]
    body: bytes

    def has(self, name: str) -> bool:
        wanted = name.lower().encode()
        return any(key == wanted for key, _ in self.headers)

    def header(self, name: str) -> bytes:
        """The header's one value. Raises ``Untrusted``."""
        wanted = name.lower().encode()
        values = [value for key, value in self.headers if key == wanted]
        if not values:
            raise Untrusted(f"the header {name} is missing")
        if len(values) > 1:
            raise Untrusted(f"the header {name} stands there more than once")
        return values[0].strip()

    def ascii_header(self, name: str) -> bytes:
        """The same of a header that can only hold ASCII."""
        value = self.header(name)
        if not value.isascii():
            raise malformed(name)
        return value


@dataclass(frozen=True, slots=True)
class Proof:
    """A sender that proved itself.

    ``delivery_id`` is an id of the delivery that the signature covers. ``digest`` names what was signed, the same for
    every way to write its signature down: who sends it again can't make it look new. None where nothing is signed.
    """

    delivery_id: str | None = None
    digest: str | None = None


def malformed(header: str) -> Untrusted:
    return Untrusted(f"the header {header} doesn't have the form that this signature has")


def mismatch() -> Untrusted:
    return Untrusted("the signature doesn't match")


def unusable(reason: str) -> Untrusted:
    """It's the receiver's fault, which is no sender's business."""
    return Untrusted("the signature can't be checked", reason)


def digest_of(*parts: bytes) -> str:
    return sha256(b"".join(parts)).hexdigest()


def stamp_of(header: str, value: bytes) -> int:
    """Seconds since the epoch. Raises ``Untrusted``."""
    if not value.isdigit() or len(value) > _STAMP_DIGITS:
        raise malformed(header)
    return int(value)


def check_age(stamp: int, now: Instant, tolerance: Micros) -> None:
    """Raises ``Untrusted`` for a time outside of the replay window."""
    if abs(now - stamp * SECOND) > tolerance:
        raise Untrusted(f"the signature's time is more than {format_duration(tolerance)} away from now")


def check_match(expected: Iterable[bytes], given: Sequence[bytes]) -> None:
    """Raises ``Untrusted`` unless one of the given signatures is one of the expected."""
    if len(given) > _MOST_SIGNATURES:
        raise Untrusted(f"there are more than {_MOST_SIGNATURES} signatures")
    found = False
    for right in expected:
        for other in given:
            found |= compare_digest(right, other)
    if not found:
        raise mismatch()


def from_hex(text: bytes) -> bytes | None:
    """None for what isn't hexadecimal."""
    try:
        return binascii.unhexlify(text)
    except ValueError:
        return None


def from_base64(text: bytes) -> bytes | None:
    """None for what isn't base64."""
    try:
        return b64decode(text, validate=True)
    except ValueError:
        return None
