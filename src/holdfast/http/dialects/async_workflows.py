"""The asynchronous workflow engine's addresses: ``/workflows`` and a workflow's runs.

A definition is that of ``/api/v1/workflows``; here its ``holdfast: 1`` may be left out, and two kinds of node have a
second name: ``inputText`` is ``form.input`` (without ``fields``: one text field, named like the node) and ``httpCall``
is ``http.request``. What is saved and shown has the first names.
"""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import Depends, Query, Request
from starlette.responses import Response
from typing_extensions import TypedDict

from holdfast.http.answers import json_answer
from holdfast.http.auth import Caller, CallerDep, Role, needs
from holdfast.http.body import JsonBody, Sent, definition
from holdfast.http.dialects import body_of, dialect, headers_of
from holdfast.http.openapi import answers, takes, takes_definition
from holdfast.http.query import ListParameters, Paging, path_id
from holdfast.http.routes import run_control, runs, workflows
from holdfast.http.routes.workflows import Named
from holdfast.http.schemas.runs import CancelIn, RunIn, RunQuery
from holdfast.http.schemas.workflows import NextQuery, SaveQuery, VersionQuery
from holdfast.http.services import CorrelationId, Services, ServicesDep
from holdfast.http.shapes.events import event_shape
from holdfast.http.shapes.runs import RunShape, RunsShape
from holdfast.http.shapes.workflows import WorkflowShape, WorkflowsShape
from holdfast.model.errors import NotFound
from holdfast.model.event import Event
from holdfast.model.json import JSON, JSONObject
from holdfast.model.workflow import FORMAT

router = dialect("asynchronous workflows")
WORKFLOWS: Final = "/workflows"
RUN: Final = WORKFLOWS + "/{workflow}/runs/{run_id}"
INPUT_TEXT: Final = "inputText"
ALIASES: Final = {INPUT_TEXT: "form.input", "httpCall": "http.request"}
# How many lines of its log a run's status tells, and how many are read at once.
_LINES: Final = 10_000
_PAGE: Final = 500


class LineShape(TypedDict):
    """One line of a run's log."""

    at: str
    type: str
    node: str | None
    message: str


class StartedShape(RunShape):
    """A run that was started; `runId` is its id, `status` its state."""

    runId: str  # noqa: N815 - the document's own spelling
    status: str


class StatusShape(StartedShape):
    """A run with the lines of its log, oldest first."""

    logs: list[LineShape]


async def in_our_words(request: Request) -> JSON:
    """The definition of a body. Raises ``Malformed``, ``Refused``."""
    document = await definition(request)
    return {"holdfast": FORMAT, **_graph(document)} if isinstance(document, dict) else document


Definition = Annotated[JSON, Depends(in_our_words)]


@router.get(WORKFLOWS, responses=answers(WorkflowsShape, 200))
@needs(Role.VIEWER)
async def list_workflows(request: Request, services: ServicesDep, caller: CallerDep, paging: Paging) -> Response:
    """By name."""
    return await workflows.list_workflows(request, services, caller, paging)


@router.post(
    WORKFLOWS, status_code=201, responses=answers(WorkflowShape, 201), openapi_extra=takes_definition(once=True)
)
@needs(Role.EDITOR)
async def create_workflow(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    document: Definition,
    query: Annotated[SaveQuery, Query()],
) -> Response:
    """Saves a definition as version 1 of a new workflow."""
    return await workflows.create_workflow(request, services, caller, document, query)


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
    return await workflows.get_workflow(request, services, caller, workflow, query)


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
    """Saves the next version."""
    return await workflows.save_workflow(request, services, caller, workflow, document, query)


@router.delete(WORKFLOWS + "/{workflow}", status_code=204, responses=answers(None, 204))
@needs(Role.EDITOR)
async def delete_workflow(services: ServicesDep, caller: CallerDep, workflow: Named) -> Response:
    """Its history stays, its name is free again."""
    return await workflows.delete_workflow(services, caller, workflow)


@router.post(
    WORKFLOWS + "/{workflow}/execute-async",
    status_code=202,
    responses=answers(StartedShape, 202),
    openapi_extra=takes(RunIn, once=True, needed=False),
)
@needs(Role.OPERATOR)
async def execute_async(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    workflow: Named,
    correlation_id: CorrelationId,
    sent: Annotated[Sent[RunIn], Depends(JsonBody(RunIn))],
) -> Response:
    """Starts the newest version with `{"input": {…}}`; 202 once the run is committed."""
    at_once = Sent(sent.value, sent.model.model_copy(update={"wait": None}))
    started = await runs.start_run(request, services, caller, workflow, correlation_id, at_once)
    return json_answer(_with_words(body_of(started)), 202, headers_of(started))


