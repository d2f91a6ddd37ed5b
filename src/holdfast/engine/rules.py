"""Automation rules as callers see them: create, save, switch, delete, try, fire by hand.

A document is stored only when it is valid as a whole. A rule for each tenant acts for all tenants of the instance: only
its admins may change, try or fire one. Whoever changes a rule wakes those who act on triggers.
"""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from holdfast.engine.compiled_rules import compiled_rule
from holdfast.engine.repeating import repeated
from holdfast.engine.rule_scope import RuleName
from holdfast.engine.rule_trials import RuleTrials, trigger_for
from holdfast.engine.started import REMEMBER, derived_id
from holdfast.engine.starts import Starts
from holdfast.engine.wakeups import TRIGGERS, Wakeups
from holdfast.model.clock import CronPort
from holdfast.model.errors import Conflict, Forbidden, NotFound
from holdfast.model.instant import Instant
from holdfast.model.json import JSON, JSONObject
from holdfast.model.records import Page
from holdfast.model.rule import RULE_TRIGGER, NewRule, Rule, RuleRecord
from holdfast.model.trigger import FiringRecord, NewFiring, NewTrigger, Owner, TriggerRecord
from holdfast.model.validate import load_rule, read_rule, timing_of
from holdfast.ports import Accepted, Clock, Dedupe, Entropy, Store

_INSTANCE: Final = "a rule for each tenant belongs to the instance; only an admin of the instance may do this"
_FIRED: Final = "fired"
Answer = TypeVar("Answer")


