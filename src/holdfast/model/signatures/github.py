"""``github``: ``X-Hub-Signature-256: sha256=<hex>`` over the body. It signs no time and no id."""

from collections.abc import Sequence
from hashlib import sha256
from hmac import digest
from typing import Final

from holdfast.model.instant import Instant
from holdfast.model.signatures.message import Message, Proof, check_match, digest_of, from_hex, malformed
from holdfast.model.trigger import Signature

HEADER: Final = "X-Hub-Signature-256"
_PREFIX: Final = b"sha256="


def verify(signature: Signature, secrets: Sequence[str], message: Message, now: Instant) -> Proof:
    value = message.ascii_header(HEADER)
    given = from_hex(value.removeprefix(_PREFIX))
    if not value.startswith(_PREFIX) or not given:
        raise malformed(HEADER)
    check_match((digest(secret.encode(), message.body, sha256) for secret in secrets), [given])
    return Proof(digest=digest_of(message.body))
