"""Automation rules: create, list, show, save, switch, delete, try, fire by hand, and what became of their firings.

A rule for each tenant acts on all tenants of the instance, so only its admins may change, try or fire one.
"""

import re
from typing import Annotated, Final, cast

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from holdfast.http.answers import json_answer
from holdfast.http.auth import Caller, CallerDep, Role, needs
from holdfast.http.body import JsonBody, Sent, definition, understood
from holdfast.http.idempotency import Answer, answer_once, dedupe_of, first_time
from holdfast.http.openapi import answers, takes, takes_rule
from holdfast.http.query import API_PREFIX, Paging
from holdfast.http.routes.firings import firings_page, shown
from holdfast.http.routes.triggers import check_admin, trigger_json
from holdfast.http.schemas.rules import DryRunIn, RulePatch, UnsavedIn
from holdfast.http.schemas.triggers import FireIn, FiringFilterQuery
from holdfast.http.services import CorrelationId, Services, ServicesDep
from holdfast.http.shapes.firings import FiringShape, FiringsShape
from holdfast.http.shapes.rules import DryRunShape, RuleShape, RulesShape, rule_shape
from holdfast.model.errors import NotFound
from holdfast.model.json import JSON
from holdfast.model.rule import RuleRecord
from holdfast.model.trigger import Owner
from holdfast.ports import Dedupe

router = APIRouter(tags=["automation rules"])
RULES: Final = f"{API_PREFIX}/automation-rules"
ONE: Final = RULES + "/{rule}"
# Wide enough for an id too; anything else can't name a rule.
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", re.ASCII)

Definition = Annotated[JSON, Depends(definition)]


def named(rule: str) -> str:
    """The ``{rule}`` of a path: a name or an id. Raises ``NotFound``."""
    if not _NAME.fullmatch(rule):
        raise NotFound("there is no rule with this name or id")
    return rule


Named = Annotated[str, Depends(named)]


@router.post(RULES, status_code=201, responses=answers(RuleShape, 201), openapi_extra=takes_rule(once=True))
@needs(Role.EDITOR)
async def create_rule(request: Request, services: ServicesDep, caller: CallerDep, document: Definition) -> Response:
    """Saves a new rule; 409 when its name is taken."""

    async def create(dedupe: Dedupe | None) -> Answer:
        accepted = await services.engine.rules.create(caller.tenant, document, caller.instance_admin, dedupe)
        return await again((first_time(accepted),))

    async def again(ids: tuple[str, ...]) -> Answer:
        record = await services.engine.rules.get(caller.tenant, ids[0])
        return Answer(201, await rule_json(request, services, caller, record))

    return await answer_once(request, services, caller, document, create, again)


@router.get(RULES, responses=answers(RulesShape, 200))
@needs(Role.VIEWER)
async def list_rules(services: ServicesDep, caller: CallerDep, paging: Paging) -> Response:
    """By name. A rule's trigger with its address or next time: `GET /automation-rules/{rule}`."""
    page = await services.engine.rules.list(caller.tenant, paging.cursor, paging.limit)
    return json_answer({"items": [rule_shape(record) for record in page.items], "next": page.next})


@router.post(RULES + "/dry-run", responses=answers(DryRunShape, 200), openapi_extra=takes(UnsavedIn))
@needs(Role.VIEWER, scope="automation-rules:read")
async def dry_run_unsaved(services: ServicesDep, caller: CallerDep, document: Definition) -> Response:
    """What a rule that isn't saved would insert now, and why each condition is met or not. Writes nothing."""
    tried = understood(UnsavedIn, document)
    found = await services.engine.rules.dry_run(caller.tenant, tried.rule, tried.trigger, caller.instance_admin)
    return json_answer(found)


@router.get(ONE, responses=answers(RuleShape, 200))
@needs(Role.VIEWER)
async def get_rule(request: Request, services: ServicesDep, caller: CallerDep, rule: Named) -> Response:
    """One rule with its trigger."""
    record = await services.engine.rules.get(caller.tenant, rule)
    return json_answer(await rule_json(request, services, caller, record))


@router.put(ONE, responses=answers(RuleShape, 200), openapi_extra=takes_rule())
@needs(Role.EDITOR)
async def save_rule(
    request: Request, services: ServicesDep, caller: CallerDep, rule: Named, document: Definition
) -> Response:
    """Replaces the rule; a new name renames it. A webhook keeps its address, an unchanged clock its next time."""
    await allowed(services, caller, rule)
    record = await services.engine.rules.save(caller.tenant, rule, document, caller.instance_admin)
    return json_answer(await rule_json(request, services, caller, record))


