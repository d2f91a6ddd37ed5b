"""Schedules: every clock of the tenant's workflows and rules, its coming times, pause, and backfills."""

from collections.abc import Sequence
from typing import Annotated, Final, cast

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from holdfast.http.answers import json_answer
from holdfast.http.auth import Caller, CallerDep, Role, needs
from holdfast.http.body import JsonBody, Sent, json_value
from holdfast.http.idempotency import Answer, answer_once, first_time
from holdfast.http.openapi import answers, takes, takes_object
from holdfast.http.query import API_PREFIX, Paging, path_id
from holdfast.http.routes import triggers
from holdfast.http.routes.triggers import Row, changeable, triggers_page
from holdfast.http.schemas.triggers import BackfillIn, TimesQuery
from holdfast.http.services import Services, ServicesDep
from holdfast.http.shapes.triggers import (
    BackfillShape,
    BackfillsShape,
    TimesShape,
    TriggerShape,
    TriggersShape,
    backfill_shape,
    times_shape,
)
from holdfast.model.errors import NotFound
from holdfast.model.json import JSON
from holdfast.model.trigger import CLOCKS, Backfill
from holdfast.ports import Dedupe

router = APIRouter(tags=["schedules"])
SCHEDULES: Final = f"{API_PREFIX}/schedules"
ONE: Final = SCHEDULES + "/{row}"
BACKFILLS: Final = ONE + "/backfills"


async def clock_of(services: ServicesDep, caller: CallerDep, row: Row) -> str:
    """The ``{row}`` of a clock. Raises ``NotFound`` for other triggers too."""
    record = await services.engine.triggers.get(caller.tenant, row)
    if record.type not in CLOCKS:
        raise NotFound("there is no schedule with this id")
    return row


@router.get(SCHEDULES, responses=answers(TriggersShape, 200))
@needs(Role.VIEWER)
async def list_schedules(request: Request, services: ServicesDep, caller: CallerDep, paging: Paging) -> Response:
    """Every `cron`, `every` and `at` of workflows and rules, oldest first, with its next time."""
    page = await services.engine.triggers.list(caller.tenant, None, CLOCKS, paging.cursor, paging.limit)
    return await triggers_page(request, services, page)


@router.post(
    SCHEDULES + "/preview", responses=answers(TimesShape, 200), openapi_extra=takes_object("A clock, as in `triggers`.")
)
@needs(Role.VIEWER, scope="schedules:read")
async def preview_schedule(
    services: ServicesDep,
    document: Annotated[JSON, Depends(json_value)],
    query: Annotated[TimesQuery, Query()],
) -> Response:
    """The coming times of a clock that isn't saved: `{"cron" or "every" or "at": …, "timezone"?, …}`."""
    return json_answer(times_shape(await services.engine.triggers.preview(document, query.count)))


@router.get(ONE, responses=answers(TriggerShape, 200))
@needs(Role.VIEWER)
async def get_schedule(request: Request, services: ServicesDep, caller: CallerDep, row: Row) -> Response:
    """One clock."""
    await clock_of(services, caller, row)
    return await triggers.get_trigger(request, services, caller, row)


@router.get(ONE + "/next", responses=answers(TimesShape, 200))
@needs(Role.VIEWER)
async def next_times(
    services: ServicesDep, caller: CallerDep, row: Row, query: Annotated[TimesQuery, Query()]
) -> Response:
    """Its coming nominal times (without jitter), also while it is paused or its owner is off."""
    await clock_of(services, caller, row)
    return json_answer(times_shape(await services.engine.triggers.next_times(caller.tenant, row, query.count)))


@router.post(ONE + "/pause", responses=answers(TriggerShape, 200))
@needs(Role.EDITOR)
async def pause_schedule(request: Request, services: ServicesDep, caller: CallerDep, row: Row) -> Response:
    """It doesn't fire until it is resumed; times that come meanwhile never fire."""
    await clock_of(services, caller, row)
    return await triggers.pause_trigger(request, services, caller, row)


@router.post(ONE + "/resume", responses=answers(TriggerShape, 200))
@needs(Role.EDITOR)
async def resume_schedule(request: Request, services: ServicesDep, caller: CallerDep, row: Row) -> Response:
    """It fires again, from its next time on."""
    await clock_of(services, caller, row)
    return await triggers.resume_trigger(request, services, caller, row)


@router.post(
    BACKFILLS, status_code=201, responses=answers(BackfillShape, 201), openapi_extra=takes(BackfillIn, once=True)
)
@needs(Role.OPERATOR)
async def create_backfill(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    row: Row,
    sent: Annotated[Sent[BackfillIn], Depends(JsonBody(BackfillIn))],
) -> Response:
    """Fires every nominal time in `[from, to]`, both included, oldest first; also those that have fired."""
    await clock_of(services, caller, row)
    await changeable(services, caller, row)
    wanted = sent.model

    async def create(dedupe: Dedupe | None) -> Answer:
        accepted = await services.engine.triggers.backfill(
            caller.tenant, row, wanted.start, wanted.end, wanted.concurrency, dedupe
        )
        return await again((first_time(accepted),))

    async def again(ids: Sequence[str]) -> Answer:
        backfill = await services.engine.triggers.get_backfill(caller.tenant, ids[0])
        return Answer(201, cast(JSON, backfill_shape(backfill)))

    return await answer_once(request, services, caller, sent.value, create, again)


@router.get(BACKFILLS, responses=answers(BackfillsShape, 200))
@needs(Role.VIEWER)
async def list_backfills(services: ServicesDep, caller: CallerDep, row: Row, paging: Paging) -> Response:
    """Newest first."""
    await clock_of(services, caller, row)
    page = await services.engine.triggers.backfills(caller.tenant, row, paging.cursor, paging.limit)
    return json_answer({"items": [backfill_shape(backfill) for backfill in page.items], "next": page.next})


@router.get(BACKFILLS + "/{backfill}", responses=answers(BackfillShape, 200))
@needs(Role.VIEWER)
async def get_backfill(services: ServicesDep, caller: CallerDep, row: Row, backfill: str) -> Response:
    """How far it has come. Its firings: `GET /firings?backfill=`."""
    return json_answer(backfill_shape(await _known(services, caller, row, backfill)))


@router.post(BACKFILLS + "/{backfill}/cancel", responses=answers(BackfillShape, 200))
@needs(Role.OPERATOR)
async def cancel_backfill(services: ServicesDep, caller: CallerDep, row: Row, backfill: str) -> Response:
    """Starts no more of it; what has started goes on. 409 when it has finished."""
    await changeable(services, caller, row)
    known = await _known(services, caller, row, backfill)
    return json_answer(backfill_shape(await services.engine.triggers.cancel_backfill(caller.tenant, known.id)))


async def _known(services: Services, caller: Caller, row: str, backfill: str) -> Backfill:
    """Raises ``NotFound``, for a backfill of another clock too."""
    found = await services.engine.triggers.get_backfill(caller.tenant, path_id(backfill, "backfill"))
    if found.trigger_row != row:
        raise NotFound("this schedule has no backfill with this id")
    return found
