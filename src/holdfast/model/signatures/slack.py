"""``slack``: ``X-Slack-Signature: v0=<hex>`` over ``v0:{X-Slack-Request-Timestamp}:{body}``."""

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

HEADER: Final = "X-Slack-Signature"
TIME: Final = "X-Slack-Request-Timestamp"
_PREFIX: Final = b"v0="


def verify(signature: Signature, secrets: Sequence[str], message: Message, now: Instant) -> Proof:
    value = message.ascii_header(HEADER)
    sent_at = message.ascii_header(TIME)
    given = from_hex(value.removeprefix(_PREFIX))
    if not value.startswith(_PREFIX) or not given:
        raise malformed(HEADER)
    stamp = stamp_of(TIME, sent_at)
    signed = b"v0:%s:%s" % (sent_at, message.body)
    check_match((digest(secret.encode(), signed, sha256) for secret in secrets), [given])
    check_age(stamp, now, signature.tolerance)
    return Proof(digest=digest_of(signed))
