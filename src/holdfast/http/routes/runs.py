"""Runs: start (and wait), list, show with every node, the events of one."""

import asyncio
from typing import Annotated, Final, cast

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from holdfast.http.answers import json_answer
from holdfast.http.auth import Caller, CallerDep, Role, needs
from holdfast.http.body import JsonBody, Sent
from holdfast.http.idempotency import Answer, answer_once, first_time
from holdfast.http.node_order import node_order
from holdfast.http.openapi import answers, takes
from holdfast.http.query import path_id
from holdfast.http.routes.events import events_page
from holdfast.http.routes.workflows import WORKFLOWS, Named
from holdfast.http.schemas.events import RunEventQuery
from holdfast.http.schemas.runs import RunIn, RunQuery
from holdfast.http.services import CorrelationId, Services, ServicesDep
from holdfast.http.shapes.events import EventsShape
from holdfast.http.shapes.runs import RunShape, RunsShape, run_shape, run_summary
from holdfast.model.instant import SECOND, Micros
from holdfast.model.json import JSON
from holdfast.model.records import RunRecord
from holdfast.model.run import RUN_ENDED
from holdfast.ports import Dedupe

router = APIRouter(tags=["runs"])
RUNS: Final = "/api/v1/runs"


@router.post(
    WORKFLOWS + "/{workflow}/runs",
    status_code=201,
    responses=answers(RunShape, 200, 201, 202),
    openapi_extra=takes(RunIn, once=True),
)
@needs(Role.OPERATOR)
async def start_run(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    workflow: Named,
    correlation_id: CorrelationId,
    sent: Annotated[Sent[RunIn], Depends(JsonBody(RunIn))],
) -> Response:
    """Starts the newest version. With `wait`: 200 when it ended in time, 202 when it is still going."""

    async def start(dedupe: Dedupe | None) -> Answer:
        accepted = await services.engine.runs.start(
            caller.tenant, workflow, sent.model.input, correlation_id=correlation_id, dedupe=dedupe
        )
        return await begun(services, caller, first_time(accepted), sent.model.wait)

    async def again(run_ids: tuple[str, ...]) -> Answer:
        return await begun(services, caller, run_ids[0], sent.model.wait)

    return await answer_once(request, services, caller, sent.value, start, again)


@router.get(RUNS, responses=answers(RunsShape, 200))
@needs(Role.VIEWER)
async def list_runs(services: ServicesDep, caller: CallerDep, query: Annotated[RunQuery, Query()]) -> Response:
    """Newest first, without their nodes."""
    page = await services.store.list_runs(
        caller.tenant, query.workflow, query.state, services.now(), query.cursor, query.limit, test=query.test
    )
    return json_answer({"items": [run_summary(run) for run in page.items], "next": page.next})


@router.get(RUNS + "/{run_id}", responses=answers(RunShape, 200))
@needs(Role.VIEWER)
async def get_run(services: ServicesDep, caller: CallerDep, run_id: str) -> Response:
    """One run with every node of its version, in graph order."""
    return json_answer(await shown_run(services, caller, path_id(run_id, "run")))


@router.get(RUNS + "/{run_id}/events", responses=answers(EventsShape, 200))
@needs(Role.VIEWER)
async def list_run_events(
    services: ServicesDep, caller: CallerDep, run_id: str, query: Annotated[RunEventQuery, Query()]
) -> Response:
    """What happened in one run, oldest first."""
    await services.store.get_run(caller.tenant, path_id(run_id, "run"), services.now())
    return await events_page(services, caller, query, query.limit, run=run_id)


async def shown_run(services: Services, caller: Caller, run_id: str) -> JSON:
    """A run as it is shown alone. Raises ``NotFound``."""
    return await run_json(services, await services.store.get_run(caller.tenant, run_id, services.now()))


async def run_json(services: Services, run: RunRecord) -> JSON:
    """A run with every node of the graph that it executes."""
    return cast(JSON, run_shape(run, await nodes_in_order(services, run)))


async def nodes_in_order(services: Services, run: RunRecord) -> tuple[str, ...]:
    """The ids of all nodes of the graph that the run executes."""
    order = services.orders.get(run.version_id, run.body)
    if order is None:
        version = await services.store.get_version(run.version_id)
        order = services.orders.keep(run.version_id, run.body, node_order(version.definition, run.body))
    return order


async def begun(services: Services, caller: Caller, run_id: str, wait: float | None) -> Answer:
    """The answer for a run that was started, after as many seconds as the caller would ``wait`` for its end."""
    if wait is None:
        return Answer(201, await shown_run(services, caller, run_id))
    run = await _awaited(services, caller, run_id, round(wait * SECOND))
    return Answer(200 if run.state in RUN_ENDED else 202, await run_json(services, run))


async def _awaited(services: Services, caller: Caller, run_id: str, wait: Micros) -> RunRecord:
    """The run when it has ended, when the wait is over or when the server stops, whichever is first."""
    waiting = asyncio.ensure_future(services.engine.runs.wait(caller.tenant, run_id, wait))
    closing = asyncio.ensure_future(services.closing.wait())
    try:
        await asyncio.wait({waiting, closing}, return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            return waiting.result()
        return await services.store.get_run(caller.tenant, run_id, services.now())
    finally:
        waiting.cancel()
        closing.cancel()
