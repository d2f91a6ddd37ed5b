"""``multipart/form-data`` as a JSON object: fields as text, files as ``{filename, content_type, base64}``.

Read by the standard library's mail parser, which knows the same format. A file is a value like any other: nothing is
written anywhere.
"""

from base64 import b64encode
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from typing import Final

from holdfast.model.json import JSON, JSONObject
from holdfast.strict_json import Malformed, text_of

_TITLE: Final = "The form can't be read"
_PARTS: Final = 1_000


def multipart_object(body: bytes, content_type: str) -> JSONObject:
    """Raises ``Malformed``."""
    head = b"Content-Type: " + content_type.encode("latin-1", "replace") + b"\r\n\r\n"
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    parts = message.get_payload()
    if not message.is_multipart() or not isinstance(parts, list) or message.defects:
        raise Malformed("it isn't multipart/form-data with the boundary that it names", _TITLE)
    if len(parts) > _PARTS:
        raise Malformed(f"it has more than {_PARTS} parts", _TITLE)
    found: dict[str, list[JSON]] = {}
    for part in parts:
        if isinstance(part, Message):
            found.setdefault(_name(part), []).append(_value(part))
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _name(part: Message) -> str:
    name = part.get_param("name", header="content-disposition")
    if not isinstance(name, str):
        raise Malformed("a part has no name", _TITLE)
    return name


def _value(part: Message) -> JSON:
    content = part.get_payload(decode=True)
    raw = content if isinstance(content, bytes) else b""
    filename = part.get_filename()
    if filename is None:
        return text_of(raw)
    return {"filename": filename, "content_type": part.get_content_type(), "base64": b64encode(raw).decode()}
