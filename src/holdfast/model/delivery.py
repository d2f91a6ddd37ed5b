"""Deliveries: events on their way to a subscription, in the form of Standard Webhooks 1.0. Pure.

The body is ``{"id", "type", "timestamp", "subject", "run", "node", "job", "data"}``, and ``attributes`` where its
sender gave some: the event as the API shows it, its time as ``timestamp``. Its data stay under ``data`` as they are, so
that no key of theirs meets one of ours.

``webhook-id`` is made of the event's id and the same for each attempt, each redelivery and each subscription;
``webhook-timestamp`` is the attempt's time. ``webhook-signature`` has one ``v1`` entry for each key that signs: two
while a secret is being replaced.
"""

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Final
from zlib import crc32

from holdfast.model.event import Event
from holdfast.model.instant import DAY, HOUR, MINUTE, SECOND, Instant, Micros, format_instant
from holdfast.model.json import JSON, JSONObject
from holdfast.model.retry import RetryPolicy

SECRET_PREFIX: Final = "whsec_"
SECRET_BYTES: Final = (24, 64)
TEST_TYPE: Final = "holdfast.test"
# How long the secret that was replaced signs too.
OVERLAP: Final[Micros] = DAY
# How long a receiver may take: enough to take a delivery in, not to work on it.
PATIENCE: Final[Micros] = 15 * SECOND
# The attempt's own bound, for what hangs otherwise.
TIMEOUT: Final[Micros] = MINUTE
# The waits after the first attempt that failed, the second, …: together three days and some hours.
WAITS: Final[tuple[Micros, ...]] = (
    5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR,
)  # fmt: skip
# Its delay only holds for an attempt that ends without an answer of the handler; every other one asks for its own.
POLICY: Final = RetryPolicy(
    max_attempts=len(WAITS) + 1, strategy="fixed", base_delay=WAITS[0], max_delay=WAITS[0], jitter="none"
)
# Deliveries that fail together don't come back together: up to this part of a wait is added to it.
_SPREAD: Final = 10


def wait_after(used: int, job_id: str) -> Micros:
    """The wait after the attempt that was number ``used`` of the budget; a little different for each job."""
    wait = WAITS[min(max(used, 1), len(WAITS)) - 1]
    return wait + wait * (crc32(f"{job_id}:{used}".encode()) % 1_000) // (1_000 * _SPREAD)


def message_of(event: Event) -> JSONObject:
    """The event as its receivers see it."""
    return {
        "id": event.cursor,
        "type": event.type,
        "timestamp": format_instant(event.at),
        "subject": event.subject,
        "run": event.run_id,
        "node": event.node_id,
        "job": event.job_id,
        **({} if event.attributes is None else {"attributes": event.attributes}),
        "data": event.data,
    }


def body_of(message: JSON) -> bytes:
    """The body to sign and to send."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def webhook_id(event_id: str) -> str:
    """The event's id without full stops, which part what is signed."""
    return "evt_" + event_id.replace(".", "-")


def headers_of(message_id: str, at: Instant, body: bytes, keys: Sequence[bytes]) -> dict[str, str]:
    """The headers that prove who sent this body now."""
    seconds = str(at // SECOND)
    signed = b".".join((message_id.encode(), seconds.encode(), body))
    entries = (f"v1,{b64encode(hmac.digest(key, signed, 'sha256')).decode()}" for key in keys)
    return {"webhook-id": message_id, "webhook-timestamp": seconds, "webhook-signature": " ".join(entries)}


def secret_of(key: bytes) -> str:
    """A signing key as its receiver is given it."""
    return SECRET_PREFIX + b64encode(key).decode()


def key_of(secret: str) -> bytes:
    """The signing key of a secret. Raises ``ValueError`` with the rule, never with the secret."""
    least, most = SECRET_BYTES
    rule = f"must be {SECRET_PREFIX} and {least} to {most} bytes in base64"
    if not secret.startswith(SECRET_PREFIX):
        raise ValueError(rule)
    try:
        key = b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except ValueError:
        raise ValueError(rule) from None
    if not least <= len(key) <= most:
        raise ValueError(rule)
    return key
