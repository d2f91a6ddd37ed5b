"""The node kinds that this server knows: those of the library and those of its own packages and modules."""

from fastapi import APIRouter
from starlette.responses import Response

from holdfast.http.answers import json_answer
from holdfast.http.auth import Role, needs
from holdfast.http.openapi import answers
from holdfast.http.services import ServicesDep
from holdfast.http.shapes.node_kinds import NodeKindsShape, node_kind_shape

router = APIRouter(tags=["workflows"])


@router.get("/api/v1/node-kinds", responses=answers(NodeKindsShape, 200))
@needs(Role.VIEWER)
async def list_node_kinds(services: ServicesDep) -> Response:
    """Every kind that a node may have, by category and title."""
    specs = sorted(services.engine.specs.values(), key=lambda spec: (spec.category, spec.title, spec.type))
    return json_answer({"items": [node_kind_shape(spec) for spec in specs], "next": None})
