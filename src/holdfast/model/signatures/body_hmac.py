"""``hmac``: a keyed hash of the body in a header of the sender's choice. It signs no time and no id."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from hmac import digest
from typing import Final

from holdfast.model.instant import Instant
from holdfast.model.signatures.message import (
    Message,
    Proof,
    check_match,
    digest_of,
    from_base64,
    from_hex,
    malformed,
    unusable,
)
from holdfast.model.trigger import Signature

_HASHES: Final = {"sha1": hashlib.sha1, "sha256": hashlib.sha256, "sha512": hashlib.sha512}
_READ: Final[Mapping[str, Callable[[bytes], bytes | None]]] = {"hex": from_hex, "base64": from_base64}
ALGORITHMS: Final = tuple(_HASHES)
ENCODINGS: Final = tuple(_READ)


def verify(signature: Signature, secrets: Sequence[str], message: Message, now: Instant) -> Proof:
    algorithm, read = _HASHES.get(signature.algorithm), _READ.get(signature.encoding)
    if algorithm is None or read is None:
        raise unusable(f"{signature.algorithm} in {signature.encoding} is no signature that is known here")
    value = message.ascii_header(signature.header)
    prefix = signature.prefix.encode()
    given = read(value.removeprefix(prefix))
    if not value.startswith(prefix) or not given:
        raise malformed(signature.header)
    check_match((digest(secret.encode(), message.body, algorithm) for secret in secrets), [given])
    return Proof(digest=digest_of(message.body))
