"""What a rule would do, without doing it: every condition with its reason, and the jobs that would be inserted.

Writes nothing. A rule for each tenant is asked of all of them; of many tenants some are shown, those that meet the
conditions before the others. A trigger that isn't given is made up: a clock's for now, an empty request, an event of
the type that is waited for, without data.
"""

from dataclasses import dataclass, field
from typing import Final

from holdfast.engine.compiled_rules import CompiledRule
from holdfast.engine.drafts import JobDraft, new_job
from holdfast.engine.rule_firing import PAGE
from holdfast.engine.rule_scope import RuleName, all_met, judge, rule_scope, told_results
from holdfast.engine.triggers.event_conditions import Equal, Look, read_condition
from holdfast.model.errors import Invalid, Problem
from holdfast.model.instant import Instant, format_instant
from holdfast.model.json import JSON, JSONObject, pointer, problems_of
from holdfast.model.records import TenantRecord
from holdfast.model.rule import RULE_TRIGGER
from holdfast.model.trigger import CLOCKS, EventSpec
from holdfast.model.wait import fits
from holdfast.model.workflow import TriggerDef
from holdfast.ports import Store

# Tenants of each sort that are shown.
_SHOWN: Final = 50
_EMPTY_REQUEST: Final[JSONObject] = {
    "method": "POST", "path": "", "rest": "", "query": {}, "headers": {}, "body": None,
}  # fmt: skip


@dataclass(slots=True)
class _Found:
    seen: int = 0
    met: int = 0
    jobs: int = 0
    matching: list[JSON] = field(default_factory=list)
    others: list[JSON] = field(default_factory=list)


class RuleTrials:
    """Tries rules, saved or not."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def run(
        self, tenant: str, name: RuleName, compiled: CompiledRule, trigger: JSONObject, now: Instant
    ) -> JSONObject:
        """``{"rule", "trigger", "fits", "seen", "met", "jobs", "tenants": [{"tenant", "name", "met", "conditions",
        "jobs", "problems"}]}``; ``fits``: whether the rule's trigger takes such an event at all."""
        found, cursor = _Found(), None
        if compiled.rule.for_each is None:
            await self._look_at(found, [await self._store.get_tenant(tenant, now)], name, compiled, trigger, now)
        else:
            while True:
                page = await self._store.list_tenants(now, cursor, PAGE)
                there = [tenant for tenant in page.items if tenant.suspended_at is None]
                await self._look_at(found, there, name, compiled, trigger, now)
                cursor = page.next
                if cursor is None:
                    break
        return {
            "rule": compiled.rule.name,
            "trigger": trigger,
            "fits": _takes(compiled.rule.trigger, trigger),
            "seen": found.seen,
            "met": found.met,
            "jobs": found.jobs,
            "tenants": [*found.matching, *found.others],
        }

    async def _look_at(
        self,
        found: _Found,
        tenants: "list[TenantRecord] | tuple[TenantRecord, ...]",
        name: RuleName,
        compiled: CompiledRule,
        trigger: JSONObject,
        now: Instant,
    ) -> None:
        memories = await self._store.rule_memories(name.id, [each.id for each in tenants]) if name.id else {}
        for tenant in tenants:
            memory = memories.get(tenant.id)
            scope = rule_scope(name, trigger, tenant, None if memory is None else memory.attributes, now)
            results = judge(compiled.conditions, scope)
            met = all_met(results)
            drafts, problems = _drafts(compiled, scope, now) if met else ([], [])
            found.seen += 1
            found.met += met
            found.jobs += len(drafts)
            shown = found.matching if met else found.others
            if len(shown) < _SHOWN:
                shown.append(
                    {
                        "tenant": tenant.id,
                        "name": tenant.name,
                        "met": met,
                        "conditions": told_results(results),
                        "jobs": [_told(draft, tenant.id, now) for draft in drafts],
                        "problems": [{"path": each.path, "message": each.message} for each in problems],
                    }
                )


def trigger_for(trigger: TriggerDef, given: JSONObject | None, now: Instant) -> JSONObject:
    """What expressions see as ``trigger``: what is given, and made up what isn't. Raises ``Invalid``."""
    if problems := problems_of(given, ("trigger",)):
        raise Invalid([Problem(pointer(path), message) for path, message in problems], "The trigger is not valid")
    made_up = _made_up(trigger, now)
    told: JSONObject = {**made_up, **(given or {}), "type": trigger.type, "id": RULE_TRIGGER, "at": format_instant(now)}
    if trigger.type == "event":
        event = told["event"]
        if not isinstance(event, dict):
            raise Invalid([Problem("trigger.event", "must be an object")], "The trigger is not valid")
        base = made_up["event"]
        told["event"] = {**(base if isinstance(base, dict) else {}), **event}
    return told


def _made_up(trigger: TriggerDef, now: Instant) -> JSONObject:
    if trigger.type in CLOCKS:
        return {"fire_at": format_instant(now)}
    if trigger.type == "webhook":
        return dict(_EMPTY_REQUEST)
    spec = trigger.spec
    wanted = spec.event if isinstance(spec, EventSpec) else "*"
    event: JSONObject = {
        "id": "0",
        "type": wanted.rstrip("*").rstrip(".") or "event",
        "data": dict(spec.where) if isinstance(spec, EventSpec) else {},
        "subject": None,
        "at": format_instant(now),
        "attributes": {},
        "run": None,
        "node": None,
        "job": None,
    }
    return {"event": event}


def _takes(trigger: TriggerDef, told: JSONObject) -> bool:
    spec, event = trigger.spec, told.get("event")
    if not isinstance(spec, EventSpec) or not isinstance(event, dict):
        return True
    look = Look(event)
    return (
        fits(spec.event, str(event.get("type")))
        and all(Equal(("data", name), ("text", value)).met(look) for name, value in spec.where)
        and (spec.condition is None or read_condition(spec.condition).holds(look))
    )


def _drafts(compiled: CompiledRule, scope: dict[str, object], now: Instant) -> tuple[list[JobDraft], list[Problem]]:
    try:
        return compiled.drafts(scope, now), []
    except Invalid as error:
        return [], list(error.problems)


def _told(draft: JobDraft, tenant: str, now: Instant) -> JSONObject:
    job = new_job("", tenant, draft, "", now)
    return {
        "kind": job.kind,
        "payload": job.payload,
        "queue": job.queue,
        "priority": job.priority,
        "run_at": format_instant(job.due_at),
        "unique_key": job.unique_key,
        "concurrency_key": job.concurrency_key,
        "tag": job.tag,
    }
