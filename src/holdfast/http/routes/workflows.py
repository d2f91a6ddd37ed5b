"""Workflows: validate, create, list, show, save a version, switch on and off, delete."""

import re
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from holdfast.http.answers import json_answer
from holdfast.http.auth import CallerDep, Role, needs
from holdfast.http.body import JsonBody, Sent, definition
from holdfast.http.hook_addresses import base_of_hooks
from holdfast.http.idempotency import Answer, answer_once, first_time
from holdfast.http.openapi import answers, takes, takes_definition
from holdfast.http.query import Paging
from holdfast.http.schemas.workflows import NextQuery, SaveQuery, VersionQuery, WorkflowPatch
from holdfast.http.services import Services, ServicesDep
from holdfast.http.shapes.workflows import (
    FormShape,
    ValidShape,
    WorkflowShape,
    WorkflowsShape,
    form_shape,
    workflow_shape,
)
from holdfast.model.errors import NotFound
from holdfast.model.json import JSON
from holdfast.model.records import WorkflowRecord
from holdfast.ports import Dedupe

router = APIRouter(tags=["workflows"])
WORKFLOWS: Final = "/api/v1/workflows"
# Wide enough for an id too; anything else can't name a workflow, whatever the store would make of it.
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", re.ASCII)

Definition = Annotated[JSON, Depends(definition)]


def named(workflow: str) -> str:
    """The ``{workflow}`` of a path: a name or an id. Raises ``NotFound``."""
    if not _NAME.fullmatch(workflow):
        raise NotFound("there is no workflow with this name or id")
    return workflow


Named = Annotated[str, Depends(named)]


@router.post(WORKFLOWS, responses=answers(WorkflowShape, 201), openapi_extra=takes_definition(once=True))
@needs(Role.EDITOR)
async def create_workflow(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    document: Definition,
    query: Annotated[SaveQuery, Query()],
) -> Response:
    """Saves a definition as version 1 of a new workflow."""

    async def create(dedupe: Dedupe | None) -> Answer:
        accepted, record = await services.engine.workflows.create(
            caller.tenant, document, dedupe=dedupe, author=caller.name, message=query.message
        )
        first_time(accepted)
        return Answer(201, workflow_json(request, services, record))

    async def again(workflow_ids: tuple[str, ...]) -> Answer:
        record = await services.store.get_workflow(caller.tenant, workflow_ids[0])
        return Answer(201, workflow_json(request, services, record))

    return await answer_once(request, services, caller, document, create, again)


@router.post(WORKFLOWS + "/validate", responses=answers(ValidShape, 200), openapi_extra=takes_definition())
@needs(Role.VIEWER, scope="workflows:read")
async def validate_workflow(services: ServicesDep, document: Definition) -> Response:
    """Tells every problem of a definition and saves nothing."""
    services.engine.workflows.validate(document)
    return json_answer({"valid": True})


@router.get(WORKFLOWS, responses=answers(WorkflowsShape, 200))
@needs(Role.VIEWER)
async def list_workflows(request: Request, services: ServicesDep, caller: CallerDep, paging: Paging) -> Response:
    """By name."""
    page = await services.store.list_workflows(caller.tenant, paging.cursor, paging.limit)
    items = [workflow_json(request, services, record) for record in page.items]
    return json_answer({"items": items, "next": page.next})


@router.get(WORKFLOWS + "/{workflow}", responses=answers(WorkflowShape, 200))
@needs(Role.VIEWER)
async def get_workflow(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    workflow: Named,
    query: Annotated[VersionQuery, Query()],
) -> Response:
    """The newest version, or the one asked for."""
    record = await services.store.get_workflow(caller.tenant, workflow, query.version)
    return json_answer(workflow_json(request, services, record))


@router.get(WORKFLOWS + "/{workflow}/form", responses=answers(FormShape, 200))
@needs(Role.VIEWER)
async def get_form(services: ServicesDep, caller: CallerDep, workflow: Named) -> Response:
    """What a start by hand asks for."""
    return json_answer(form_shape(await services.store.get_workflow(caller.tenant, workflow)))


@router.put(WORKFLOWS + "/{workflow}", responses=answers(WorkflowShape, 200), openapi_extra=takes_definition())
@needs(Role.EDITOR)
async def save_workflow(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    workflow: Named,
    document: Definition,
    query: Annotated[NextQuery, Query()],
) -> Response:
    """Saves the next version. A new name in the definition renames the workflow."""
    record = await services.engine.workflows.save(
        caller.tenant, workflow, document, author=caller.name, message=query.message, expect=query.expect
    )
    return json_answer(workflow_json(request, services, record))


@router.patch(WORKFLOWS + "/{workflow}", responses=answers(WorkflowShape, 200), openapi_extra=takes(WorkflowPatch))
@needs(Role.EDITOR)
async def switch_workflow(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    workflow: Named,
    sent: Annotated[Sent[WorkflowPatch], Depends(JsonBody(WorkflowPatch))],
) -> Response:
    """A workflow that is off starts no runs; those under way go on."""
    record = await services.engine.workflows.enable(caller.tenant, workflow, sent.model.enabled)
    return json_answer(workflow_json(request, services, record))


@router.post(WORKFLOWS + "/{workflow}/enable", responses=answers(WorkflowShape, 200))
@needs(Role.EDITOR)
async def enable_workflow(request: Request, services: ServicesDep, caller: CallerDep, workflow: Named) -> Response:
    """Switches it on."""
    record = await services.engine.workflows.enable(caller.tenant, workflow, True)
    return json_answer(workflow_json(request, services, record))


@router.post(WORKFLOWS + "/{workflow}/disable", responses=answers(WorkflowShape, 200))
@needs(Role.EDITOR)
async def disable_workflow(request: Request, services: ServicesDep, caller: CallerDep, workflow: Named) -> Response:
    """Switches it off: it starts no runs; those under way go on."""
    record = await services.engine.workflows.enable(caller.tenant, workflow, False)
    return json_answer(workflow_json(request, services, record))


@router.delete(WORKFLOWS + "/{workflow}", status_code=204, responses=answers(None, 204))
@needs(Role.EDITOR)
async def delete_workflow(services: ServicesDep, caller: CallerDep, workflow: Named) -> Response:
    """Its history stays, its name is free again, its webhooks answer nothing."""
    await services.engine.workflows.delete(caller.tenant, workflow)
    return Response(status_code=204)


def workflow_json(request: Request, services: Services, record: WorkflowRecord) -> JSON:
    """A workflow as it is shown here: its webhooks' addresses are those that this request came by."""
    shape: JSON = {**workflow_shape(record, base_of_hooks(request, services))}  # type: ignore[dict-item]
    return shape
