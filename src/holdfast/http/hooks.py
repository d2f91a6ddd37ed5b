"""``/hooks/{key}`` and what follows it: webhooks, answered without the application's machinery in between.

The method and the length are looked at first, then the signature over the raw body, then the trigger's rate, and only
then is the body read as what it says it is. 202 with the run's id after its commit, 200 with the first run's id for a
repeated delivery, or what the trigger's ``respond`` says; 409 for a delivery id with another body, 401 for a signature
that is missing, wrong or too old, 405, 413, 429 by the trigger's own rules, 400 and 422 for bad input. A key that is
unknown, or whose trigger doesn't act, is 404 whatever else is wrong.

``/events/webhook/{key}`` is another name for the same.
"""

import asyncio
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from holdfast.engine.hook_values import Admitted, Hook, HookAnswer, RunFailed, Taken, Told, TooMany
from holdfast.http.answers import encode
from holdfast.http.body import Gone, read_limited
from holdfast.http.cors import METHODS, cors_headers, is_preflight, preflight_headers
from holdfast.http.delivery import delivery_of
from holdfast.http.errors import PROBLEM_TYPE, ProblemAnswer, problem_of, sentence
from holdfast.http.services import Services
from holdfast.model.errors import NotFound
from holdfast.model.instant import SECOND
from holdfast.model.signatures import Message, Untrusted
from holdfast.model.webhook_answer import WebhookAnswer

PREFIXES: Final = ("/hooks/", "/events/webhook/")
ROUTE: Final = "/hooks/{key}"
_LONGEST_KEY: Final = 128
_JSON: Final = ((b"content-type", b"application/json"),)
_SANDBOX: Final = (b"content-security-policy", b"sandbox")
# The client's own credentials, in the scheme that the trigger asks for.
_SCHEMES: Final[Mapping[str, str]] = {"basic": 'Basic realm="webhook", charset="UTF-8"', "bearer": "Bearer"}

Headers = list[tuple[bytes, bytes]]


class HookEntrance:
    """The raw ASGI branch. An exception that isn't ours goes up to the gateway."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        key, rest = _address(scope["path"])
        try:
            hook = await self._find(key, scope)
        except Exception as error:
            await _send_problem(send, _foreseen(error), [])
            return
        more = cors_headers(hook.spec, scope["headers"])
        try:
            if hook.spec.cors and is_preflight(scope):
                await _send(send, 204, b"", [*more, *preflight_headers(hook.spec, scope)])
                return
            answer = await self._serve(hook, rest, scope, receive)
        except Exception as error:
            refusal = _refusal(error, hook) or _foreseen(error)
            if refusal.status < 500:
                reason = error.reason if isinstance(error, Untrusted) else refusal.detail or refusal.title
                self._services.engine.hooks.rejected(hook, reason)
            await _send_problem(send, refusal, more)
            return
        await _send_answer(send, answer, more)

    async def _find(self, key: str, scope: Any) -> Hook:
        """Raises ``NotFound``, or ``Refused`` to who asks for too many that there aren't."""
        try:
            return await self._services.engine.hooks.find(_checked(key))
        except NotFound:
            self._services.rates.guessed(scope, self._services.now())
            raise

    async def _serve(self, hook: Hook, rest: str, scope: Any, receive: Any) -> HookAnswer:
        _check_method(hook, scope)
        hooks = self._services.engine.hooks
        declared = next((v.decode("latin-1") for n, v in scope["headers"] if n == b"content-length"), None)
        body = await read_limited(receive, declared, hook.spec.max_body)
        admitted = await self._admitted(hook, scope, body)
        taken = await hooks.accept(admitted, delivery_of(scope, rest, body), scope["holdfast.correlation_id"])
        return taken.at_once if hook.spec.respond == "now" else await self._awaited(taken, receive)

    async def _admitted(self, hook: Hook, scope: Any, body: bytes) -> Admitted:
        """As ``Hooks.admit``; a password or token of the sender's may be wrong a few times a minute only."""
        hooks, message = self._services.engine.hooks, Message(scope["headers"], body)
        if hook.spec.signature is None or hook.spec.signature.type not in _SCHEMES:
            return await hooks.admit(hook, message)
        rates, now, row = self._services.rates, self._services.now(), hook.record.row
        digest = _credentials(row, scope["headers"])
        rates.may_try_password(scope, row, digest, now)
        try:
            admitted = await hooks.admit(hook, message)
        except Untrusted:
            rates.wrong_password(scope, row, now)
            raise
        rates.good_password(digest)
        return admitted

    async def _awaited(self, taken: Taken, receive: Any) -> HookAnswer:
        """The answer when it is there; a server that stops gives the one that waits for nothing. Raises ``Gone``."""
        answering = asyncio.ensure_future(self._services.engine.hooks.answer(taken))
        closing = asyncio.ensure_future(self._services.closing.wait())
        gone = asyncio.ensure_future(_gone(receive))
        try:
            await asyncio.wait({answering, closing, gone}, return_when=asyncio.FIRST_COMPLETED)
            if answering.done():
                return answering.result()
            if closing.done():
                return taken.at_once
            raise Gone
        finally:
            for task in (answering, closing, gone):
                task.cancel()


