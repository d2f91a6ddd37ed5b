"""How values are written into columns: JSON as text, retry policies as text, cursors as opaque text.

Times are integers and ids are text already. Text that is read here was written here, so a failure to decode is a broken
database and may travel as an exception; only cursors come from outside and are answered with ``Invalid``.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache
from typing import cast

import msgspec

from holdfast.model.egress import Egress
from holdfast.model.errors import Invalid, Problem
from holdfast.model.job import JobState
from holdfast.model.json import JSON
from holdfast.model.outcome import ErrorInfo
from holdfast.model.records import Retention
from holdfast.model.retry import RetryPolicy
from holdfast.model.spawn import Family
from holdfast.model.wait import Wait, WaitKind

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder()
_policy_decoder = msgspec.json.Decoder(RetryPolicy)
_family_decoder = msgspec.json.Decoder(Family)


def encode(value: object) -> str:
    """JSON text of a JSON value (or of a dataclass of such)."""
    return _encoder.encode(value).decode()


def encode_or_null(value: JSON) -> str | None:
    """As ``encode``, with SQL null for null, which is most columns of most rows."""
    return None if value is None else _encoder.encode(value).decode()


def decode(text: str | None) -> JSON:
    """The JSON value of a column; SQL null is null."""
    if text is None:
        return None
    value: JSON = _decoder.decode(text)
    return value


def decode_object(text: str | None) -> dict[str, JSON]:
    """The JSON object of a column; anything else is read as an empty one."""
    value = decode(text)
    return value if isinstance(value, dict) else {}


def decode_texts(text: str | None) -> tuple[str, ...]:
    """The texts of a column that holds a list of them."""
    value = decode(text)
    return tuple(str(part) for part in value) if isinstance(value, list) else ()


def encode_error(error: ErrorInfo | None) -> str | None:
    return None if error is None else encode(error.as_json())


def decode_error(text: str | None) -> ErrorInfo | None:
    """The error as it was before ``as_json`` put its details beside type and message."""
    value = decode(text)
    if not isinstance(value, dict):
        return None
    details = {key: part for key, part in value.items() if key not in ("type", "message")}
    return ErrorInfo(str(value.get("type", "")), str(value.get("message", "")), details)


def encode_retention(retention: Retention) -> str:
    return encode({state.value: micros for state, micros in retention.items()})


def decode_retention(text: str) -> Retention:
    return {JobState(state): micros for state, micros in decode_object(text).items() if isinstance(micros, int)}


def encode_egress(egress: Egress) -> str:
    only = None if egress.only is None else list(egress.only)
    return encode({"also": list(egress.also), "only": only})


def decode_egress(text: str) -> Egress:
    """A tenant that was never told where it may go has ``{}``."""
    document = decode_object(text)
    only = document.get("only")
    return Egress(_texts(document.get("also")), None if only is None else _texts(only))


def _texts(value: JSON) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, list) else ()


@lru_cache(maxsize=1024)
def encode_policy(policy: RetryPolicy) -> str:
    """Cached: thousands of jobs share a few policies."""
    return encode(policy)


@lru_cache(maxsize=1024)
def decode_policy(text: str) -> RetryPolicy:
    return _policy_decoder.decode(text)


def decode_family(text: str | None) -> Family | None:
    """How far a spawning node has come, as ``encode`` wrote it."""
    return None if text is None else _family_decoder.decode(text)


def decode_wait(text: str) -> Wait:
    """What a node waits for, as ``encode`` wrote it."""
    value = decode_object(text)
    approvers, details, since = value.get("approvers"), value.get("details"), value.get("since")
    return Wait(
        kind=cast(WaitKind, value["kind"]),
        name=str(value["name"]),
        event_type=_text(value.get("event_type")),
        condition=_text(value.get("condition")),
        since=since if isinstance(since, int) else None,
        approvers=tuple(str(name) for name in approvers) if isinstance(approvers, list) else (),
        details=details if isinstance(details, dict) else {},
    )


def _text(value: JSON) -> str | None:
    return value if isinstance(value, str) else None


def encode_cursor(*parts: str | int) -> str:
    """An opaque, URL-safe cursor that ``decode_cursor`` reads back."""
    return urlsafe_b64encode(_encoder.encode(parts)).rstrip(b"=").decode()


def decode_cursor(text: str, *kinds: type, name: str = "cursor") -> list[str | int]:
    """The parts of a cursor, checked to be of these types. Raises ``Invalid`` naming the parameter ``name``."""
    try:
        parts = _decoder.decode(urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4)))
    except (msgspec.MsgspecError, binascii.Error, ValueError):
        raise bad_cursor(name) from None
    if not isinstance(parts, list) or [type(part) for part in parts] != list(kinds):
        raise bad_cursor(name)
    return parts


def bad_cursor(name: str = "cursor") -> Invalid:
    """The answer to a cursor that no list of this store gave."""
    return Invalid([Problem(name, "is not a cursor that this server gave; leave it out to start over")])
