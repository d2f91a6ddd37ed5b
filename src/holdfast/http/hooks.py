"""``/hooks/{key}``: webhooks, answered without the application's machinery in between.

Any method. 202 with the run's id after its commit, 200 with the first run's id for a repeated delivery, 409 for the
same delivery id with another body, 404 for a key that is unknown or switched off, 413 above 1 MiB, 400 and 422 for
bad input.
"""

from typing import Any, Final

from holdfast.http.answers import encode
from holdfast.http.body import read_limited
from holdfast.http.delivery import delivery_of
from holdfast.http.errors import ProblemAnswer, problem_of
from holdfast.http.services import Services
from holdfast.model.errors import Conflict, NotFound

PREFIX: Final = "/hooks/"
ROUTE: Final = "/hooks/{key}"
MAX_BODY: Final = 1024 * 1024
_LONGEST_KEY: Final = 128


class HookEntrance:
    """The raw ASGI branch. An exception that isn't ours goes up to the gateway."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            status, run_id = await self._accept(scope, receive)
        except Exception as error:
            answer = problem_of(error)
            if answer is None:
                raise
            await _send_problem(send, answer)
            return
        await _send(send, status, encode({"run_id": run_id}), [(b"content-type", b"application/json")])

    async def _accept(self, scope: Any, receive: Any) -> tuple[int, str]:
        key = _key(scope["path"])
        declared = next((v.decode("latin-1") for n, v in scope["headers"] if n == b"content-length"), None)
        delivery = delivery_of(scope, await read_limited(receive, declared, MAX_BODY))
        accepted = await self._services.engine.hooks.accept(
            key, delivery, correlation_id=scope["holdfast.correlation_id"]
        )
        if accepted.conflict:
            raise Conflict("this delivery id was used with another body")
        return (200 if accepted.duplicate else 202), accepted.id


def _key(path: str) -> str:
    key = path.removeprefix(PREFIX)
    if not 0 < len(key) <= _LONGEST_KEY or not key.isascii() or not key.replace("-", "").replace("_", "").isalnum():
        raise NotFound("no webhook answers at this address")
    return key


async def _send_problem(send: Any, answer: ProblemAnswer) -> None:
    headers = [(b"content-type", b"application/problem+json")]
    headers.extend((name.lower().encode(), value.encode()) for name, value in answer.headers.items())
    await _send(send, answer.status, answer.body(), headers)


async def _send(send: Any, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
