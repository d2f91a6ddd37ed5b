"""Versions of a workflow: each immutable, with its author; compared with another, brought back as the newest."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from holdfast.http.answers import json_answer
from holdfast.http.auth import CallerDep, Role, needs
from holdfast.http.openapi import answers
from holdfast.http.query import Paging
from holdfast.http.routes.workflows import WORKFLOWS, Named, workflow_json
from holdfast.http.schemas.workflows import SaveQuery
from holdfast.http.services import ServicesDep
from holdfast.http.shapes.workflows import (
    DiffShape,
    VersionShape,
    VersionsShape,
    WorkflowShape,
    change_shape,
    version_shape,
)

router = APIRouter(tags=["workflows"])
VERSIONS = WORKFLOWS + "/{workflow}/versions"
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get(VERSIONS, responses=answers(VersionsShape, 200))
@needs(Role.VIEWER)
async def list_versions(services: ServicesDep, caller: CallerDep, workflow: Named, paging: Paging) -> Response:
    """Newest first."""
    page = await services.store.list_versions(caller.tenant, workflow, paging.cursor, paging.limit)
    return json_answer({"items": [version_shape(version) for version in page.items], "next": page.next})


@router.get(VERSIONS + "/{version}", responses=answers(VersionShape, 200))
@needs(Role.VIEWER)
async def get_version(services: ServicesDep, caller: CallerDep, workflow: Named, version: Number) -> Response:
    """One version."""
    found = await services.store.get_workflow(caller.tenant, workflow, version)
    return json_answer(version_shape(await services.store.get_version(found.version_id)))


@router.get(VERSIONS + "/{before}/diff/{after}", responses=answers(DiffShape, 200))
@needs(Role.VIEWER)
async def compare_versions(
    services: ServicesDep, caller: CallerDep, workflow: Named, before: Number, after: Number
) -> Response:
    """What changed between two versions, by place; nodes and triggers are matched by id, edges by their ends."""
    changes = await services.engine.workflows.diff(caller.tenant, workflow, before, after)
    return json_answer({"from": before, "to": after, "changes": [change_shape(change) for change in changes]})


@router.post(VERSIONS + "/{version}/restore", responses=answers(WorkflowShape, 200))
@needs(Role.EDITOR)
async def restore_version(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    workflow: Named,
    version: Number,
    query: Annotated[SaveQuery, Query()],
) -> Response:
    """Saves an earlier version's definition as the next version."""
    record = await services.engine.workflows.restore(
        caller.tenant, workflow, version, author=caller.name, message=query.message
    )
    return json_answer(workflow_json(request, services, record))
