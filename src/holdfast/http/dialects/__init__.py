"""Other addresses of the same engine, as other systems' documents give them: one module per document.

A dialect translates names on the way in and on the way out, and does nothing by itself: roles, checks, idempotency and
answers are those of ``/api/v1``, whose endpoints it calls.
"""

import json
from typing import Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from holdfast.http.query import strict_query


def dialect(tag: str) -> APIRouter:
    """A router whose query parameters are checked as strictly as the API's own."""
    return APIRouter(tags=[tag], dependencies=[Depends(strict_query)])


def body_of(response: Response) -> dict[str, object]:
    """The JSON object that an endpoint of the API answered with."""
    found: dict[str, object] = json.loads(bytes(response.body))
    return found


# What an answer says beside its body and that body's length.
_KEPT: Final = ("idempotency-replayed",)


def headers_of(response: Response) -> dict[str, str]:
    """The headers of an answer that stay when its body is translated."""
    return {name: response.headers[name] for name in _KEPT if name in response.headers}