class Rules:
    """The entrance for automation rules."""

    def __init__(
        self, store: Store, clock: Clock, entropy: Entropy, wakeups: Wakeups, cron: CronPort, starts: Starts
    ) -> None:
        self._store = store
        self._clock = clock
        self._entropy = entropy
        self._wakeups = wakeups
        self._cron = cron
        self._starts = starts
        self._trials = RuleTrials(store)

    async def create(
        self, tenant: str, document: JSON, instance_admin: bool = False, dedupe: Dedupe | None = None
    ) -> Accepted:
        """Raises ``Invalid``, ``Forbidden``, or ``Conflict`` when the name is taken."""
        rule = self._read(document, instance_admin)
        now = self._clock.now()
        new = _new(self._entropy.new_id(now), tenant, rule)
        trigger = self._trigger(rule)
        return await self._changed(lambda: self._store.create_rule(new, trigger, dedupe, now))

    async def save(self, tenant: str, name_or_id: str, document: JSON, instance_admin: bool = False) -> RuleRecord:
        """Replaces the rule. Raises as ``create`` does, and ``NotFound``."""
        rule = self._read(document, instance_admin)
        found = await self._found(tenant, name_or_id, instance_admin)
        now = self._clock.now()
        new, trigger = _new(found.id, tenant, rule), self._trigger(rule)
        return await self._changed(lambda: self._store.save_rule(new, trigger, now))

    async def enable(self, tenant: str, name_or_id: str, enabled: bool, instance_admin: bool = False) -> RuleRecord:
        """Switches it on or off; what comes while it is off is not made up for. Raises ``NotFound``, ``Forbidden``."""
        found = await self._found(tenant, name_or_id, instance_admin)
        now = self._clock.now()
        return await self._changed(lambda: self._store.enable_rule(tenant, found.id, enabled, now))

    async def delete(self, tenant: str, name_or_id: str, instance_admin: bool = False) -> None:
        """It doesn't act any more; its firings stay until their retention. Raises ``NotFound``, ``Forbidden``."""
        found = await self._found(tenant, name_or_id, instance_admin)
        await self._store.delete_rule(tenant, found.id, self._clock.now())
        self._wakeups.notify({TRIGGERS})

    async def get(self, tenant: str, name_or_id: str) -> RuleRecord:
        """Raises ``NotFound``."""
        return await self._store.get_rule(tenant, name_or_id)

    async def list(self, tenant: str, cursor: str | None, limit: int) -> Page[RuleRecord]:
        """By name."""
        return await self._store.list_rules(tenant, cursor, limit)

    async def dry_run(
        self, tenant: str, rule: JSONObject | str, trigger: JSONObject | None = None, instance_admin: bool = False
    ) -> JSONObject:
        """What the rule (a document, or a saved one's name or id) would do now; see ``RuleTrials.run``.

        Raises ``Invalid`` (also for a ``trigger`` that can't be one), ``Forbidden``, ``NotFound``.
        """
        if isinstance(rule, str):
            found = await self._found(tenant, rule, instance_admin)
            read, name = load_rule(found.document), RuleName(found.id, found.name, found.priority)
        else:
            read = self._read(rule, instance_admin)
            name = RuleName("", read.name, read.priority)
        now = self._clock.now()
        told = trigger_for(read.trigger, trigger, now)
        return await self._trials.run(tenant, name, compiled_rule(read), told, now)

    async def fire(
        self,
        tenant: str,
        name_or_id: str,
        trigger: JSONObject | None = None,
        correlation_id: str | None = None,
        dedupe: Dedupe | None = None,
        instance_admin: bool = False,
    ) -> FiringRecord:
        """Fires it now, by hand: its conditions decide, as always. A repeat with the same key is the same firing.

        Raises ``NotFound``, ``Forbidden``, ``Invalid``, ``Conflict`` (it is switched off, or the key was used
        otherwise).
        """
        found = await self._found(tenant, name_or_id, instance_admin)
        if not found.enabled:
            raise Conflict(f"the rule {found.name} is switched off; switch it on, or try it with a dry run")
        record = await self._record(tenant, found)
        now = self._clock.now()
        told = trigger_for(load_rule(found.document).trigger, trigger, now)
        firing = self._firing(record, now, dedupe)
        started = await self._starts.start(
            record,
            told,
            key=firing.id if dedupe is None else dedupe.key,
            scope=_FIRED if dedupe is None else dedupe.scope,
            at=now,
            firing=firing,
            correlation_id=correlation_id,
            fingerprint="" if dedupe is None else dedupe.fingerprint,
            keep=REMEMBER if dedupe is None else dedupe.expires_at - now,
        )
        if started.conflict:
            raise Conflict("the key was used for another request; use a new one")
        return await self._store.get_firing(tenant, started.firing_id or firing.id)

    def _firing(self, record: TriggerRecord, now: Instant, dedupe: Dedupe | None) -> NewFiring:
        new_id = self._entropy.new_id(now) if dedupe is None else derived_id(record.row, dedupe.scope, dedupe.key)
        return NewFiring.of(record, new_id, now)

    def _read(self, document: JSON, instance_admin: bool) -> Rule:
        rule = read_rule(document, self._cron)
        if rule.for_each is not None and not instance_admin:
            raise Forbidden(_INSTANCE)
        return rule

    async def _found(self, tenant: str, name_or_id: str, instance_admin: bool) -> RuleRecord:
        """The rule, if the caller may change, try or fire it. Raises ``NotFound``, ``Forbidden``."""
        found = await self._store.get_rule(tenant, name_or_id)
        if found.document.get("for_each") is not None and not instance_admin:
            raise Forbidden(_INSTANCE)
        return found

    async def _record(self, tenant: str, rule: RuleRecord) -> TriggerRecord:
        page = await self._store.list_triggers(tenant, Owner("rule", rule.id), (), None, 1)
        if not page.items:
            raise NotFound(f"the rule {rule.name} was deleted")
        return page.items[0]

    def _trigger(self, rule: Rule) -> NewTrigger:
        trigger = rule.trigger
        key = self._entropy.new_key() if trigger.type == "webhook" else None
        return NewTrigger(RULE_TRIGGER, trigger.type, trigger.document, key, timing_of(trigger.spec))

    async def _changed(self, call: Callable[[], Awaitable[Answer]]) -> Answer:
        answer = await repeated(call, self._clock, self._entropy)
        self._wakeups.notify({TRIGGERS})
        return answer


def _new(rule_id: str, tenant: str, rule: Rule) -> NewRule:
    return NewRule(rule_id, tenant, rule.name, rule.enabled, rule.priority, rule.document)