@router.patch(ONE, responses=answers(RuleShape, 200), openapi_extra=takes(RulePatch))
@needs(Role.EDITOR)
async def change_rule(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    rule: Named,
    sent: Annotated[Sent[RulePatch], Depends(JsonBody(RulePatch))],
) -> Response:
    """Switches it on or off, or gives it another priority. What comes while it is off is not made up for."""
    record = await allowed(services, caller, rule)
    change = sent.model.model_dump(include=sent.model.model_fields_set)
    if set(change) == {"enabled"}:
        enabled = sent.model.enabled
        record = await services.engine.rules.enable(caller.tenant, record.id, enabled, caller.instance_admin)
    else:
        document = {**record.document, **change}
        record = await services.engine.rules.save(caller.tenant, record.id, document, caller.instance_admin)
    return json_answer(await rule_json(request, services, caller, record))


@router.delete(ONE, status_code=204, responses=answers(None, 204))
@needs(Role.EDITOR)
async def delete_rule(services: ServicesDep, caller: CallerDep, rule: Named) -> Response:
    """It doesn't act any more; its name is free again, its firings stay until their retention."""
    record = await allowed(services, caller, rule)
    await services.engine.rules.delete(caller.tenant, record.id, caller.instance_admin)
    return Response(status_code=204)


@router.post(ONE + "/dry-run", responses=answers(DryRunShape, 200), openapi_extra=takes(DryRunIn, needed=False))
@needs(Role.VIEWER, scope="automation-rules:read")
async def dry_run_rule(
    services: ServicesDep,
    caller: CallerDep,
    rule: Named,
    sent: Annotated[Sent[DryRunIn], Depends(JsonBody(DryRunIn))],
) -> Response:
    """What the rule would insert now, and why each condition is met or not. Writes nothing."""
    record = await allowed(services, caller, rule)
    found = await services.engine.rules.dry_run(caller.tenant, record.id, sent.model.trigger, caller.instance_admin)
    return json_answer(found)


@router.post(
    ONE + "/fire",
    status_code=201,
    responses=answers(FiringShape, 201),
    openapi_extra=takes(FireIn, once=True, needed=False),
)
@needs(Role.OPERATOR)
async def fire_rule(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    rule: Named,
    correlation_id: CorrelationId,
    sent: Annotated[Sent[FireIn], Depends(JsonBody(FireIn))],
) -> Response:
    """Fires it now, by hand: its conditions decide, as always. The answer is the firing with what they gave."""
    record = await allowed(services, caller, rule)

    async def fire(dedupe: Dedupe | None) -> Answer:
        """A repeat with the same key is the same firing."""
        fired = await services.engine.rules.fire(
            caller.tenant, record.id, sent.model.trigger, correlation_id, dedupe, caller.instance_admin
        )
        return Answer(201, cast(JSON, await shown(services, caller, fired.firing.id)))

    async def again(_: tuple[str, ...]) -> Answer:
        return await fire(dedupe_of(request, services, caller, sent.value))

    return await answer_once(request, services, caller, sent.value, fire, again)


@router.get(ONE + "/firings", responses=answers(FiringsShape, 200))
@needs(Role.VIEWER)
async def list_firings_of_rule(
    services: ServicesDep, caller: CallerDep, rule: Named, query: Annotated[FiringFilterQuery, Query()]
) -> Response:
    """Newest first: what became of each, with what every condition gave."""
    record = await services.engine.rules.get(caller.tenant, rule)
    return await firings_page(services, caller, Owner("rule", record.id), query)


async def allowed(services: Services, caller: Caller, rule: str) -> RuleRecord:
    """The rule, if the caller may change, try or fire it. Raises ``NotFound``, ``Forbidden``."""
    record = await services.engine.rules.get(caller.tenant, rule)
    check_admin(caller, record.document)
    return record


async def rule_json(request: Request, services: Services, caller: Caller, record: RuleRecord) -> JSON:
    """A rule with its trigger: a webhook's address is the one that this request came by."""
    found = await services.engine.triggers.list(caller.tenant, Owner("rule", record.id), (), None, 1)
    trigger = await trigger_json(request, services, found.items[0]) if found.items else None
    return cast(JSON, rule_shape(record, trigger))
