"""``/callbacks/{token}``: the address of a ``wait.callback``, given away to whoever shall call it.

The signed address alone is the permission, for this one node of this one run. The payload is the body, read by its
declared type as a webhook's is, or else the query. An address that isn't one of ours is 404, that of an ended run 409.
"""

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from holdfast.engine.callbacks import Callback
from holdfast.http.answers import json_answer
from holdfast.http.audit import tells
from holdfast.http.auth import public
from holdfast.http.body import read_limited
from holdfast.http.delivery import decoded, query_object
from holdfast.http.openapi import answers, takes_anything
from holdfast.http.services import Services, ServicesDep
from holdfast.http.shapes.run_parts import CalledShape
from holdfast.model.errors import NotFound
from holdfast.model.json import JSON

router = APIRouter(tags=["callbacks"])
CALLBACKS: Final = "/callbacks/{token}"
MAX_BODY: Final = 1024 * 1024


@router.post(CALLBACKS, responses=answers(CalledShape, 200), openapi_extra=takes_anything())
@public
async def call_back(request: Request, services: ServicesDep, token: str) -> Response:
    """Ends the node that this address belongs to; kept when it comes first. The body is the node's output."""
    reached = _reached(request, services, token)  # before its body is: strangers' bodies aren't taken in
    body = await read_limited(request.receive, request.headers.get("content-length"), MAX_BODY)
    payload = decoded(body, request.headers.get("content-type", ""))
    return await _called(request, services, reached, _query_of(request) if payload is None else payload)


@router.get(CALLBACKS, responses=answers(CalledShape, 200))
@public
async def call_back_by_link(request: Request, services: ServicesDep, token: str) -> Response:
    """As a POST without a body, for links: the query is the node's output."""
    return await _called(request, services, _reached(request, services, token), _query_of(request))


def _query_of(request: Request) -> JSON:
    return query_object(request.scope["query_string"])


def _reached(request: Request, services: Services, token: str) -> Callback:
    """Raises ``NotFound``, ``Refused`` (429)."""
    try:
        return services.engine.callbacks.read(token)
    except NotFound:
        services.rates.guessed(request.scope, services.now())
        raise


async def _called(request: Request, services: Services, reached: Callback, payload: JSON) -> Response:
    await services.engine.runs.call_back(reached, payload)
    # Only what it did: who has an address of something that is over, or gone, fills nobody's log with it.
    tells(request, tenant=reached.tenant, target=f"{reached.run_id}/{reached.node_id}")
    return json_answer({"run_id": reached.run_id, "node": reached.node_id})
