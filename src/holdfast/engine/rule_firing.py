"""What a rule does when its trigger fires: ask its conditions, fill its templates, insert the jobs. Once for each key.

All jobs of a firing are inserted together with its record and with what the rule remembers of the tenant, or none is: a
template that gives no valid job fails the firing with the field. A rule ``for_each`` tenant walks all tenants in pages;
each tenant's jobs commit by themselves, under a key of that tenant, with the one firing of the walk, whose summary is
written at its end. A walk that is cut off is made again from its start: tenants whose jobs are there already get no
second ones.

A rule that reads ``previous`` may fire many times at once. Its jobs are inserted only if it still remembers what it was
judged by, or else it is judged again, so that a change of a tenant is met once. For that the tenant is always read
after what is remembered of it.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from holdfast.engine.compiled_rules import CompiledRule, CompiledRules
from holdfast.engine.drafts import new_job
from holdfast.engine.jobs import Jobs
from holdfast.engine.rule_scope import RuleName, all_met, judge, rule_scope, told_results
from holdfast.engine.rule_walks import Walk
from holdfast.engine.shared_reads import SharedReads
from holdfast.engine.started import Repeatable, Started, derived_id
from holdfast.model.errors import Invalid, NotFound
from holdfast.model.instant import Instant
from holdfast.model.json import JSON, JSONObject
from holdfast.model.records import TenantRecord
from holdfast.model.rule import ConditionResult, RuleMemory
from holdfast.model.trigger import NewFiring, TriggerRecord, Verdict
from holdfast.ports import Accepted, Clock, Dedupe, Entropy, NewJobs, Store

_CONFLICT: Final = Started("rejected", reason="the key was used with another body", conflict=True)
NOT_MET: Final = "the conditions are not met"
PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Act:
    """One firing of a rule, on its way."""

    record: TriggerRecord
    compiled: CompiledRule
    trigger: JSONObject
    once: Repeatable | None
    at: Instant
    firing: NewFiring
    correlation_id: str

    @property
    def name(self) -> RuleName:
        return RuleName(self.record.owner.id, self.record.owner_name, self.record.priority)

    @property
    def told(self) -> NewFiring:
        """What is on record of it once it has started."""
        return replace(self.firing, verdict="started", reason="", trigger=self.trigger)

    @property
    def walked(self) -> NewFiring:
        """As ``told``, of a walk: the same one for each key, however often the walk is repeated."""
        if self.once is None:
            return self.told
        return replace(self.told, id=derived_id(self.record.row, self.once.scope, self.once.key, "started"))

    def dedupe(self, tenant: str) -> Dedupe | None:
        """A caller's key is one of its own tenant; in others it stands apart from the keys of their callers."""
        once = self.once
        if once is not None and tenant != self.record.tenant:
            once = replace(once, scope=f"{self.record.row}:{once.scope}")
        return None if once is None else once.dedupe(tenant, self.at)


