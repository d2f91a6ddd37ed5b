"""A webhook request as a ``Delivery``: its body decoded by its declared type, never by guessing.

JSON types give their value, forms an object, text types text, anything else base64. An empty body is null.
Credentials of the sender's HTTP client (``Authorization``, cookies) stay out: a delivery is shown with its run.
"""

from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from typing import Any, Final
from urllib.parse import parse_qsl

from holdfast.engine.hooks import Delivery
from holdfast.http.body import media_type
from holdfast.http.multipart import multipart_object
from holdfast.model.json import JSON, JSONObject
from holdfast.strict_json import Malformed, check_portable, read_json, text_of

_ID_HEADERS: Final = ("idempotency-key", "webhook-id", "x-github-delivery", "x-delivery-id")
_KEPT_OUT: Final = frozenset({"authorization", "proxy-authorization", "cookie"})
_LONGEST_ID: Final = 255
_FIELDS: Final = 1_000


def delivery_of(scope: Any, body: bytes) -> Delivery:
    """Raises ``Malformed`` or ``Invalid`` for a body that isn't what it says it is."""
    headers = _headers(scope["headers"])
    query = query_object(scope["query_string"])
    return Delivery(
        method=scope["method"],
        path=scope["path"],
        query=query,
        headers=dict(headers),
        body=decoded(body, headers.get("content-type", "")),
        raw_digest=sha256(body).hexdigest(),
        delivery_id=_delivery_id(headers),
    )


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in raw:
        key = name.decode("latin-1")
        if key not in _KEPT_OUT:
            text = value.decode("latin-1")
            found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def query_object(raw: bytes) -> JSONObject:
    """Name → value of a query. Raises ``Malformed`` or ``Invalid``."""
    if not raw:
        return {}
    query = _object(raw.decode("latin-1"), "The query")
    check_portable(query)
    return query


def decoded(body: bytes, content_type: str) -> JSON:
    """A body as its declared type says. Raises ``Malformed`` or ``Invalid``."""
    if not body:
        return None
    kind = media_type(content_type)
    if kind == "application/json" or kind.endswith("+json"):
        return read_json(body)
    if kind == "application/x-www-form-urlencoded":
        value: JSON = _object(text_of(body), "The form")
    elif kind == "multipart/form-data":
        value = multipart_object(body, content_type)
    elif kind.startswith("text/"):
        value = text_of(body)
    else:
        return b64encode(body).decode()
    check_portable(value)
    return value


def _object(text: str, what: str) -> JSONObject:
    """Name → value of a form or a query; a name given more than once has a list."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_FIELDS)
    except UnicodeDecodeError:
        raise Malformed("it holds bytes that are not UTF-8", f"{what} can't be read") from None
    except ValueError:
        raise Malformed(f"it has more than {_FIELDS} fields", f"{what} can't be read") from None
    return gathered(pairs)


def gathered(pairs: Iterable[tuple[str, JSON]]) -> JSONObject:
    found: dict[str, list[JSON]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _delivery_id(headers: dict[str, str]) -> str | None:
    """The sender's id of this delivery. One that is too long or odd to keep stands by its hash."""
    for name in _ID_HEADERS:
        value = headers.get(name)
        if value:
            if len(value) <= _LONGEST_ID and value.isascii() and value.isprintable():
                return value
            return "sha256:" + sha256(value.encode()).hexdigest()
    return None
