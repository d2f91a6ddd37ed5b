"""``client.workflows``: definitions and their versions; ``client.events``: the event log, followed and added to.

A definition is an object, YAML text, or anything with ``to_dict()``.
"""

import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, Protocol

import yaml

from holdfast.model import errors as model
from holdfast.sdk.arguments import jsonable
from holdfast.sdk.failures import Invalid, NotFound
from holdfast.sdk.shapes import Event, Posted, SavedWorkflow, Version
from holdfast.sdk.transport import Transport

_INVALID: Final = "The workflow is not valid"


class Builds(Protocol):
    """What makes a definition."""

    def to_dict(self) -> dict[str, Any]: ...


Definition = Mapping[str, Any] | str | Builds


class Workflows:
    """What a client can do with definitions."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def apply(self, definition: Definition, *, message: str | None = None) -> SavedWorkflow:
        """Makes the workflow, or saves a new version of the one of this name. ``message`` is kept with the version."""
        with invalid():
            sent = _content(definition)
        name = _name_of(definition)
        known = name is not None and await self._exists(name)
        path = ("PUT", "workflows", name or "") if known else ("POST", "workflows")
        return SavedWorkflow.of((await self._transport.call(*path, query={"message": message}, **sent)).body)

    async def get(self, name: str, *, version: int | None = None) -> SavedWorkflow:
        """The newest version, or an earlier one."""
        return SavedWorkflow.of((await self._transport.call("GET", "workflows", name, query={"version": version})).body)

    async def list(self) -> AsyncIterator[SavedWorkflow]:
        """By name. Reads page after page as you go on."""
        async for item in self._transport.pages("workflows"):
            yield SavedWorkflow.of(item)

    async def enable(self, name: str) -> SavedWorkflow:
        return SavedWorkflow.of((await self._transport.call("POST", "workflows", name, "enable", body={})).body)

    async def disable(self, name: str) -> SavedWorkflow:
        """It starts no runs any more; those under way go on."""
        return SavedWorkflow.of((await self._transport.call("POST", "workflows", name, "disable", body={})).body)

    async def delete(self, name: str) -> None:
        """Its history stays, its name is free again."""
        await self._transport.call("DELETE", "workflows", name)

    async def versions(self, name: str) -> AsyncIterator[Version]:
        """Newest first. Reads page after page as you go on."""
        async for item in self._transport.pages("workflows", name, "versions"):
            yield Version.of(item)

    async def diff(self, name: str, before: int, after: int) -> tuple[dict[str, Any], ...]:
        """What changed between two versions: ``{"path", "op", "before"?, "after"?}`` each."""
        answer = await self._transport.call("GET", "workflows", name, "versions", str(before), "diff", str(after))
        return tuple(answer.body["changes"])

    async def restore(self, name: str, version: int, *, message: str | None = None) -> SavedWorkflow:
        """Saves an earlier version's definition as the newest version."""
        path = ("workflows", name, "versions", str(version), "restore")
        return SavedWorkflow.of((await self._transport.call("POST", *path, query={"message": message}, body={})).body)

    async def _exists(self, name: str) -> bool:
        try:
            await self._transport.call("GET", "workflows", name)
        except NotFound:
            return False
        return True


class Events:
    """The event log. Called, it follows what happens."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def __call__(
        self,
        *,
        after: str | None = None,
        run: str | None = None,
        job: str | None = None,
        event_type: str | None = None,
    ) -> AsyncIterator[Event]:
        """Events as they commit, for ever, from ``after`` (an event's id) on, or from now on.

        A server that restarts is waited for, and nothing is lost or seen twice.
        """
        wanted = {"run": run, "job": job, "type": event_type}
        async for event in self._transport.events(wanted, after):
            yield Event.of(event)

    async def post(
        self, event_type: str, data: Any = None, *, subject: str | None = None, event_id: str | None = None
    ) -> Posted:
        """Puts an event of your own on record; runs that wait for it go on. The same ``event_id`` is the same event."""
        with invalid():
            given = jsonable({} if data is None else data, ("data",), "The event is not valid")
        body = {"type": event_type, "data": given, "subject": subject, "id": event_id or fresh_key()}
        # Its id makes the post safe to repeat when an answer is lost.
        answer = await self._transport.call("POST", "events", body=body, idempotency_key=fresh_key())
        return Posted.of({**answer.body, "duplicate": answer.status == 200})


def fresh_key() -> str:
    return str(uuid.uuid4())


@contextmanager
def invalid() -> Iterator[None]:
    """What can't even be sent is told as what the server refuses."""
    try:
        yield
    except model.Invalid as error:
        raise Invalid(422, error.title, errors=error.problems) from None


def _content(definition: Definition) -> dict[str, Any]:
    if isinstance(definition, str):
        return {"text": (definition, "application/yaml")}
    document = definition if isinstance(definition, Mapping) else definition.to_dict()
    return {"body": jsonable(document, (), _INVALID)}


def _name_of(definition: Definition) -> str | None:
    """The workflow's name, if it can be read here; the server says what is wrong with any other definition."""
    document: Any = definition
    if isinstance(definition, str):
        try:
            document = yaml.safe_load(definition)
        except yaml.YAMLError:
            return None
    elif not isinstance(definition, Mapping):
        document = definition.to_dict()
    name = document.get("name") if isinstance(document, Mapping) else None
    return name if isinstance(name, str) and name else None
