"""The packaged sample workflows, to begin one's own from."""

import asyncio
from functools import cache

from fastapi import APIRouter, Request
from starlette.responses import Response

from holdfast.definition_yaml import read_yaml
from holdfast.http.answers import json_answer
from holdfast.http.auth import Role, needs
from holdfast.http.openapi import answers
from holdfast.http.services import ServicesDep
from holdfast.http.shapes.samples import SamplesShape, sample_shape
from holdfast.model.json import JSON
from holdfast.samples import at_address, read_sample, sample_names

router = APIRouter(tags=["workflows"])


@router.get("/api/v1/samples", responses=answers(SamplesShape, 200))
@needs(Role.VIEWER)
async def list_samples(request: Request, services: ServicesDep) -> Response:
    """Workflows that run as they are, each showing one thing that workflows are for."""
    address = services.base_url(request)
    found = [at_address(document, address) for document in await asyncio.to_thread(_documents)]
    return json_answer({"items": [sample_shape(one) for one in found if isinstance(one, dict)], "next": None})


@cache
def _documents() -> tuple[JSON, ...]:
    """Read once: they are part of the package."""
    return tuple(read_yaml(read_sample(name)) for name in sample_names())