def is_hook(path: str) -> bool:
    return path.startswith(PREFIXES)


def _address(path: str) -> tuple[str, str]:
    """The key, and what follows it in the path: nothing, or ``/a/b``."""
    for prefix in PREFIXES:
        if path.startswith(prefix):
            key, slash, rest = path.removeprefix(prefix).partition("/")
            return key, slash + rest
    return "", ""


def _checked(key: str) -> str:
    if not 0 < len(key) <= _LONGEST_KEY or not key.isascii() or not key.replace("-", "").replace("_", "").isalnum():
        raise NotFound("no webhook answers at this address")
    return key


def _credentials(row: str, headers: Headers) -> bytes:
    """A digest of what a sender says to this trigger."""
    said = b"\0".join(value for name, value in headers if name == b"authorization")
    return sha256(row.encode() + b"\0" + said).digest()


def _check_method(hook: Hook, scope: Any) -> None:
    if hook.spec.methods and scope["method"] not in hook.spec.methods:
        raise _WrongMethod(hook, "this address doesn't answer to that method")
    if is_preflight(scope):
        raise _WrongMethod(hook, "pages of other origins may not call this address; `cors` of its trigger allows them")


class _WrongMethod(Exception):
    """The trigger doesn't take this method, or no preflight."""

    def __init__(self, hook: Hook, message: str) -> None:
        super().__init__(message)
        self.allowed = ", ".join(sorted({*(hook.spec.methods or METHODS), *(("OPTIONS",) if hook.spec.cors else ())}))


async def _gone(receive: Any) -> None:
    """Waits until the client has gone away."""
    while (await receive())["type"] != "http.disconnect":
        pass


# -- refusals --------------------------------------------------------------------------------------------------------


def _foreseen(error: Exception) -> ProblemAnswer:
    """The answer to an error that is expected; raises any other."""
    answer = problem_of(error)
    if answer is None:
        raise error
    return answer


def _refusal(error: Exception, hook: Hook) -> ProblemAnswer | None:
    """The answer to what only webhooks are refused for."""
    detail = sentence(str(error))
    match error:
        case Untrusted():
            scheme = _SCHEMES.get("" if hook.spec.signature is None else hook.spec.signature.type)
            headers = {} if scheme is None else {"WWW-Authenticate": scheme}
            return ProblemAnswer(401, "Unauthorized", detail, headers=headers)
        case TooMany():
            return ProblemAnswer(
                429, "Too many requests", detail, headers={"Retry-After": str(max(-(-error.wait // SECOND), 1))}
            )
        case _WrongMethod():
            return ProblemAnswer(405, "Method not allowed", detail, headers={"Allow": error.allowed})
        case _:
            return None


# -- answers ---------------------------------------------------------------------------------------------------------


async def _send_answer(send: Any, answer: HookAnswer, more: Headers) -> None:
    match answer:
        case Told():
            await _send(send, answer.status, encode(answer.document), [*_JSON, *more])
        case WebhookAnswer():
            headers = [(name.encode(), value.encode("latin-1")) for name, value in answer.headers]
            await _send(send, answer.status, answer.body, [*headers, _SANDBOX, *more])
        case RunFailed():
            await _send(send, 500, _failed(answer), [(b"content-type", PROBLEM_TYPE.encode()), *more])


def _failed(answer: RunFailed) -> bytes:
    """A problem that names the run and nothing of what went wrong in it."""
    return encode(
        {
            "type": "about:blank",
            "title": "The run did not succeed",
            "status": 500,
            "detail": f"The run {answer.run_id} ended {answer.state}.",
            "errors": [],
            "run_id": answer.run_id,
        }
    )


async def _send_problem(send: Any, answer: ProblemAnswer, more: Headers) -> None:
    headers = [(b"content-type", PROBLEM_TYPE.encode()), *more]
    headers.extend((name.lower().encode(), value.encode()) for name, value in answer.headers.items())
    await _send(send, answer.status, answer.body(), headers)


async def _send(send: Any, status: int, body: bytes, headers: Headers) -> None:
    if status not in (204, 304):
        headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
