"""A webhook request as a ``Delivery``: its body decoded by its declared type, never by guessing.

JSON types give their value, forms an object, XML and other texts text, anything else base64. An empty body is null.
Credentials of the sender stay out: a delivery is shown with its run.
"""

import re
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from typing import Any, Final
from urllib.parse import parse_qsl

from holdfast.engine.hook_values import Delivery
from holdfast.http.body import check_coding, media_type
from holdfast.http.multipart import multipart_object
from holdfast.model.json import JSON, JSONObject
from holdfast.strict_json import Malformed, check_portable, read_json, text_of

_KEPT_OUT: Final = frozenset(
    {
        "api-key", "apikey", "authorization", "cookie", "proxy-authorization", "x-access-token", "x-amz-security-token",
        "x-api-key", "x-auth-token", "x-forwarded-authorization", "x-gitlab-token", "x-goog-channel-token",
        "x-telegram-bot-api-secret-token", "x-webhook-secret",
    }
)  # fmt: skip
_TEXTS: Final = frozenset(
    {
        "application/graphql", "application/javascript", "application/jsonl", "application/x-ndjson", "application/xml",
        "application/yaml", "application/x-yaml",
    }
)  # fmt: skip
# What a text may be written in besides UTF-8, under the names that senders use.
_CHARSETS: Final = {
    "ascii": "ascii", "us-ascii": "ascii", "iso-8859-1": "latin-1", "latin1": "latin-1", "iso-8859-15": "iso-8859-15",
    "windows-1252": "cp1252", "cp1252": "cp1252", "utf-16": "utf-16", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be",
}  # fmt: skip
_UTF_8: Final = ("utf-8", "utf8", "")
_CHARSET: Final = re.compile(r';\s*charset\s*=\s*"?([A-Za-z0-9._-]{1,40})', re.IGNORECASE)
_XML_ENCODING: Final = re.compile(rb"""<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_FIELDS: Final = 1_000


def _without_key(path: str, rest: str) -> str:
    """The path as runs keep it: the key is known to whom it was given, and to nobody who may see a run."""
    return path[: len(path) - len(rest)].rpartition("/")[0] + "/*" + rest


def delivery_of(scope: Any, rest: str, body: bytes) -> Delivery:
    """Raises ``Malformed`` or ``Invalid`` for a body that isn't what it says it is, ``Refused`` for a packed one."""
    headers = _headers(scope["headers"])
    if body:
        check_coding(headers.get("content-encoding"))
    query = query_object(scope["query_string"])
    return Delivery(
        method=scope["method"],
        path=_without_key(scope["path"], rest),
        rest=rest,
        query=query,
        headers=dict(headers),
        body=decoded(body, headers.get("content-type", "")),
        raw_digest=sha256(body).hexdigest(),
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
    elif kind.startswith("text/") or kind.endswith("+xml") or kind in _TEXTS:
        value = _text(body, content_type, is_xml=kind.endswith(("/xml", "+xml")))
    else:
        return b64encode(body).decode()
    check_portable(value)
    return value


def _text(body: bytes, content_type: str, *, is_xml: bool) -> str:
    """A text in the charset that it says it is in: in its type or, for XML, in its first line; else UTF-8."""
    said = _CHARSET.search(content_type)
    charset = "" if said is None else said[1].lower()
    if is_xml and said is None and (written := _XML_ENCODING.match(body)):
        charset = written[1].decode().lower()
    if charset in _UTF_8:
        return text_of(body)
    if charset not in _CHARSETS:
        raise Malformed(f"the charset {charset} is not known here; send UTF-8", "The text can't be read")
    try:
        return body.decode(_CHARSETS[charset])
    except UnicodeDecodeError as error:
        raise Malformed(f"byte {error.start} is not {charset}", "The text can't be read") from None


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
