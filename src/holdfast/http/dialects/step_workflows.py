"""The step engine's addresses: ``/api/workflow`` makes a workflow of named tasks and runs it at once.

A body is ``{"name", "steps": [{"execution_type", "tasks": [{"name", "params"}]}]}``. It becomes a workflow with
``steps:`` whose nodes are of type ``task``; a name that is there already gets a new version. Of the params, ``timeout``
(seconds), ``retry_count`` and ``priority`` bound the node, all others are the task's arguments. A task that stands
twice has two nodes, ``task_a`` and ``task_a_2``. An ``id`` here is a run's. States are the document's four words.
"""

from typing import Annotated, Final

from fastapi import Depends, Query, Request
from starlette.responses import Response

from holdfast.engine.workflows import Workflows
from holdfast.http.answers import json_answer
from holdfast.http.auth import Caller, CallerDep, Role, needs
from holdfast.http.body import JsonBody, Sent
from holdfast.http.dialects import dialect
from holdfast.http.dialects.steps import StepsIn, StepsPage, StepsShape, definition_of, shown
from holdfast.http.idempotency import Answer, answer_once, first_time
from holdfast.http.openapi import answers, takes
from holdfast.http.query import path_id
from holdfast.http.schemas.runs import RunQuery
from holdfast.http.services import CorrelationId, Services, ServicesDep
from holdfast.model.errors import Conflict
from holdfast.model.json import JSON, JSONObject
from holdfast.ports import Dedupe

router = dialect("step engine")
ONE: Final = "/api/workflow"
ALL: Final = "/api/workflows"


@router.post(ONE, status_code=201, responses=answers(StepsShape, 201), openapi_extra=takes(StepsIn, once=True))
@needs(Role.EDITOR)
async def create_and_run(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    correlation_id: CorrelationId,
    sent: Annotated[Sent[StepsIn], Depends(JsonBody(StepsIn))],
) -> Response:
    """Saves the workflow, as a new version if its name is there, and starts a run of it."""

    async def start(dedupe: Dedupe | None) -> Answer:
        await _saved(services.engine.workflows, caller, definition_of(sent.model))
        accepted = await services.engine.runs.start(
            caller.tenant, sent.model.name, {}, correlation_id=correlation_id, dedupe=dedupe
        )
        return Answer(201, await _run(services, caller, first_time(accepted)))

    async def again(run_ids: tuple[str, ...]) -> Answer:
        return Answer(201, await _run(services, caller, run_ids[0]))

    return await answer_once(request, services, caller, sent.value, start, again)


@router.get(ONE + "/{run_id}", responses=answers(StepsShape, 200))
@needs(Role.VIEWER)
async def get_one(services: ServicesDep, caller: CallerDep, run_id: str) -> Response:
    """A run, with the state of each task of its steps."""
    return json_answer(await _run(services, caller, path_id(run_id, "run")))


@router.get(ALL, responses=answers(StepsPage, 200))
@needs(Role.VIEWER)
async def get_all(services: ServicesDep, caller: CallerDep, query: Annotated[RunQuery, Query()]) -> Response:
    """All runs, newest first, with the states of their tasks; of another workflow's run, its nodes."""
    page = await services.store.list_runs(
        caller.tenant, query.workflow, query.state, services.now(), query.cursor, query.limit
    )
    return json_answer({"items": [await _run(services, caller, run.id) for run in page.items], "next": page.next})


async def _saved(workflows: Workflows, caller: Caller, definition: JSONObject) -> None:
    try:
        await workflows.create(caller.tenant, definition, author=caller.name)
    except Conflict:  # the name is there
        await workflows.save(caller.tenant, str(definition["name"]), definition, author=caller.name)


async def _run(services: Services, caller: Caller, run_id: str) -> JSON:
    run = await services.store.get_run(caller.tenant, run_id, services.now())
    version = await services.store.get_version(run.version_id)
    return shown(run, version.definition)
