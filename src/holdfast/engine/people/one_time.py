"""One-time codes of an authenticator app (RFC 6238: SHA-1, six digits, 30 seconds), and recovery codes in their stead.

A code counts in its own step and the one on either side. Which step it was of is kept by who checks it, so that a code
that somebody looked at over a shoulder can't be used a second time. A recovery code has 80 random bits and is known by
its hash alone.
"""

from base64 import b32decode, b32encode
from binascii import Error
from collections.abc import Iterable
from hashlib import sha256
from typing import Final
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from holdfast.model.errors import Invalid, Problem
from holdfast.model.instant import SECOND, Instant
from holdfast.ports import Entropy

ISSUER: Final = "Holdfast"
RECOVERY_CODES: Final = 10
_STEP: Final = 30
_DIGITS: Final = 6
_SEED: Final = 20
_GROUP: Final = 4


def new_seed(entropy: Entropy) -> str:
    """160 random bits in base 32, as authenticator apps take them."""
    return b32encode(_random(entropy, _SEED)).decode()


def seed_of(text: str) -> str:
    """A seed that a client sends back. Raises ``Invalid``."""
    try:
        seed = b32decode(text.strip().replace(" ", "").upper())
    except (Error, ValueError):
        seed = b""
    if len(seed) != _SEED:
        raise Invalid([Problem("secret", "isn't the one that was given")], "The secret is not valid")
    return b32encode(seed).decode()


def uri_of(seed: str, email: str) -> str:
    """What an authenticator app reads from a QR code."""
    label = quote(f"{ISSUER}:{email}")
    return f"otpauth://totp/{label}?{urlencode({'secret': seed, 'issuer': ISSUER})}"


def step_of(seed: str, code: str, now: Instant) -> int | None:
    """The step that the code is of, when it counts now."""
    if len(code) != _DIGITS or not (code.isascii() and code.isdecimal()):
        return None
    totp = TOTP(b32decode(seed), _DIGITS, SHA1(), _STEP)
    current = now // SECOND // _STEP
    for step in (current, current - 1, current + 1):
        if bytes_eq(totp.generate(step * _STEP), code.encode()):
            return step
    return None


def code_at(seed: str, now: Instant) -> str:
    """The code that an authenticator app shows."""
    return TOTP(b32decode(seed), _DIGITS, SHA1(), _STEP).generate(now // SECOND).decode()


def new_recovery_codes(entropy: Entropy) -> list[str]:
    """Ten, in groups that a person can copy by hand."""
    texts = (b32encode(_random(entropy, 10)).decode().lower() for _ in range(RECOVERY_CODES))
    return ["-".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP)) for text in texts]


def recovery_hash(code: str) -> str:
    """What is kept of a recovery code, however it was typed."""
    plain = "".join(letter for letter in code.lower() if letter.isalnum())
    return sha256(b"recovery\0" + plain.encode()).hexdigest()


def recovery_hashes(codes: Iterable[str]) -> frozenset[str]:
    return frozenset(map(recovery_hash, codes))


def _random(entropy: Entropy, size: int) -> bytes:
    return sha256((entropy.new_key() + entropy.new_key()).encode()).digest()[:size]
