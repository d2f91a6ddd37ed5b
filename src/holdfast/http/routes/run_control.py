"""What can be done to a run: cancel, pause, resume, do it again, and signal what its nodes wait for."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from holdfast.engine.signals import is_named
from holdfast.http.answers import json_answer
from holdfast.http.auth import Caller, CallerDep, Role, needs
from holdfast.http.body import JsonBody, Sent, json_value
from holdfast.http.idempotency import Answer, answer_once, first_time
from holdfast.http.openapi import answers, takes, takes_json
from holdfast.http.query import path_id
from holdfast.http.routes.runs import RUNS, shown_run
from holdfast.http.schemas.runs import CancelIn, RerunIn
from holdfast.http.services import CorrelationId, Services, ServicesDep
from holdfast.http.shapes.runs import RunShape
from holdfast.model.errors import Forbidden
from holdfast.model.json import JSON
from holdfast.ports import Dedupe

router = APIRouter(tags=["runs"])
Payload = Annotated[JSON, Depends(json_value)]
SignalName = Annotated[
    str, Path(max_length=200, description="A `wait.callback`'s or `approval`'s node id, or the name of a `wait.event`.")
]


@router.post(RUNS + "/{run_id}/cancel", responses=answers(RunShape, 200), openapi_extra=takes(CancelIn, needed=False))
@needs(Role.OPERATOR)
async def cancel_run(
    services: ServicesDep,
    caller: CallerDep,
    run_id: str,
    sent: Annotated[Sent[CancelIn], Depends(JsonBody(CancelIn))],
) -> Response:
    """Ends the run CANCELLED; 409 when it has ended already. With `compensate` what succeeded is undone first."""
    await services.engine.runs.cancel(caller.tenant, path_id(run_id, "run"), compensate=sent.model.compensate)
    return json_answer(await shown_run(services, caller, run_id))


@router.post(RUNS + "/{run_id}/pause", responses=answers(RunShape, 200))
@needs(Role.OPERATOR)
async def pause_run(services: ServicesDep, caller: CallerDep, run_id: str) -> Response:
    """Lets what runs end and starts nothing new; signals are kept, its timeout goes on. 409 unless it is going."""
    await services.engine.runs.pause(caller.tenant, path_id(run_id, "run"))
    return json_answer(await shown_run(services, caller, run_id))


@router.post(RUNS + "/{run_id}/resume", responses=answers(RunShape, 200))
@needs(Role.OPERATOR)
async def resume_run(services: ServicesDep, caller: CallerDep, run_id: str) -> Response:
    """Goes on, first with the signals that came meanwhile; 409 when it isn't paused."""
    await services.engine.runs.resume(caller.tenant, path_id(run_id, "run"))
    return json_answer(await shown_run(services, caller, run_id))


@router.post(
    RUNS + "/{run_id}/rerun",
    status_code=201,
    responses=answers(RunShape, 201),
    openapi_extra=takes(RerunIn, once=True, needed=False),
)
@needs(Role.OPERATOR)
async def rerun(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    correlation_id: CorrelationId,
    run_id: str,
    sent: Annotated[Sent[RerunIn], Depends(JsonBody(RerunIn))],
) -> Response:
    """A new run that repeats an ended one, whole or in part; 409 while it is going."""
    wanted, old = sent.model, path_id(run_id, "run")

    async def start(dedupe: Dedupe | None) -> Answer:
        accepted = await services.engine.runs.rerun(
            caller.tenant,
            old,
            start=wanted.start,
            version=wanted.version,
            correlation_id=correlation_id,
            dedupe=dedupe,
        )
        return Answer(201, await shown_run(services, caller, first_time(accepted)))

    async def again(run_ids: tuple[str, ...]) -> Answer:
        return Answer(201, await shown_run(services, caller, run_ids[0]))

    return await answer_once(request, services, caller, sent.value, start, again)


@router.post(
    RUNS + "/{run_id}/signals/{name}", responses=answers(RunShape, 200), openapi_extra=takes_json("The payload.")
)
@needs(Role.VIEWER)
async def signal_run(
    services: ServicesDep, caller: CallerDep, run_id: str, name: SignalName, payload: Payload
) -> Response:
    """Ends the node that waits for this signal; the body is its payload. Kept when it comes first; 409 when too late.

    An `approval` takes `{"approved": true or false, "comment"?}`. For operators, and for whom an approval names.
    """
    await _check_may_signal(services, caller, path_id(run_id, "run"), name)
    await services.engine.runs.signal(caller.tenant, run_id, name, payload, by=known_as(caller), roles=roles_of(caller))
    return json_answer(await shown_run(services, caller, run_id))


async def _check_may_signal(services: Services, caller: Caller, run_id: str, name: str) -> None:
    """Raises ``Forbidden`` for somebody below operator whom no approval names; the engine looks at the names again."""
    if caller.role >= Role.OPERATOR:
        return
    waits = await services.engine.runs.waits(caller.tenant, run_id)
    by, mine = known_as(caller), roles_of(caller)
    if not any(wait.node_id == name and is_named(wait.wait.approvers, by, mine) for wait in waits):
        raise Forbidden("this needs the role operator, or to be named by an approval that waits")


def known_as(caller: Caller) -> str:
    """By what approvals know the caller: nothing that somebody could choose to be taken for another.

    People choose the name that is shown; their address is theirs alone, and no key passes for one.
    """
    if caller.user is not None:
        return caller.user.email or caller.id
    return f"key {caller.name}" if "@" in caller.name else caller.name


def roles_of(caller: Caller) -> frozenset[str]:
    """The names of all roles that the caller has: each has those below it."""
    return frozenset(role.name.lower() for role in Role if role <= caller.role)
