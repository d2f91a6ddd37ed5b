"""Event subscriptions: make, list, change, delete; their secret; test; deliveries, and one of them again."""

from typing import Annotated, Final, cast

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from holdfast.http.answers import json_answer
from holdfast.http.audit import tells
from holdfast.http.auth import Caller, CallerDep, Role, needs
from holdfast.http.body import JsonBody, Sent
from holdfast.http.changes import changed, origin_of
from holdfast.http.idempotency import Answer, answer_once, first_time
from holdfast.http.openapi import answers, takes, takes_nothing
from holdfast.http.query import API_PREFIX, Paging, path_id
from holdfast.http.schemas.subscriptions import RotateIn, SubscriptionIn, SubscriptionPatch
from holdfast.http.services import Services, ServicesDep
from holdfast.http.shapes.subscriptions import (
    DeliveriesShape,
    DeliveryShape,
    RotatedShape,
    SubscriptionShape,
    SubscriptionsShape,
    delivery_shape,
    previous_until,
    subscription_shape,
)
from holdfast.model.json import JSON
from holdfast.model.subscription import Subscription
from holdfast.ports import Dedupe

router = APIRouter(tags=["event subscriptions"])
SUBSCRIPTIONS: Final = f"{API_PREFIX}/event-subscriptions"
_ONE: Final = SUBSCRIPTIONS + "/{subscription_id}"
_TOLD: Final = ("title", "url", "types", "condition", "enabled")
_DELIVERIES: Final = _ONE + "/deliveries"


@router.post(
    SUBSCRIPTIONS,
    status_code=201,
    responses=answers(SubscriptionShape, 201),
    openapi_extra=takes(SubscriptionIn, once=True),
)
@needs(Role.EDITOR)
async def create_subscription(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    sent: Annotated[Sent[SubscriptionIn], Depends(JsonBody(SubscriptionIn))],
) -> Response:
    """Delivers events that come from now on. Keep `secret`: it isn't shown again, but can be replaced (`rotate`)."""

    async def make(dedupe: Dedupe | None) -> Answer:
        accepted, secret = await services.engine.subscriptions.create(caller.tenant, sent.model.draft(), dedupe)
        made = await services.engine.subscriptions.get(caller.tenant, first_time(accepted))
        tells(request, detail=changed(None, _for_audit(made), _TOLD))
        return Answer(201, _made(services, made, secret))

    async def again(ids: tuple[str, ...]) -> Answer:
        made = await services.engine.subscriptions.get(caller.tenant, ids[0])
        # Whoever repeats the request that made it may have lost the answer. Changed since, it is no first answer.
        untouched = made.updated_at == made.created_at
        return Answer(201, _made(services, made, services.engine.subscriptions.secret(made) if untouched else None))

    return await answer_once(request, services, caller, sent.value, make, again, kept=False)


@router.get(SUBSCRIPTIONS, responses=answers(SubscriptionsShape, 200))
@needs(Role.VIEWER)
async def list_subscriptions(services: ServicesDep, caller: CallerDep, paging: Paging) -> Response:
    """Oldest first."""
    page = await services.engine.subscriptions.list(caller.tenant, paging.cursor, paging.limit)
    now = services.now()
    return json_answer({"items": [subscription_shape(each, now) for each in page.items], "next": page.next})


@router.get(_ONE, responses=answers(SubscriptionShape, 200))
@needs(Role.VIEWER)
async def get_subscription(services: ServicesDep, caller: CallerDep, subscription_id: str) -> Response:
    """One subscription, without its secret."""
    found = await services.engine.subscriptions.get(caller.tenant, subscription_id)
    return json_answer(subscription_shape(found, services.now()))


@router.patch(_ONE, responses=answers(SubscriptionShape, 200), openapi_extra=takes(SubscriptionPatch))
@needs(Role.EDITOR)
async def change_subscription(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    subscription_id: str,
    sent: Annotated[Sent[SubscriptionPatch], Depends(JsonBody(SubscriptionPatch))],
) -> Response:
    """Sets address, types, title, condition, or switches it on or off; null lifts the condition."""
    before = await services.engine.subscriptions.get(caller.tenant, subscription_id)
    after = await services.engine.subscriptions.change(caller.tenant, subscription_id, sent.model.change())
    tells(request, detail=changed(_for_audit(before), _for_audit(after), _TOLD))
    return json_answer(subscription_shape(after, services.now()))


