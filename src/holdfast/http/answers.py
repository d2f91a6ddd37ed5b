"""JSON answers: encoded once, by msgspec, without passing through a model."""

from collections.abc import Mapping
from typing import Final

import msgspec
from starlette.responses import Response

_ENCODER: Final = msgspec.json.Encoder()


def encode(value: object) -> bytes:
    return _ENCODER.encode(value)


def json_answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(_ENCODER.encode(value), status, headers, media_type="application/json")
