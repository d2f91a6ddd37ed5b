"""What a rule does when its trigger fires: ask its conditions, fill its templates, insert the jobs. Once for each key.

All jobs of a firing are inserted together with its record and with what the rule remembers of the tenant, or none is: a
template that gives no valid job fails the firing with the field. A rule ``for_each`` tenant walks all tenants in pages;
each tenant's jobs commit by themselves, under a key of that tenant, with the one firing of the walk, whose summary is
written at its end. A walk that is cut off is made again from its start: tenants whose jobs are there already get no
second ones, and are counted with those that they have.

A rule that reads ``previous`` may fire many times at once. Its jobs are inserted only if its memory is as it was when
they were judged, or else they are judged again, so that a change of a tenant is met once. For that the tenant is always
read after what is remembered of it. Other rules remember nothing.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from weakref import WeakValueDictionary

from holdfast.engine.compiled_rules import CompiledRule, CompiledRules
from holdfast.engine.drafts import new_job
from holdfast.engine.jobs import Jobs
from holdfast.engine.rule_scope import RuleName, all_met, judge, rule_scope, told_results
from holdfast.engine.rule_walks import Walk
from holdfast.engine.shared_reads import SharedReads
from holdfast.engine.started import Repeatable, Started, derived_id
from holdfast.model.errors import Invalid, Unavailable
from holdfast.model.instant import Instant
from holdfast.model.json import JSON, JSONObject
from holdfast.model.records import TenantRecord
from holdfast.model.rule import ConditionResult, RuleMemory
from holdfast.model.trigger import NewFiring, TriggerRecord, Verdict
from holdfast.ports import Accepted, Clock, Dedupe, Entropy, NewJobs, Store

_CONFLICT: Final = Started("rejected", reason="the key was used with another body", conflict=True)
NOT_MET: Final = "the conditions are not met"
PAGE: Final = 500
# How often a tenant is judged while other processes keep writing what the rule remembers of it.
_TRIES: Final = 20
_NOTHING: Final = ("not_met", "failed")

# What became of a tenant, and what its conditions gave.
Tried = tuple[Started, tuple[ConditionResult, ...]]


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

    def memory(self, tenant: TenantRecord, seen: RuleMemory | None) -> RuleMemory | None:
        """What the rule is to remember, if it ever asks."""
        if not self.compiled.reads_previous:
            return None
        return RuleMemory(self.record.owner.id, tenant.id, tenant.attributes, 0 if seen is None else seen.seen)


class RuleFiring:
    """What makes rules act; ``Starts`` calls it for triggers whose owner is a rule."""

    def __init__(self, store: Store, clock: Clock, entropy: Entropy, jobs: Jobs) -> None:
        self._store = store
        self._clock = clock
        self._entropy = entropy
        self._jobs = jobs
        self._compiled = CompiledRules()
        self._tenants: SharedReads[str, TenantRecord] = SharedReads(self._read_tenant)
        # Held by those who have their turn or wait for it, by rule.
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

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
        if not compiled.reads_previous:
            return await self._act(act)
        # Of several that were judged by the same only one may insert: in turn, each finds what the last one left.
        turn = self._turns.setdefault(record.owner.id, asyncio.Lock())
        async with turn:
            return await self._act(act)

    async def _act(self, act: Act) -> Started:
        if act.compiled.rule.for_each is not None:
            return await self._for_each(act)
        tenant, memory = await self._look(act, act.record.tenant)
        tried = await self._for_tenant(act, tenant, memory)
        ((started, results),) = await self._as_before(act, [tenant], [tried])
        on_record = act.firing.id if started.verdict == "started" else None
        return replace(started, detail={"conditions": told_results(results)}, firing_id=on_record)

    async def _look(self, act: Act, tenant: str) -> tuple[TenantRecord, RuleMemory | None]:
        memories = await self._memories(act, [tenant])
        return await self._tenants.get(tenant), memories.get(tenant)

    async def _memories(self, act: Act, tenants: Sequence[str]) -> dict[str, RuleMemory]:
        return await self._store.rule_memories(act.name.id, tenants) if act.compiled.reads_previous else {}

    async def _for_tenant(
        self, act: Act, tenant: TenantRecord, memory: RuleMemory | None, walked: NewFiring | None = None
    ) -> Tried:
        """``walked``: the firing of the walk that comes by this tenant."""
        for _ in range(_TRIES):
            tried = await self._judged(act, tenant, memory, walked)
            if tried is not None:
                return tried
            tenant, memory = await self._look(act, tenant.id)
        raise Unavailable(f"the rule {act.name.name} keeps firing in other processes; try again")

    async def _judged(
        self, act: Act, tenant: TenantRecord, memory: RuleMemory | None, walked: NewFiring | None
    ) -> Tried | None:
        """None: the memory was written meanwhile, and nothing was inserted."""
        remembered = None if memory is None else memory.attributes
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
        accepted = await self._jobs.commit(NewJobs(jobs, act.dedupe(tenant.id), firing, act.memory(tenant, memory)))
        if any(answer.refused for answer in accepted):
            return None
        return _started(accepted, [job.id for job in jobs]), results

    async def _as_before(self, act: Act, tenants: Sequence[TenantRecord], tried: Sequence[Tried]) -> list[Tried]:
        """What inserted nothing may be a repeat that is judged otherwise than the first time, whose jobs count."""
        asked: dict[int, Dedupe] = {}
        for place, (tenant, (started, _)) in enumerate(zip(tenants, tried, strict=True)):
            if started.verdict in _NOTHING and (guard := act.dedupe(tenant.id)) is not None:
                asked[place] = guard
        done = list(tried)
        if asked:
            found = await self._store.answered_before(list(asked.values()), self._clock.now())
            for place, answers in zip(asked, found, strict=True):
                if answers is not None:
                    done[place] = (_started(answers, ()), ())
        return done

    async def _for_each(self, act: Act) -> Started:
        walk, firing = Walk(), act.walked
        cursor: str | None = None
        while True:
            page = await self._store.list_tenants(self._clock.now(), cursor, PAGE)
            there = [tenant for tenant in page.items if tenant.suspended_at is None]
            await self._for_page(act, firing, there, cursor, walk)
            if walk.conflict:
                return _CONFLICT
            cursor = page.next
            if cursor is None:
                break
        detail: JSON = {"tenants": walk.told()}
        if walk.jobs == 0:
            if walk.failed_first:
                return Started("failed", reason=walk.failed_first, detail=detail)
            return Started("not_met", reason=NOT_MET, detail=detail)
        await self._store.record_firings([replace(firing, reason=walk.failed_first, detail=detail)])
        verdict: Verdict = "started" if walk.fresh else "duplicate"
        return Started(verdict, walked=walk.jobs, reason=walk.failed_first, detail=detail, firing_id=firing.id)

    async def _for_page(
        self, act: Act, firing: NewFiring, tenants: Sequence[TenantRecord], cursor: str | None, walk: Walk
    ) -> None:
        """``tenants`` are those after ``cursor``."""
        memories = await self._memories(act, [tenant.id for tenant in tenants])
        if memories:
            tenants = await self._read_again(tenants, cursor)
        ended = await asyncio.gather(
            *(self._for_tenant(act, tenant, memories.get(tenant.id), firing) for tenant in tenants),
            return_exceptions=True,
        )
        for tenant, tried in zip(tenants, await self._as_before(act, tenants, _all(ended)), strict=True):
            walk.count(tenant, *tried)

    async def _read_again(self, tenants: Sequence[TenantRecord], cursor: str | None) -> list[TenantRecord]:
        page = await self._store.list_tenants(self._clock.now(), cursor, PAGE)
        found = {tenant.id: tenant for tenant in page.items}
        return [found.get(tenant.id) or await self._tenants.get(tenant.id) for tenant in tenants]

    async def _read_tenant(self, tenant: str) -> TenantRecord:
        return await self._store.get_tenant(tenant, self._clock.now())


def _all(ended: Sequence[Tried | BaseException]) -> list[Tried]:
    """Raises the first of what was raised."""
    for end in ended:
        if isinstance(end, BaseException):
            raise end
    return [end for end in ended if not isinstance(end, BaseException)]


def _started(accepted: Sequence[Accepted], made: Sequence[str]) -> Started:
    """A repeat is answered with the ids of the first time. A job whose unique key is held is answered with its holder;
    where all are, that looks the same, and nothing new came of it either."""
    ids = tuple(answer.id for answer in accepted)
    if any(answer.conflict for answer in accepted):
        return replace(_CONFLICT, job_ids=ids)
    return Started("duplicate" if not set(ids) & set(made) else "started", job_ids=ids)
