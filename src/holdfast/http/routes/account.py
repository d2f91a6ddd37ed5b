"""One's own account: name, password, one-time codes. For people who are signed in."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from holdfast.http.answers import json_answer
from holdfast.http.auth import Caller, CallerDep, personal
from holdfast.http.body import JsonBody, Sent
from holdfast.http.errors import Refused
from holdfast.http.openapi import answers, takes
from holdfast.http.query import API_PREFIX
from holdfast.http.schemas.people import AccountPatch, CodesBody, ConfirmedBody, PasswordBody
from holdfast.http.services import ServicesDep
from holdfast.http.sessions import place_of, proving
from holdfast.http.shapes.people import NewCodesShape, RecoveryCodesShape, UserShape, user_shape
from holdfast.model.access import User

router = APIRouter(tags=["account"])
ACCOUNT: Final = f"{API_PREFIX}/account"


@router.patch(ACCOUNT, responses=answers(UserShape, 200), openapi_extra=takes(AccountPatch))
@personal()
async def change_account(
    services: ServicesDep, caller: CallerDep, sent: Annotated[Sent[AccountPatch], Depends(JsonBody(AccountPatch))]
) -> Response:
    """Sets your name."""
    return json_answer(user_shape(await services.people.accounts.rename(_user(caller), sent.model.name)))


@router.post(ACCOUNT + "/password", status_code=204, responses=answers(None, 204), openapi_extra=takes(PasswordBody))
@personal()
async def change_password(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    sent: Annotated[Sent[PasswordBody], Depends(JsonBody(PasswordBody))],
) -> Response:
    """Sets your password and signs you out everywhere else. 12 to 256 characters, and not your address."""
    given, address = sent.model, place_of(request).address
    async with proving():
        await services.people.accounts.change_password(
            _user(caller), caller.session or "", given.current, given.new, address
        )
    return Response(status_code=204)


@router.post(ACCOUNT + "/totp", responses=answers(NewCodesShape, 200))
@personal()
async def new_codes(services: ServicesDep, caller: CallerDep) -> Response:
    """A secret for an authenticator app. Nothing changes until it is confirmed with a code."""
    made = services.people.accounts.new_codes(_user(caller))
    return json_answer({"secret": made.seed, "uri": made.uri})


@router.post(ACCOUNT + "/totp/confirm", responses=answers(RecoveryCodesShape, 200), openapi_extra=takes(CodesBody))
@personal()
async def confirm_codes(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    sent: Annotated[Sent[CodesBody], Depends(JsonBody(CodesBody))],
) -> Response:
    """Asks for a one-time code at each sign-in from now on, and signs you out everywhere else."""
    given, address = sent.model, place_of(request).address
    async with proving():
        codes = await services.people.accounts.confirm_codes(
            _user(caller), caller.session or "", given.secret, given.code, given.password, address
        )
    return json_answer({"recovery_codes": codes})


@router.delete(ACCOUNT + "/totp", status_code=204, responses=answers(None, 204), openapi_extra=takes(ConfirmedBody))
@personal()
async def remove_codes(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    sent: Annotated[Sent[ConfirmedBody], Depends(JsonBody(ConfirmedBody))],
) -> Response:
    """Asks for no one-time codes any more."""
    address = place_of(request).address
    async with proving():
        await services.people.accounts.remove_codes(_user(caller), sent.model.password, address)
    return Response(status_code=204)


def _user(caller: Caller) -> User:
    """The person who calls; the guard lets nobody else here."""
    if caller.user is None:
        raise Refused(403, "Forbidden", "This is for people who are signed in.")
    return caller.user
