"""Request bodies: bounded while they arrive, read by their declared type, checked before anything else sees them.

Routes take a body as a dependency and not as FastAPI's body parameter, because that one is read and parsed before the
caller is known. ``JsonBody(Model)`` gives ``Sent``: the checked model and the plain value that it was read from.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from holdfast.definition_yaml import read_yaml
from holdfast.http.errors import Refused
from holdfast.http.limits import BODY_SILENCE, BODY_TIME
from holdfast.http.validation import problems_in
from holdfast.model.errors import Invalid
from holdfast.model.json import JSON
from holdfast.strict_json import read_json

MAX_BODY: Final = 8 * 1024 * 1024
# How much of a body that is refused, and for how many seconds, is still taken in before the answer.
_DISCARD: Final = 32 * 1024 * 1024
_PATIENCE: Final = 2.0
# As much of a client's header as is said back.
_SHOWN: Final = 100
_JSON_TYPES: Final = frozenset({"", "application/json"})
_YAML_TYPES: Final = frozenset({"application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"})

M = TypeVar("M", bound=BaseModel)
Receive = Callable[[], Awaitable[Any]]


class Gone(Exception):
    """The client went away while it was sending."""


@dataclass(frozen=True, slots=True)
class Sent(Generic[M]):
    """A body as it was sent (``value``) and as it was understood (``model``)."""

    value: JSON
    model: M


async def read_limited(receive: Receive, declared: str | None, limit: int) -> bytes:
    """The whole body. Raises ``Refused`` as soon as it is known to be too large (413) or doesn't come in time (408),
    ``Gone`` at a disconnect."""
    if declared is not None and declared.isdecimal() and int(declared[:20]) > limit:
        raise await _too_large(receive, limit)
    first = await _awaited(receive)
    body: bytes = first.get("body", b"")
    if first["type"] == "http.request" and not first.get("more_body") and len(body) <= limit:
        return body
    try:
        async with asyncio.timeout(BODY_TIME):
            return await _collect(first, receive, limit)
    except TimeoutError:
        raise _too_slow() from None


async def _awaited(receive: Receive) -> Any:
    """The next part of a body. Raises ``Refused`` when nothing comes."""
    try:
        async with asyncio.timeout(BODY_SILENCE):
            return await receive()
    except TimeoutError:
        raise _too_slow() from None


def _too_slow() -> Refused:
    headers = {"Connection": "close"}
    return Refused(408, "Request timeout", "The body didn't come in time.", headers=headers)


async def _collect(message: Any, receive: Receive, limit: int) -> bytes:
    chunks = bytearray()
    while True:
        if message["type"] == "http.disconnect":
            raise Gone
        chunks += message.get("body", b"")
        if len(chunks) > limit:
            raise await _too_large(receive, limit, over=not message.get("more_body"))
        if not message.get("more_body"):
            return bytes(chunks)
        message = await _awaited(receive)


async def _too_large(receive: Receive, limit: int, over: bool = False) -> Refused:
    """The refusal, once the client can hear it: many read no answer before they have sent everything."""
    if not over:
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await _discard(receive)
    headers = {"Connection": "close"}
    return Refused(413, "Content too large", f"A body may have at most {_size(limit)} here.", headers=headers)


def _size(limit: int) -> str:
    return f"{limit} bytes" if limit % 1024 else f"{limit // 1024} KiB"


async def _discard(receive: Receive) -> None:
    """Lets the rest of a body go by, within bounds."""
    left = _DISCARD
    while left > 0:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        left -= len(message.get("body", b""))
        if not message.get("more_body"):
            return


def media_type(content_type: str) -> str:
    """``application/json`` of ``Application/JSON; charset=utf-8``."""
    return content_type.partition(";")[0].strip().lower()


def is_json(kind: str) -> bool:
    return kind in _JSON_TYPES or kind.endswith("+json")


async def json_value(request: Request) -> JSON:
    """The JSON body of a request; an empty one is ``{}``."""
    kind = media_type(request.headers.get("content-type", ""))
    body = await body_bytes(request)
    if not body.strip():
        return {}
    if not is_json(kind):
        raise unsupported(kind, "application/json")
    return read_json(body)


async def definition(request: Request) -> JSON:
    """A definition of a workflow or a rule, JSON or YAML by content type."""
    kind = media_type(request.headers.get("content-type", ""))
    if not is_json(kind) and kind not in _YAML_TYPES:
        raise unsupported(kind, "application/json or application/yaml")
    body = await body_bytes(request)
    return read_yaml(body) if kind in _YAML_TYPES else read_json(body)


class JsonBody(Generic[M]):
    """A dependency that reads the body as ``model``."""

    def __init__(self, model: type[M]) -> None:
        self.model = model

    async def __call__(self, request: Request) -> Sent[M]:
        value = await json_value(request)
        return Sent(value, understood(self.model, value))


def understood(model: type[M], value: JSON) -> M:
    """``value`` as ``model``. Raises ``Invalid`` with every problem."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        raise Invalid(problems_in(found, model), "The body is not valid") from None


async def body_bytes(request: Request) -> bytes:
    """The whole body as it came, within bounds. Raises ``Refused`` for one that is packed."""
    check_coding(request.headers.get("content-encoding"))
    return await read_limited(request.receive, request.headers.get("content-length"), MAX_BODY)


def check_coding(coding: str | None) -> None:
    """Raises ``Refused`` for a body that its sender has packed: nothing here unpacks."""
    if coding is not None and coding.strip().lower() not in ("", "identity"):
        detail = f"Send the body as it is, without Content-Encoding: {coding[:_SHOWN]}."
        raise Refused(415, "Unsupported media type", detail, headers={"Accept-Encoding": "identity"})


def unsupported(kind: str, wanted: str) -> Refused:
    """The refusal of a body of another type than those that are understood here."""
    shown = kind[:_SHOWN] or "nothing"
    return Refused(415, "Unsupported media type", f"Send the body as {wanted}, not as {shown}.")
