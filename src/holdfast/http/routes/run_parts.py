"""What is told of a run beside the run itself: its timeline, what it waits for, the children of its nodes."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from holdfast.http.answers import json_answer
from holdfast.http.auth import Caller, CallerDep, Role, needs
from holdfast.http.node_order import executed
from holdfast.http.openapi import answers
from holdfast.http.query import Paging, page_of, path_id
from holdfast.http.routes.runs import RUNS, nodes_in_order
from holdfast.http.schemas.runs import ItemQuery
from holdfast.http.services import Services, ServicesDep
from holdfast.http.shapes.run_parts import (
    ItemPageShape,
    RunDefinitionShape,
    TimelineShape,
    WaitShape,
    WaitsShape,
    item_shape,
    segment_shape,
    wait_shape,
)
from holdfast.model.errors import NotFound
from holdfast.model.records import Page, WaitRecord

router = APIRouter(tags=["runs"])


@router.get(RUNS + "/{run_id}/timeline", responses=answers(TimelineShape, 200))
@needs(Role.VIEWER)
async def get_timeline(services: ServicesDep, caller: CallerDep, run_id: str) -> Response:
    """When each node waited for a worker, ran, was parked, backed off and was held by a pause, in order of time."""
    segments = await services.engine.runs.timeline(caller.tenant, path_id(run_id, "run"))
    return json_answer({"items": [segment_shape(segment) for segment in segments]})


@router.get(RUNS + "/{run_id}/definition", responses=answers(RunDefinitionShape, 200))
@needs(Role.VIEWER)
async def get_run_definition(services: ServicesDep, caller: CallerDep, run_id: str) -> Response:
    """The definition that the run executes, whatever became of its workflow; for a body's run the body as one."""
    run = await services.store.get_run(caller.tenant, path_id(run_id, "run"), services.now())
    version = await services.store.get_version(run.version_id)
    definition = executed(version.definition, run.body)
    return json_answer({"version": run.version, "test": run.test, "definition": definition})


@router.get(RUNS + "/{run_id}/waits", responses=answers(WaitsShape, 200))
@needs(Role.VIEWER)
async def list_waits(services: ServicesDep, caller: CallerDep, run_id: str, paging: Paging) -> Response:
    """What the run's parked nodes wait for, by node. Operators get the address of each `wait.callback` too."""
    waits = await services.engine.runs.waits(caller.tenant, path_id(run_id, "run"))
    page, following = page_of(waits, lambda wait: wait.node_id, paging)
    return json_answer({"items": [_wait(services, caller, wait) for wait in page], "next": following})


@router.get(RUNS + "/{run_id}/nodes/{node}/items", responses=answers(ItemPageShape, 200))
@needs(Role.VIEWER)
async def list_items(
    services: ServicesDep, caller: CallerDep, run_id: str, node: str, query: Annotated[ItemQuery, Query()]
) -> Response:
    """The children of a `map`, `loop` or `workflow.call`, by index; none of any other node."""
    run = await services.store.get_run(caller.tenant, path_id(run_id, "run"), services.now())
    if node not in await nodes_in_order(services, run):
        raise NotFound(f"the run has no node {node[:100]}")
    try:
        page = await services.engine.runs.children(caller.tenant, run_id, node, query.state, query.cursor, query.limit)
    except NotFound:  # the run hasn't come to this node yet
        page = Page(())
    return json_answer({"items": [item_shape(child) for child in page.items], "next": page.next})


def _wait(services: Services, caller: Caller, record: WaitRecord) -> WaitShape:
    shape = wait_shape(record)
    if record.wait.kind == "callback" and caller.role >= Role.OPERATOR:
        shape["url"] = services.engine.callbacks.url(record.tenant, record.run_id, record.node_id)
    return shape
