"""``stripe``: ``Stripe-Signature: t=<seconds>,v1=<hex>,v1=<hex>,…`` over ``{t}.{body}``. Other schemes don't count."""

from collections.abc import Sequence
from hashlib import sha256
from hmac import digest
from typing import Final

from holdfast.model.instant import Instant
from holdfast.model.signatures.message import (
    Message,
    Proof,
    check_age,
    check_match,
    digest_of,
    from_hex,
    malformed,
    stamp_of,
)
from holdfast.model.trigger import Signature

HEADER: Final = "Stripe-Signature"


def verify(signature: Signature, secrets: Sequence[str], message: Message, now: Instant) -> Proof:
    pairs = [entry.strip().partition(b"=") for entry in message.ascii_header(HEADER).split(b",")]
    times = [value for name, _, value in pairs if name == b"t"]
    found = [from_hex(value) for name, _, value in pairs if name == b"v1"]
    given = [value for value in found if value]
    if len(times) != 1 or not given:
        raise malformed(HEADER)
    stamp = stamp_of(HEADER, times[0])
    signed = b"%s.%s" % (times[0], message.body)
    check_match((digest(secret.encode(), signed, sha256) for secret in secrets), given)
    check_age(stamp, now, signature.tolerance)
    return Proof(digest=digest_of(signed))
