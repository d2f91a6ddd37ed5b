"""Secrets: set, list, delete. No route gives a value back."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from holdfast.engine.connections.connections import ConnectionDraft
from holdfast.engine.secret_drafts import KIND, MOST_BOUND, NAME
from holdfast.http.answers import json_answer
from holdfast.http.audit import tells
from holdfast.http.auth import CallerDep, Role, needs
from holdfast.http.body import JsonBody, Sent
from holdfast.http.changes import changed
from holdfast.http.openapi import answers, takes
from holdfast.http.query import API_PREFIX, Paging
from holdfast.http.schemas.secrets import SecretIn
from holdfast.http.services import Services, ServicesDep
from holdfast.http.shapes.secrets import SecretShape, SecretsShape, TriedShape, secret_shape
from holdfast.http.validation import unknown
from holdfast.model.errors import Invalid, Problem
from holdfast.model.secret import SealedSecret
from holdfast.ports import Keep

router = APIRouter(tags=["secrets"])
SECRETS: Final = f"{API_PREFIX}/secrets"
# What the audit log says of a secret. Its fields aren't: some hold addresses that may have a secret in them.
_BINDINGS: Final = ("type", "hosts", "kinds", "description")


@router.get(SECRETS, responses=answers(SecretsShape, 200))
@needs(Role.VIEWER)
async def list_secrets(services: ServicesDep, caller: CallerDep, paging: Paging) -> Response:
    """By name, without values."""
    page = await services.engine.secrets.list(caller.tenant, paging.cursor, paging.limit)
    return json_answer({"items": [_shape(services, secret) for secret in page.items], "next": page.next})


@router.put(SECRETS + "/{name}", responses=answers(SecretShape, 200), openapi_extra=takes(SecretIn))
@needs(Role.EDITOR)
async def put_secret(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    name: str,
    sent: Annotated[Sent[SecretIn], Depends(JsonBody(SecretIn))],
) -> Response:
    """Makes the secret or the connection, or replaces it: what uses it uses the new one from now on.

    A name has 1 to 64 letters, digits and `_`, and doesn't begin with a digit. Where the secret may go is changed only
    together with its value; left out, it stays as it is. Of a connection, what is confidential and left out stays, if
    it goes nowhere that it didn't go before.
    """
    draft = sent.model.draft()
    before = await _kept(services, caller.tenant, name)
    _check_kinds(services, draft.kinds)
    if isinstance(draft, ConnectionDraft):
        kept = await services.engine.connections.put(caller.tenant, name, draft)
    else:
        kept = await services.engine.secrets.put(caller.tenant, name, draft)
    shape = _shape(services, kept)
    old = None if before is None else _shape(services, before)
    tells(request, detail={"new": old is None, **changed(old, shape, _BINDINGS)})
    return json_answer(shape)


@router.post(SECRETS + "/{name}/test", responses=answers(TriedShape, 200))
@needs(Role.EDITOR)
async def test_secret(services: ServicesDep, caller: CallerDep, name: str) -> Response:
    """Really connects with a connection, within ten seconds, as the nodes would."""
    tried = await services.engine.connections.test(caller.tenant, name)
    return json_answer({"ok": tried.ok, "detail": tried.detail})


@router.delete(SECRETS + "/{name}", status_code=204, responses=answers(None, 204))
@needs(Role.EDITOR)
async def delete_secret(request: Request, services: ServicesDep, caller: CallerDep, name: str) -> Response:
    """What still names it can't be checked or sent from now on: webhooks signed with it are refused."""
    before = await _kept(services, caller.tenant, name)
    if before is not None:
        tells(request, detail=changed(None, _shape(services, before), _BINDINGS))
    await services.engine.secrets.delete(caller.tenant, name)
    return Response(status_code=204)


def _check_kinds(services: Services, kinds: tuple[str, ...] | Keep | None) -> None:
    """A kind that isn't known here is a slip, which would bind the secret to nothing. Raises ``Invalid``."""
    named = kinds if isinstance(kinds, tuple) else ()
    known = services.engine.specs
    wrong = [
        Problem(f"kinds[{place}]", f"{unknown(kind, known, 'kind')} (one that only other workers know: end it with *)")
        for place, kind in enumerate(named[:MOST_BOUND])
        if KIND.fullmatch(kind) and kind not in known and not kind.startswith("task:") and not kind.endswith("*")
    ]
    if wrong:
        raise Invalid(wrong, "The secret is not valid")


async def _kept(services: Services, tenant: str, name: str) -> SealedSecret | None:
    if NAME.fullmatch(name) is None:
        return None
    return (await services.store.get_secrets(tenant, [name])).get(name)


def _shape(services: Services, secret: SealedSecret) -> SecretShape:
    return secret_shape(secret, services.engine.connections.fields(secret))
