"""Firings: what became of each time, event and delivery; and a delivery that is started again."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Annotated, Final, cast

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from holdfast.http.answers import json_answer
from holdfast.http.auth import Caller, CallerDep, Role, needs
from holdfast.http.idempotency import Answer, answer_once, dedupe_of, first_time
from holdfast.http.openapi import answers, takes_nothing
from holdfast.http.query import API_PREFIX, path_id
from holdfast.http.routes.triggers import check_admin
from holdfast.http.schemas.triggers import FiringFilterQuery, FiringQuery
from holdfast.http.services import CorrelationId, Services, ServicesDep
from holdfast.http.shapes.firings import FiringShape, FiringsShape, firing_shape, firing_summary
from holdfast.model.errors import NotFound
from holdfast.model.ids import is_id
from holdfast.model.json import JSON
from holdfast.model.trigger import FiringFilter, Owner
from holdfast.ports import Dedupe

router = APIRouter(tags=["firings"])
FIRINGS: Final = f"{API_PREFIX}/firings"


@router.get(FIRINGS, responses=answers(FiringsShape, 200))
@needs(Role.VIEWER)
async def list_firings(services: ServicesDep, caller: CallerDep, query: Annotated[FiringQuery, Query()]) -> Response:
    """Newest first."""
    owner = await _owner(services, caller, query)
    return await firings_page(services, caller, owner, query)


@router.get(FIRINGS + "/{firing}", responses=answers(FiringShape, 200))
@needs(Role.VIEWER)
async def get_firing(services: ServicesDep, caller: CallerDep, firing: str) -> Response:
    """One firing, with what its expressions saw."""
    return json_answer(await shown(services, caller, path_id(firing, "firing")))


@router.post(
    FIRINGS + "/{firing}/replay",
    status_code=201,
    responses=answers(FiringShape, 201),
    openapi_extra=takes_nothing(),
)
@needs(Role.OPERATOR)
async def replay_firing(
    request: Request, services: ServicesDep, caller: CallerDep, correlation_id: CorrelationId, firing: str
) -> Response:
    """Starts a kept delivery again, as a new one; 409 for one that was refused, of which nothing is kept."""
    known = path_id(firing, "firing")
    await _check_replayable(services, caller, known)

    async def replay(dedupe: Dedupe | None) -> Answer:
        accepted = await services.engine.hooks.replay(caller.tenant, known, correlation_id, dedupe)
        return await told(first_time(accepted))

    async def again(_: tuple[str, ...]) -> Answer:
        """The key stands for what was started; the replay itself knows the firing of that."""
        dedupe = dedupe_of(request, services, caller, {})
        return await told((await services.engine.hooks.replay(caller.tenant, known, correlation_id, dedupe)).id)

    async def told(firing_id: str) -> Answer:
        return Answer(201, cast(JSON, await shown(services, caller, firing_id)))

    return await answer_once(request, services, caller, {}, replay, again)


async def _check_replayable(services: Services, caller: Caller, firing_id: str) -> None:
    """Raises ``NotFound``, ``Forbidden``."""
    owner = (await services.engine.triggers.firing(caller.tenant, firing_id)).firing.owner
    if owner.kind == "rule":
        with suppress(NotFound):  # gone: then there is nothing to replay
            check_admin(caller, (await services.engine.rules.get(caller.tenant, owner.id)).document)


async def firings_page(services: Services, caller: Caller, owner: Owner | None, query: FiringFilterQuery) -> Response:
    wanted = FiringFilter(owner, query.trigger, query.verdict, query.backfill)
    page = await services.engine.triggers.firings(caller.tenant, wanted, query.cursor, query.limit)
    names = await _names(services, caller, {record.firing.owner for record in page.items})
    items = [firing_summary(record, names, caller.instance_admin) for record in page.items]
    return json_answer({"items": items, "next": page.next})


async def shown(services: Services, caller: Caller, firing_id: str) -> FiringShape:
    """A firing as it is shown alone. Raises ``NotFound``."""
    record = await services.engine.triggers.firing(caller.tenant, firing_id)
    return firing_shape(record, await _names(services, caller, {record.firing.owner}), caller.instance_admin)


async def _owner(services: Services, caller: Caller, query: FiringQuery) -> Owner | None:
    """Whose firings are wanted: an id stands for itself, so that those of a deleted owner are found. Raises
    ``NotFound`` for a name that nothing has."""
    if query.workflow is not None:
        known = is_id(query.workflow)
        return Owner(
            "workflow",
            query.workflow if known else (await services.store.get_workflow(caller.tenant, query.workflow)).id,
        )
    if query.rule is not None:
        known = is_id(query.rule)
        return Owner("rule", query.rule if known else (await services.engine.rules.get(caller.tenant, query.rule)).id)
    return None


async def _names(services: Services, caller: Caller, owners: Iterable[Owner]) -> Mapping[Owner, str]:
    """The names of owners that are still there."""
    found: dict[Owner, str] = {}
    for owner in owners:
        try:
            if owner.kind == "workflow":
                found[owner] = (await services.store.get_workflow(caller.tenant, owner.id)).name
            else:
                found[owner] = (await services.engine.rules.get(caller.tenant, owner.id)).name
        except NotFound:
            continue
    return found