@router.get(WORKFLOWS + "/{workflow}/runs", responses=answers(RunsShape, 200))
@needs(Role.VIEWER)
async def list_runs(
    services: ServicesDep, caller: CallerDep, workflow: Named, query: Annotated[ListParameters, Query()]
) -> Response:
    """The workflow's runs, newest first."""
    record = await services.store.get_workflow(caller.tenant, workflow)
    wanted = RunQuery(limit=query.limit, cursor=query.cursor, workflow=record.id)
    return await runs.list_runs(services, caller, wanted)


@router.get(RUN + "/status", responses=answers(StatusShape, 200))
@needs(Role.VIEWER)
async def get_status(services: ServicesDep, caller: CallerDep, workflow: Named, run_id: str) -> Response:
    """A run with its nodes, and what happened in it line by line."""
    await _check_run(services, caller, workflow, run_id)
    run = body_of(await runs.get_run(services, caller, run_id))
    return json_answer({**_with_words(run), "logs": await _log(services, caller, run_id)})


@router.post(RUN + "/cancel", responses=answers(StartedShape, 200), openapi_extra=takes(CancelIn, needed=False))
@needs(Role.OPERATOR)
async def cancel_run(
    services: ServicesDep,
    caller: CallerDep,
    workflow: Named,
    run_id: str,
    sent: Annotated[Sent[CancelIn], Depends(JsonBody(CancelIn))],
) -> Response:
    """Ends the run; 409 when it has ended already."""
    await _check_run(services, caller, workflow, run_id)
    return json_answer(_with_words(body_of(await run_control.cancel_run(services, caller, run_id, sent))))


async def _check_run(services: Services, caller: Caller, workflow: str, run_id: str) -> None:
    """Raises ``NotFound`` unless the run is one of this workflow."""
    record = await services.store.get_workflow(caller.tenant, workflow)
    run = await services.store.get_run(caller.tenant, path_id(run_id, "run"), services.now())
    if (await services.store.get_version(run.version_id)).workflow_id != record.id:
        raise NotFound("this workflow has no run with this id")


def _with_words(run: Mapping[str, object]) -> dict[str, object]:
    return {**run, "runId": run["id"], "status": run["state"]}


async def _log(services: Services, caller: Caller, run_id: str) -> list[LineShape]:
    lines: list[LineShape] = []
    after: str | None = None
    while len(lines) < _LINES:
        events = await services.store.list_events(caller.tenant, after, run_id=run_id, limit=_PAGE)
        lines += [_line(event) for event in events]
        if len(events) < _PAGE:
            break
        after = events[-1].cursor
    return lines


def _line(event: Event) -> LineShape:
    shape = event_shape(event)
    error = event.data.get("error")
    said = error.get("message") if isinstance(error, dict) else None
    words = (shape["type"], shape["node"], None if said is None else f"- {said}")
    message = " ".join(word for word in words if word)
    return {"at": shape["at"], "type": shape["type"], "node": shape["node"], "message": message}


# -- names of kinds ----------------------------------------------------------------------------------------------------


def _graph(graph: JSONObject) -> JSONObject:
    """A definition or a body with the first names of its nodes' kinds; whatever is wrong stays for the validation."""
    made = dict(graph)
    for key in ("nodes", "steps"):
        inner = made.get(key)
        if isinstance(inner, list):
            made[key] = [_node(item) for item in inner]
    return made


def _node(item: JSON) -> JSON:
    """A node, or a group of steps."""
    if not isinstance(item, dict):
        return item
    for key in ("parallel", "steps"):
        branches = item.get(key)
        if isinstance(branches, list):
            return {**item, key: [_node(branch) for branch in branches]}
    kind, params = item.get("type"), item.get("params", {})
    made = {**item, "type": ALIASES[kind]} if isinstance(kind, str) and kind in ALIASES else dict(item)
    if not isinstance(params, dict):
        return made
    if kind == INPUT_TEXT and "fields" not in params:
        made["params"] = {"fields": [{"name": item.get("id"), "type": "text", **params}]}
    elif isinstance(body := params.get("body"), dict) and kind in {"map", "loop"}:
        made["params"] = {**params, "body": _graph(body)}
    return made
