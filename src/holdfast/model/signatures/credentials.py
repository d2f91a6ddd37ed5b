"""``basic`` and ``bearer``: the secret itself in ``Authorization``. Nothing of the request is signed."""

from collections.abc import Sequence
from typing import Final

from holdfast.model.instant import Instant
from holdfast.model.signatures.message import Message, Proof, check_match, from_base64, malformed
from holdfast.model.trigger import Signature

HEADER: Final = "Authorization"


def verify_basic(signature: Signature, secrets: Sequence[str], message: Message, now: Instant) -> Proof:
    pair = from_base64(_credentials(b"basic", message))
    if not pair:
        raise malformed(HEADER)
    check_match((f"{signature.user}:{secret}".encode() for secret in secrets), [pair])
    return Proof()


def verify_bearer(signature: Signature, secrets: Sequence[str], message: Message, now: Instant) -> Proof:
    check_match((secret.encode() for secret in secrets), [_credentials(b"bearer", message)])
    return Proof()


def _credentials(scheme: bytes, message: Message) -> bytes:
    given, _, credentials = message.header(HEADER).partition(b" ")
    if given.lower() != scheme or not credentials.strip():
        raise malformed(HEADER)
    return credentials.strip()
