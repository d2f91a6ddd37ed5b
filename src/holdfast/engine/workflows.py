"""Workflows as callers see them: validate, create, save a version, compare and restore versions, switch, delete.

A definition is stored only when it is valid as a whole; otherwise every problem is answered and nothing changes. A save
whose answer was lost is repeated under the same ids.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final, TypeVar

from holdfast.engine.repeating import repeated
from holdfast.engine.wakeups import TRIGGERS, Wakeups
from holdfast.model.clock import CronPort
from holdfast.model.diff import Difference, differences
from holdfast.model.errors import Invalid, Problem
from holdfast.model.instant import Instant
from holdfast.model.json import JSON, JSONObject, problems_of
from holdfast.model.node_spec import NodeSpec, SchemaPort
from holdfast.model.records import WorkflowRecord
from holdfast.model.trigger import NewTrigger
from holdfast.model.validate import read_workflow, timing_of
from holdfast.model.workflow import TriggerDef, Workflow
from holdfast.ports import Accepted, Clock, Dedupe, Entropy, NewVersion, Store

Answer = TypeVar("Answer")
_LONGEST_MESSAGE: Final = 2_000


class Workflows:
    """The entrance for definitions."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        entropy: Entropy,
        specs: Mapping[str, NodeSpec],
        schemas: SchemaPort,
        cron: CronPort,
        wakeups: Wakeups,
    ) -> None:
        self._store = store
        self._clock = clock
        self._entropy = entropy
        self._wakeups = wakeups
        self._specs = specs
        self._schemas = schemas
        self._cron = cron

    def validate(self, document: JSON) -> Workflow:
        """The workflow that a document describes. Raises ``Invalid`` with every problem."""
        return read_workflow(document, self._specs, self._schemas, self._cron)

    async def create(
        self,
        tenant: str,
        document: JSON,
        *,
        dedupe: Dedupe | None = None,
        author: str | None = None,
        message: str = "",
    ) -> tuple[Accepted, WorkflowRecord]:
        """Saves version 1. Raises ``Invalid``, or ``Conflict`` when the name is taken."""
        _check_message(message)
        workflow = await asyncio.to_thread(self.validate, document)  # a big definition takes a while
        now = self._clock.now()
        version = replace(
            self._version(tenant, workflow, self._entropy.new_id(now), now), author=author, message=message
        )
        accepted = await self._repeated(lambda: self._store.create_workflow(version, now, dedupe))
        self._wakeups.notify({TRIGGERS})
        return accepted, await self._store.get_workflow(tenant, accepted.id)

    async def save(
        self,
        tenant: str,
        name_or_id: str,
        document: JSON,
        *,
        author: str | None = None,
        message: str = "",
        expect: int | None = None,
    ) -> WorkflowRecord:
        """Saves the next version, after version ``expect`` if told.

        Raises ``Invalid``, ``NotFound``, or ``Conflict`` when another version came meanwhile or a new name is taken.
        """
        _check_message(message)
        workflow = await asyncio.to_thread(self.validate, document)  # a big definition takes a while
        # By its id: a version that renames the workflow is found again when its save has to be repeated.
        found = await self._store.get_workflow(tenant, name_or_id)
        now = self._clock.now()
        version = replace(self._version(tenant, workflow, found.id, now), author=author, message=message)
        record = await self._repeated(lambda: self._store.save_version(tenant, found.id, version, now, expect))
        self._wakeups.notify({TRIGGERS})
        return record

    async def restore(
        self, tenant: str, name_or_id: str, version: int, *, author: str | None = None, message: str = ""
    ) -> WorkflowRecord:
        """Saves an earlier version's definition as the next version. Raises as ``save`` does."""
        earlier = await self._store.get_workflow(tenant, name_or_id, version)
        said = message or f"restores version {version}"
        return await self.save(tenant, earlier.id, earlier.definition, author=author, message=said)

    async def diff(self, tenant: str, name_or_id: str, before: int, after: int) -> list[Difference]:
        """What changed from one version to another, either way round. Raises ``NotFound``."""
        old = await self._store.get_workflow(tenant, name_or_id, before)
        new = await self._store.get_workflow(tenant, old.id, after)
        return differences(old.definition, new.definition)

    async def enable(self, tenant: str, name_or_id: str, enabled: bool) -> WorkflowRecord:
        """Switches it on or off: a workflow that is off starts no runs; those under way go on."""
        now = self._clock.now()
        record = await self._repeated(lambda: self._store.set_enabled(tenant, name_or_id, enabled, now))
        self._wakeups.notify({TRIGGERS})
        return record

    async def delete(self, tenant: str, name_or_id: str) -> None:
        """Its history stays, its name is free again."""
        await self._store.delete_workflow(tenant, name_or_id, self._clock.now())
        self._wakeups.notify({TRIGGERS})

    async def _repeated(self, call: Callable[[], Awaitable[Answer]]) -> Answer:
        return await repeated(call, self._clock, self._entropy)

    def _version(self, tenant: str, workflow: Workflow, workflow_id: str, now: Instant) -> NewVersion:
        definition: JSONObject = workflow.document
        return NewVersion(
            tenant=tenant,
            workflow_id=workflow_id,
            version_id=self._entropy.new_id(now),
            name=workflow.name,
            definition=definition,
            triggers=tuple(self._trigger(trigger) for trigger in workflow.triggers),
        )

    def _trigger(self, trigger: TriggerDef) -> NewTrigger:
        key = self._entropy.new_key() if trigger.type == "webhook" else None
        return NewTrigger(trigger.id, trigger.type, trigger.document, key, timing_of(trigger.spec))


def _check_message(message: str) -> None:
    """Raises ``Invalid`` for what can't be kept as a version's message."""
    problems = [Problem("message", text) for _, text in problems_of(message)]
    if len(message) > _LONGEST_MESSAGE:
        problems.append(Problem("message", f"must have at most {_LONGEST_MESSAGE} characters"))
    if problems:
        raise Invalid(problems, "The version can't be saved")
