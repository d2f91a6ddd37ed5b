"""CloudEvents 1.0 over HTTP: a request is one event (binary or structured) or a batch of them, each an ``EventDraft``.

``type`` and ``subject`` are ours too. ``source`` and ``id`` together make a repeat the same event. All attributes but
type and subject, extensions included, are kept beside the data. An event's data here is an object: any other JSON value
or text is kept as ``{"value": …}``, and bytes as ``{"base64": …}``. Every problem of an event is told at once, by the
attribute (or the header) that it was sent in.
"""

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import unquote_to_bytes

from fastapi import Request

from holdfast.engine.events import EventDraft, problems_with
from holdfast.http.body import body_bytes, is_json, media_type, unsupported
from holdfast.model.errors import Invalid, Problem
from holdfast.model.instant import parse_instant
from holdfast.model.json import JSON, JSONObject, problems_of
from holdfast.strict_json import read_json, text_of

HEADER: Final = "ce-"
STRUCTURED: Final = "application/cloudevents"
BATCH: Final = "application/cloudevents-batch"
MOST: Final = 500
_VERSION: Final = "1.0"
_REQUIRED: Final = ("specversion", "id", "source", "type")
_TEXTS: Final = (*_REQUIRED, "subject", "time", "datacontenttype", "dataschema")
# Attributes that stand in a place of their own.
_ELSEWHERE: Final = ("type", "subject")
_LONGEST: Final = 500
_NAME: Final = re.compile(r"[a-z0-9]{1,100}", re.ASCII)
_URI: Final = re.compile(r"[^\s<>\"{}|\\^`]+")
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"')
_NOT_VALID: Final = "The CloudEvent is not valid"


def is_cloud_event(request: Request) -> bool:
    """Whether a request says that it carries CloudEvents, valid or not."""
    kind = media_type(request.headers.get("content-type", ""))
    return kind.startswith(STRUCTURED) or any(f"{HEADER}{name}" in request.headers for name in _REQUIRED)


def is_batch(request: Request) -> bool:
    return media_type(request.headers.get("content-type", "")).startswith(BATCH)


async def sent_event(request: Request) -> EventDraft:
    """The one event of a request. Raises ``Invalid``, ``Malformed``, ``Refused``."""
    kind = media_type(request.headers.get("content-type", ""))
    body = await body_bytes(request)
    if not kind.startswith(STRUCTURED):
        return _binary(request, body)
    if kind != f"{STRUCTURED}+json":
        raise unsupported(kind, f"{STRUCTURED}+json")
    problems: list[Problem] = []
    draft = _structured(read_json(body), "", problems)
    return _checked(draft, problems)


async def sent_batch(request: Request) -> list[EventDraft]:
    """The events of a batch, in order. Raises ``Invalid`` with the problems of all."""
    kind = media_type(request.headers.get("content-type", ""))
    if kind != f"{BATCH}+json":
        raise unsupported(kind, f"{BATCH}+json")
    value = read_json(await body_bytes(request))
    if not isinstance(value, list) or len(value) > MOST:
        raise Invalid([Problem("", f"must be a list of at most {MOST} CloudEvents")], _NOT_VALID)
    problems: list[Problem] = []
    drafts = [_structured(item, f"[{index}]", problems) for index, item in enumerate(value)]
    if problems:
        raise Invalid(problems, "The batch is not valid")
    return [draft for draft in drafts if draft is not None]


def _checked(draft: EventDraft | None, problems: list[Problem]) -> EventDraft:
    if problems or draft is None:
        raise Invalid(problems, _NOT_VALID)
    return draft


# -- binary ------------------------------------------------------------------------------------------------------------


def _binary(request: Request, body: bytes) -> EventDraft:
    problems: list[Problem] = []
    attributes: dict[str, JSON] = {}
    for header, text in request.headers.items():
        name = header.removeprefix(HEADER)
        if header.startswith(HEADER) and name == "datacontenttype":
            problems.append(Problem(header, "says the same as Content-Type; leave it out"))
        elif header.startswith(HEADER) and name in attributes:
            problems.append(Problem(header, "is given more than once"))
        elif header.startswith(HEADER):
            attributes[name] = _header_text(header, text, problems)
    content_type = request.headers.get("content-type")
    if content_type is not None:
        attributes["datacontenttype"] = content_type
    problems += _wrong_attributes(attributes, HEADER)
    if problems:
        raise Invalid(problems, _NOT_VALID)
    data = _decoded(body, content_type or "application/json") if body else None
    return _draft(attributes, data)


