"""``multipart/form-data`` as a JSON object: fields as text, files as ``{filename, content_type, base64}``.

Read in one pass, so that no body, however odd, costs more than its length: parts aren't nested, their heads are short,
and whatever RFC 7578 doesn't allow is refused. A file is a value like any other: nothing is written anywhere.
"""

import binascii
import re
from base64 import b64encode
from typing import Final
from urllib.parse import unquote_to_bytes

from holdfast.model.json import JSON, JSONObject
from holdfast.strict_json import Malformed, text_of

_TITLE: Final = "The form can't be read"
_PARTS: Final = 1_000
_LONGEST_HEAD: Final = 8 * 1024
_MOST_PARAMS: Final = 20
_BOUNDARY: Final = re.compile(r';\s{0,20}boundary\s{0,20}=\s{0,20}(?:"([^"]{1,70})"|([^\s";,]{1,70}))', re.IGNORECASE)
# What may stand behind a boundary that ends no form.
_LINE_END: Final = re.compile(rb"[ \t]{0,100}\r?\n")
_HEAD_END: Final = re.compile(rb"\r?\n\r?\n")
_FOLDED: Final = re.compile(r"\r?\n[ \t]+")
_PARAM: Final = re.compile(r';\s*([A-Za-z0-9*_-]{1,40})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s";]*))')
_ESCAPED: Final = re.compile(r"\\(.)")


def multipart_object(body: bytes, content_type: str) -> JSONObject:
    """Raises ``Malformed``."""
    found: dict[str, list[JSON]] = {}
    for part in _parts(body, content_type):
        name, value = _read(part)
        found.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _parts(body: bytes, content_type: str) -> list[bytes]:
    """What stands between the boundaries; what stands before the first and behind the last doesn't count."""
    said = _BOUNDARY.search(content_type)
    if said is None:
        raise _wrong_form()
    boundary = re.escape((said[1] or said[2]).encode("latin-1", "replace"))
    pieces = re.split(rb"(?:^|\r?\n)--" + boundary, body, maxsplit=_PARTS + 2)
    end = next((place for place, piece in enumerate(pieces) if place and piece.startswith(b"--")), None)
    if end is None:
        raise _too_many() if len(pieces) > _PARTS + 1 else _wrong_form()
    if end > _PARTS + 1:
        raise _too_many()
    return pieces[1:end]


def _read(part: bytes) -> tuple[str, JSON]:
    """A part's name and value."""
    begin = _LINE_END.match(part)
    end = None if begin is None else _HEAD_END.search(part, begin.end() - 2, begin.end() + _LONGEST_HEAD)
    if begin is None or end is None:
        raise _wrong_form()
    head = _head(part[begin.end() : end.start()])
    params = _params(head.get("content-disposition", ""))
    name = params.get("name")
    if name is None:
        raise Malformed("a part has no name", _TITLE)
    raw = _decoded(part[end.end() :], head.get("content-transfer-encoding", ""))
    filename = params.get("filename")
    if filename is None:
        return name, text_of(raw)
    kind = head.get("content-type", "").partition(";")[0].strip().lower() or "text/plain"
    return name, {"filename": filename, "content_type": kind, "base64": b64encode(raw).decode()}


def _head(raw: bytes) -> dict[str, str]:
    pairs = (line.partition(":") for line in _FOLDED.sub(" ", text_of(raw)).replace("\r", "").split("\n"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _params(disposition: str) -> dict[str, str]:
    """``name`` and ``filename``, the latter also as RFC 5987 writes it. Raises ``Malformed``."""
    found: dict[str, str] = {}
    for count, match in enumerate(_PARAM.finditer(disposition)):
        if count >= _MOST_PARAMS:
            raise _wrong_form()
        name, quoted, plain = match[1].lower(), match[2], match[3]
        if name == "filename*" and plain is not None:
            charset, _, rest = plain.partition("'")
            if charset.lower() == "utf-8":
                found["filename"] = text_of(unquote_to_bytes(rest.partition("'")[2]))
        else:
            found.setdefault(name, plain if quoted is None else _ESCAPED.sub(r"\1", quoted))
    return found


def _decoded(content: bytes, encoding: str) -> bytes:
    """What mail programs wrap. Raises ``Malformed``."""
    match encoding.lower():
        case "base64":
            try:
                return binascii.a2b_base64(content)
            except binascii.Error:
                raise Malformed("a part isn't base64", _TITLE) from None
        case "quoted-printable":
            return binascii.a2b_qp(content)
        case _:
            return content


def _wrong_form() -> Malformed:
    return Malformed("it isn't multipart/form-data with the boundary that it names", _TITLE)


def _too_many() -> Malformed:
    return Malformed(f"it has more than {_PARTS} parts", _TITLE)
