"""``standard``: Standard Webhooks (and Svix, which it comes from): ``webhook-id``, ``-timestamp`` and ``-signature``.

Secrets are base64, mostly after ``whsec_``. The signature covers ``{id}.{timestamp}.{body}``; its header lists several,
apart by spaces, of which ``v1`` ones count. The names that begin with ``svix-`` are taken where no other is sent.
"""

from collections.abc import Iterator, Sequence
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
    from_base64,
    malformed,
    stamp_of,
    unusable,
)
from holdfast.model.trigger import Signature

_PREFIX: Final = "whsec_"
_VERSION: Final = b"v1,"


def verify(signature: Signature, secrets: Sequence[str], message: Message, now: Instant) -> Proof:
    family = "svix" if message.has("svix-id") and not message.has("webhook-id") else "webhook"
    delivery_id = message.ascii_header(f"{family}-id")
    sent_at = message.ascii_header(f"{family}-timestamp")
    given = _signatures(f"{family}-signature", message)
    stamp = stamp_of(f"{family}-timestamp", sent_at)
    if not delivery_id:
        raise malformed(f"{family}-id")
    signed = b"%s.%s.%s" % (delivery_id, sent_at, message.body)
    keys = list(_keys(secrets))
    if not keys:
        raise unusable("no secret of it is base64")
    check_match((digest(key, signed, sha256) for key in keys), given)
    check_age(stamp, now, signature.tolerance)
    return Proof(delivery_id.decode(), digest_of(signed))


def _signatures(header: str, message: Message) -> list[bytes]:
    """Versions that aren't known here are somebody else's."""
    entries = [entry for entry in message.ascii_header(header).split() if entry.startswith(_VERSION)]
    found = [from_base64(entry.removeprefix(_VERSION)) for entry in entries]
    given = [value for value in found if value is not None]
    if not given:
        raise malformed(header)
    return given


def _keys(secrets: Sequence[str]) -> Iterator[bytes]:
    for secret in secrets:
        key = from_base64(secret.strip().removeprefix(_PREFIX).encode())
        if key:
            yield key