def _header_text(header: str, text: str, problems: list[Problem]) -> str:
    """A header's value: quotes taken off, then percent-decoded once."""
    quoted = _QUOTED.fullmatch(text)
    plain = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else text
    try:
        return unquote_to_bytes(plain.encode("latin-1")).decode()
    except UnicodeDecodeError:
        problems.append(Problem(header, "holds bytes that are not UTF-8"))
        return "?"


# -- structured --------------------------------------------------------------------------------------------------------


def _structured(value: JSON, place: str, problems: list[Problem]) -> EventDraft | None:
    """The event of a JSON object; None when there is a problem, which is added to ``problems``."""
    if not isinstance(value, dict):
        problems.append(Problem(place, "must be an object"))
        return None
    before = len(problems)
    beside = f"{place}." if place else ""
    # In the JSON format null says that an attribute is absent.
    attributes = {name: one for name, one in value.items() if one is not None and name not in ("data", "data_base64")}
    problems += _wrong_attributes(attributes, beside)
    data: JSON = None
    try:
        data = _data_of(value, attributes.get("datacontenttype"))
    except Invalid as error:
        name = "data_base64" if "data_base64" in value else "data"
        problems += [Problem(beside + name, problem.message) for problem in error.problems]
    return _draft(attributes, data) if len(problems) == before else None


def _data_of(value: JSONObject, content_type: JSON) -> JSON:
    encoded = value.get("data_base64")
    if encoded is None:
        return value.get("data")
    if value.get("data") is not None:
        raise Invalid([Problem("", "stands beside data; give one of them")])
    if not isinstance(encoded, str):
        raise Invalid([Problem("", "must be text in base64")])
    try:
        data = b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise Invalid([Problem("", "is not base64")]) from None
    return _decoded(data, content_type if isinstance(content_type, str) else "application/octet-stream")


# -- both --------------------------------------------------------------------------------------------------------------


def _decoded(data: bytes, content_type: str) -> JSON:
    """Bytes by their declared type: JSON, text, or else an object that holds them in base64."""
    kind = media_type(content_type)
    if is_json(kind):
        return read_json(data)
    if kind.startswith("text/"):
        text = text_of(data)
        if problems_of(text):
            raise Invalid([Problem("", message) for _, message in problems_of(text)], _NOT_VALID)
        return text
    return {"base64": b64encode(data).decode()}


def _draft(attributes: Mapping[str, JSON], data: JSON) -> EventDraft:
    subject = attributes.get("subject")
    return EventDraft(
        type=str(attributes["type"]),
        data=data if isinstance(data, dict) else {} if data is None else {"value": data},
        subject=subject if isinstance(subject, str) else None,
        id=str(attributes["id"]),
        source=str(attributes["source"]),
        attributes={name: value for name, value in attributes.items() if name not in _ELSEWHERE},
    )


def _wrong_attributes(attributes: Mapping[str, JSON], place: str) -> Iterator[Problem]:
    for name in _REQUIRED:
        if name not in attributes:
            yield Problem(place + name, "is missing; every CloudEvent has specversion, id, source and type")
    for name, value in attributes.items():
        message = _wrong(name, value)
        if message is not None:
            yield Problem(place + name[:100], message)
    if {"type", "subject"} & attributes.keys():
        found = problems_with(attributes.get("type", "a"), {}, attributes.get("subject"))
        yield from (Problem(place + problem.path, problem.message) for problem in found)


def _wrong(name: str, value: JSON) -> str | None:
    """What is wrong with one attribute."""
    if not _NAME.fullmatch(name):
        return "is no name of an attribute: those have lower-case letters and digits only"
    if isinstance(value, str) and problems_of(value):
        return problems_of(value)[0][1]
    if name not in _TEXTS:
        return None if isinstance(value, str | bool | int) else "must be text, an integer or true or false"
    if name in ("type", "subject"):
        return None  # they are checked as every event's are
    if not isinstance(value, str) or not value:
        return "must be text that isn't empty"
    if name == "specversion" and value != _VERSION:
        return f"is {value[:20]}; only CloudEvents {_VERSION} are understood"
    if name in ("id", "source") and len(value) > _LONGEST:
        return f"must have at most {_LONGEST} characters"
    if name in ("source", "dataschema") and not _URI.fullmatch(value):
        return "must be a URI"
    if name == "time":
        return _wrong_time(value)
    return None


def _wrong_time(text: str) -> str | None:
    try:
        parse_instant(text)
    except ValueError as error:
        return str(error)
    return None
