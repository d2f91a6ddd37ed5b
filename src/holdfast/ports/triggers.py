"""The store as what starts work by itself sees it: triggers, their firings, backfills, rules.

What holds for every method is said in ``ports``. Saves of owners (``create_workflow``, ``save_version``,
``create_rule``, ``save_rule``) write their triggers too: a new one begins with ``since`` = now; one that was there
keeps its row, key and, unless its ``timing`` changed or it was away, its ``since``, ``next_at`` and ``due_at``; one
that the save lacks stays as a row that isn't ``present``. Whatever makes a clock act (again) sets ``since`` and
``due_at`` to now and ``next_at`` to None; whatever stops it sets ``due_at`` to None. Every such change raises
``Listeners.version``.
"""

from collections.abc import Collection, Sequence
from typing import Protocol

from holdfast.model.instant import Instant
from holdfast.model.records import Page
from holdfast.model.rule import NewRule, RuleMemory, RuleRecord
from holdfast.model.trigger import (
    Backfill,
    ClockMove,
    FiringFilter,
    FiringRecord,
    GatheredEvent,
    Gathering,
    NewFiring,
    NewTrigger,
    Owner,
    TriggerRecord,
)
from holdfast.ports.values import Accepted, Dedupe, Feed, Listeners


class TriggerStore(Protocol):
    async def find_hook(self, key: str) -> TriggerRecord | None:
        """The webhook trigger at this key, active or not; None for an unknown key."""
        ...

    async def list_triggers(
        self, tenant: str, owner: Owner | None, types: Collection[str], cursor: str | None, limit: int
    ) -> Page[TriggerRecord]:
        """Those of a type in ``types`` (empty: any) that are present, oldest first; of one owner or of all."""
        ...

    async def get_trigger(self, tenant: str, row: str) -> TriggerRecord:
        """Raises ``NotFound``; one that isn't present any more is answered."""
        ...

    async def pause_trigger(self, tenant: str, row: str, paused: bool, now: Instant) -> TriggerRecord:
        """Idempotent. Raises ``NotFound``."""
        ...

    async def renew_key(self, tenant: str, row: str, key: str) -> TriggerRecord:
        """A webhook's new address; the old one answers nothing from now on. Raises ``NotFound``."""
        ...

    async def due_clocks(self, now: Instant, limit: int = 500) -> list[TriggerRecord]:
        """Active clocks whose ``due_at`` has come, longest due first."""
        ...

    async def next_clock(self) -> Instant | None:
        """The earliest ``due_at`` of an active clock. For timers, not for truth."""
        ...

    async def move_clocks(self, moves: Sequence[ClockMove]) -> None:
        """Each from where it was seen; one that has been moved, saved or paused since stays where it is."""
        ...

    async def listener_version(self) -> int:
        """One cheap look; ``Listeners.version`` of what ``listeners`` would answer."""
        ...

    async def listeners(self) -> Listeners: ...

    async def event_feed(
        self,
        tenants: Collection[str],
        types: Collection[str],
        since: Instant,
        after: str | None,
        limit: int = 500,
        *,
        deliveries: bool = False,
    ) -> Feed:
        """Events of these tenants and types (a last ``*``: any rest) behind ``after``; without it, not older than
        ``since``. In commit order, only what no transaction still open could precede. Events of deliveries
        (``DELIVERY_KIND``) are left out unless they are asked for."""
        ...

    async def hold(self, name: str, holder: str, now: Instant, until: Instant) -> str | None:
        """Takes or keeps a lead that one process at a time has, until then: the text kept under it (``""`` at first),
        or None while another holds it. One that is held for more than twice as long as is asked for now was taken
        before the clock was set back, and is free."""
        ...

    async def write_held(self, name: str, holder: str, text: str) -> bool:
        """Replaces the text kept under a lead; False when it is another's by now, and nothing was written."""
        ...

    async def let_go(self, name: str, holder: str) -> None:
        """Gives a lead back, if it is still one's own; its text stays."""
        ...

    async def hops_of(self, objects: Collection[str]) -> dict[str, int]:
        """For ids of runs and lone jobs: how many starts led to each (0, left out: a person or a caller began it).

        A run that is another's child has what its outermost parent has.
        """
        ...

    async def gather(self, events: Sequence[GatheredEvent]) -> None:
        """Puts events aside; one that its trigger has met before is left out."""
        ...

    async def due_gatherings(self, now: Instant, limit: int = 100) -> list[Gathering]:
        """What has gathered and is due now, oldest event first, at most ``size`` at a time; closed handfuls that
        weren't dropped come again, unchanged, under the same id. Nothing comes for triggers that aren't active."""
        ...

    async def next_gathering(self) -> Instant | None:
        """When the earliest is due. For timers, not for truth."""
        ...

    async def drop_gatherings(self, ids: Collection[str]) -> None: ...

    async def record_firings(self, firings: Sequence[NewFiring], keep: int | None = None) -> None:
        """For those that started nothing. One that started was written with the first of its jobs: it gets its reason
        and detail if it has no detail yet; any other that is there stays as it is. With ``keep``, of the firings of
        the same trigger and verdict that have no event and no time only the newest ``keep`` stay: what strangers send
        must not fill the store."""
        ...

    async def list_firings(
        self, tenant: str, wanted: FiringFilter, cursor: str | None, limit: int
    ) -> Page[FiringRecord]:
        """Newest first."""
        ...

    async def get_firing(self, tenant: str, firing_id: str) -> FiringRecord:
        """With ``trigger``, taken from its run where that keeps it. Raises ``NotFound``."""
        ...

    async def create_backfill(self, backfill: Backfill, dedupe: Dedupe | None, now: Instant) -> Accepted: ...

    async def get_backfill(self, tenant: str, backfill_id: str) -> Backfill: ...

    async def list_backfills(self, tenant: str, row: str, cursor: str | None, limit: int) -> Page[Backfill]:
        """Newest first."""
        ...

    async def open_backfills(self, limit: int = 100, after: str | None = None) -> list[Backfill]:
        """Those that haven't finished, of all tenants, by their ids, behind the id ``after``; ``going`` counts their
        runs (for rules: jobs) that haven't ended."""
        ...

    async def move_backfill(
        self, backfill_id: str, seen_at: Instant | None, next_at: Instant | None, started: int, now: Instant
    ) -> None:
        """From where it was seen (``next_at`` = ``seen_at``), with so many starts more. None, with nothing going any
        more, finishes it."""
        ...

    async def cancel_backfill(self, tenant: str, backfill_id: str, now: Instant) -> Backfill:
        """Starts no more of it; what has started goes on. Raises ``NotFound``, ``Conflict`` when it has finished."""
        ...


class RuleStore(Protocol):
    async def create_rule(self, rule: NewRule, trigger: NewTrigger, dedupe: Dedupe | None, now: Instant) -> Accepted:
        """Raises ``Conflict`` when the tenant has a rule of that name."""
        ...

    async def save_rule(self, rule: NewRule, trigger: NewTrigger, now: Instant) -> RuleRecord:
        """Replaces the rule with that id. Raises ``NotFound``, ``Conflict`` when the new name is taken."""
        ...

    async def enable_rule(self, tenant: str, name_or_id: str, enabled: bool, now: Instant) -> RuleRecord:
        """Also in its document. Raises ``NotFound``."""
        ...

    async def delete_rule(self, tenant: str, name_or_id: str, now: Instant) -> None:
        """Its firings stay until their retention; its trigger doesn't act any more. Raises ``NotFound``."""
        ...

    async def get_rule(self, tenant: str, name_or_id: str) -> RuleRecord: ...

    async def list_rules(self, tenant: str, cursor: str | None, limit: int) -> Page[RuleRecord]:
        """By name."""
        ...

    async def rule_memories(self, rule_id: str, tenants: Collection[str]) -> dict[str, RuleMemory]:
        """What it remembers of these tenants; left out: nothing yet."""
        ...
