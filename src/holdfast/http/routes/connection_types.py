"""The types of connections, as forms draw them."""

from fastapi import APIRouter
from starlette.responses import Response

from holdfast.engine.connections.types import TYPES
from holdfast.http.answers import json_answer
from holdfast.http.auth import Role, needs
from holdfast.http.openapi import answers
from holdfast.http.shapes.connection_types import ConnectionTypesShape, connection_type_shape

router = APIRouter(tags=["secrets"])


@router.get("/api/v1/connection-types", responses=answers(ConnectionTypesShape, 200))
@needs(Role.VIEWER)
async def list_connection_types() -> Response:
    """Every type that a connection may have, with what it takes."""
    return json_answer({"items": [connection_type_shape(type_) for type_ in TYPES.values()], "next": None})