class RuleFiring:
    """What makes rules act; ``Starts`` calls it for triggers whose owner is a rule."""

    def __init__(self, store: Store, clock: Clock, entropy: Entropy, jobs: Jobs) -> None:
        self._store = store
        self._clock = clock
        self._entropy = entropy
        self._jobs = jobs
        self._compiled = CompiledRules()
        self._tenants: SharedReads[str, TenantRecord] = SharedReads(self._read_tenant)

    async def act(
        self,
        record: TriggerRecord,
        trigger: JSONObject,
        *,
        once: Repeatable | None,
        at: Instant,
        firing: NewFiring,
        correlation_id: str,
    ) -> Started:
        """What has started is on record; of anything else the caller writes the record. Raises ``Unavailable``."""
        compiled = self._compiled.of(record.version_id, record.rule or {})
        act = Act(record, compiled, trigger, once, at, firing, correlation_id)
        if compiled.rule.for_each is not None:
            return await self._for_each(act)
        memories = await self._store.rule_memories(record.owner.id, [record.tenant])
        tenant = await self._tenants.get(record.tenant)
        started, results = await self._for_tenant(act, tenant, memories.get(tenant.id))
        on_record = firing.id if started.verdict == "started" else None
        return replace(started, detail={"conditions": told_results(results)}, firing_id=on_record)

    async def _for_tenant(
        self, act: Act, tenant: TenantRecord, remembered: JSONObject | None, walked: NewFiring | None = None
    ) -> tuple[Started, tuple[ConditionResult, ...]]:
        """``walked``: the firing of the walk that comes by this tenant."""
        while (done := await self._judged(act, tenant, remembered, walked)) is None:
            remembered = (await self._store.rule_memories(act.record.owner.id, [tenant.id])).get(tenant.id)
            tenant = await self._tenants.get(tenant.id)
        return done

    async def _judged(
        self, act: Act, tenant: TenantRecord, remembered: JSONObject | None, walked: NewFiring | None
    ) -> tuple[Started, tuple[ConditionResult, ...]] | None:
        """None: something else is remembered by now."""
        scope = rule_scope(act.name, act.trigger, tenant, remembered, act.at)
        results = judge(act.compiled.conditions, scope)
        if not all_met(results):
            return Started("not_met", reason=NOT_MET), results
        try:
            drafts = act.compiled.drafts(scope, act.at)
        except Invalid as error:
            return Started("failed", reason=str(error), error=error), results
        jobs = tuple(
            new_job(self._entropy.new_id(act.at), tenant.id, draft, act.correlation_id, act.at) for draft in drafts
        )
        firing = walked or replace(act.told, detail={"conditions": told_results(results)})
        dedupe = act.dedupe(tenant.id)
        memory = RuleMemory(act.record.owner.id, tenant.id, tenant.attributes, act.compiled.reads_previous, remembered)
        accepted = await self._jobs.commit(NewJobs(jobs, dedupe, firing, memory))
        if any(answer.outdated for answer in accepted):
            return None
        return _started(accepted, [job.id for job in jobs]), results

    async def _for_each(self, act: Act) -> Started:
        firing = act.walked
        walk = Walk(len(act.compiled.templates), await self._made_earlier(firing))
        cursor: str | None = None
        while True:
            page = await self._store.list_tenants(self._clock.now(), cursor, PAGE)
            await self._for_page(act, firing, page.items, cursor, walk)
            if walk.conflict:
                return _CONFLICT
            cursor = page.next
            if cursor is None:
                break
        detail: JSON = {"tenants": walk.told()}
        if walk.all_jobs == 0:
            if walk.failed_first:
                return Started("failed", reason=walk.failed_first, detail=detail)
            return Started("not_met", reason=NOT_MET, detail=detail)
        await self._store.record_firings([replace(firing, reason=walk.failed_first, detail=detail)])
        verdict: Verdict = "started" if walk.fresh else "duplicate"
        return Started(verdict, walked=walk.all_jobs, reason=walk.failed_first, detail=detail, firing_id=firing.id)

    async def _for_page(
        self, act: Act, firing: NewFiring, tenants: Sequence[TenantRecord], cursor: str | None, walk: Walk
    ) -> None:
        """``tenants`` are those after ``cursor``."""
        memories = await self._store.rule_memories(act.record.owner.id, [tenant.id for tenant in tenants])
        if act.compiled.reads_previous and memories:
            tenants = await self._read_again(tenants, cursor)
        ended = await asyncio.gather(
            *(self._for_tenant(act, tenant, memories.get(tenant.id), firing) for tenant in tenants),
            return_exceptions=True,
        )
        for tenant, end in zip(tenants, ended, strict=True):
            if isinstance(end, BaseException):
                raise end
            walk.count(tenant, *end)

    async def _read_again(self, tenants: Sequence[TenantRecord], cursor: str | None) -> list[TenantRecord]:
        page = await self._store.list_tenants(self._clock.now(), cursor, PAGE)
        found = {tenant.id: tenant for tenant in page.items}
        return [found.get(tenant.id) or await self._tenants.get(tenant.id) for tenant in tenants]

    async def _made_earlier(self, firing: NewFiring) -> set[str]:
        """The jobs of a walk that was cut off."""
        try:
            return set((await self._store.get_firing(firing.tenant, firing.id)).job_ids)
        except NotFound:
            return set()

    async def _read_tenant(self, tenant: str) -> TenantRecord:
        return await self._store.get_tenant(tenant, self._clock.now())


def _started(accepted: Sequence[Accepted], made: Sequence[str]) -> Started:
    """A repeat is answered with the ids of the first time. A job whose unique key is held is answered with its holder;
    where all are, that looks the same, and nothing new came of it either."""
    ids = tuple(answer.id for answer in accepted)
    if any(answer.conflict for answer in accepted):
        return replace(_CONFLICT, job_ids=ids)
    return Started("duplicate" if not set(ids) & set(made) else "started", job_ids=ids)
