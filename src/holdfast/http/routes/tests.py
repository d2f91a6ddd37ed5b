"""Test runs: a draft of a workflow is tried, whole or one node of it, with outputs pinned to nodes."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from holdfast.engine.run_trials import Wanted
from holdfast.http.auth import CallerDep, Role, needs
from holdfast.http.body import JsonBody, Sent
from holdfast.http.idempotency import Answer, answer_once, first_time
from holdfast.http.openapi import answers, takes
from holdfast.http.routes.runs import begun
from holdfast.http.routes.workflows import WORKFLOWS, Named
from holdfast.http.schemas.runs import TestRunIn
from holdfast.http.services import CorrelationId, ServicesDep
from holdfast.http.shapes.runs import RunShape
from holdfast.ports import Dedupe

router = APIRouter(tags=["runs"])


@router.post(
    WORKFLOWS + "/{workflow}/tests",
    status_code=201,
    responses=answers(RunShape, 200, 201, 202),
    openapi_extra=takes(TestRunIn, once=True, needed=False),
)
@needs(Role.EDITOR)
async def start_test(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    workflow: Named,
    correlation_id: CorrelationId,
    sent: Annotated[Sent[TestRunIn], Depends(JsonBody(TestRunIn))],
) -> Response:
    """Runs a definition that isn't saved, or the newest that is, as a test: with real effects, but for pinned nodes.

    With `wait`: 200 when it ended in time, 202 when it is still going. A test uses up no version number, changes no
    trigger, and neither waits for a place of `max_concurrent_runs` nor takes one; a workflow that is off can be tried.
    422 tells every problem of the definition, or of `pins` and `only`.
    """
    asked = sent.model
    wanted = Wanted(asked.definition, asked.input, asked.trigger, asked.pins, asked.only, asked.run)

    async def start(dedupe: Dedupe | None) -> Answer:
        accepted = await services.tests.start(
            caller.tenant, workflow, wanted, correlation_id=correlation_id, dedupe=dedupe
        )
        return await begun(services, caller, first_time(accepted), asked.wait)

    async def again(run_ids: tuple[str, ...]) -> Answer:
        return await begun(services, caller, run_ids[0], asked.wait)

    return await answer_once(request, services, caller, sent.value, start, again)