@router.delete(_ONE, status_code=204, responses=answers(None, 204))
@needs(Role.EDITOR)
async def delete_subscription(
    request: Request, services: ServicesDep, caller: CallerDep, subscription_id: str
) -> Response:
    """Nothing is sent any more: deliveries on their way are cancelled when their turn comes."""
    found = await services.engine.subscriptions.get(caller.tenant, subscription_id)
    tells(request, detail=changed(None, _for_audit(found), _TOLD))
    await services.engine.subscriptions.delete(caller.tenant, subscription_id)
    return Response(status_code=204)


@router.post(_ONE + "/rotate", responses=answers(RotatedShape, 200), openapi_extra=takes(RotateIn, needed=False))
@needs(Role.EDITOR)
async def rotate_secret(
    services: ServicesDep,
    caller: CallerDep,
    subscription_id: str,
    sent: Annotated[Sent[RotateIn], Depends(JsonBody(RotateIn))],
) -> Response:
    """Signs with a new secret; the one before signs too, for 24 hours. A second rotation ends that of the first."""
    subscriptions = services.engine.subscriptions
    secret = await subscriptions.rotate(caller.tenant, subscription_id, sent.model.secret)
    found = await subscriptions.get(caller.tenant, subscription_id)
    until = previous_until(found, services.now())
    return json_answer({"id": found.id, "secret": secret, "previous_secret_until": until})


@router.post(_ONE + "/test", status_code=201, responses=answers(DeliveryShape, 201), openapi_extra=takes_nothing())
@needs(Role.OPERATOR)
async def send_test(request: Request, services: ServicesDep, caller: CallerDep, subscription_id: str) -> Response:
    """Delivers an event `holdfast.test` to it, whatever its types and condition; 409 while it is off."""

    async def send(dedupe: Dedupe | None) -> Answer:
        accepted = await services.engine.subscriptions.test(caller.tenant, subscription_id, dedupe)
        return await _sent(services, caller, subscription_id, first_time(accepted))

    async def again(ids: tuple[str, ...]) -> Answer:
        return await _sent(services, caller, subscription_id, ids[0])

    return await answer_once(request, services, caller, {}, send, again)


@router.get(_DELIVERIES, responses=answers(DeliveriesShape, 200))
@needs(Role.VIEWER)
async def list_deliveries(services: ServicesDep, caller: CallerDep, subscription_id: str, paging: Paging) -> Response:
    """Newest first, with what came of each so far. Its job, under the same id, has every attempt."""
    page = await services.engine.subscriptions.deliveries(caller.tenant, subscription_id, paging.cursor, paging.limit)
    return json_answer({"items": [delivery_shape(each) for each in page.items], "next": page.next})


@router.post(
    _DELIVERIES + "/{delivery_id}/redeliver",
    status_code=201,
    responses=answers(DeliveryShape, 201),
    openapi_extra=takes_nothing(),
)
@needs(Role.OPERATOR)
async def redeliver(
    request: Request, services: ServicesDep, caller: CallerDep, subscription_id: str, delivery_id: str
) -> Response:
    """Delivers the same event again, under the same `webhook-id`, by a new job; 409 while the subscription is off."""
    old = path_id(delivery_id, "delivery")

    async def send(dedupe: Dedupe | None) -> Answer:
        accepted = await services.engine.subscriptions.redeliver(caller.tenant, subscription_id, old, dedupe)
        return await _sent(services, caller, subscription_id, first_time(accepted))

    async def again(ids: tuple[str, ...]) -> Answer:
        return await _sent(services, caller, subscription_id, ids[0])

    return await answer_once(request, services, caller, {}, send, again)


def _for_audit(subscription: Subscription) -> dict[str, JSON]:
    shape = {name: getattr(subscription, name) for name in _TOLD}
    return {**shape, "url": origin_of(subscription.url), "types": list(subscription.types)}


def _made(services: Services, subscription: Subscription, secret: str | None) -> JSON:
    shape = subscription_shape(subscription, services.now())
    return cast(JSON, {**shape, "secret": secret})


async def _sent(services: Services, caller: Caller, subscription_id: str, job_id: str) -> Answer:
    record = await services.engine.subscriptions.delivery(caller.tenant, subscription_id, job_id)
    return Answer(201, cast(JSON, delivery_shape(record)))
