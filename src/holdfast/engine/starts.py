"""The one place where triggers start work: a workflow's trigger starts a run, a rule's makes the rule act.

What starts commits together with its firing, once for each key. What can't be started (switched off, an input that the
schema refuses, a full workflow, a chain of starts that goes in a circle) raises nothing: it's recorded as a firing with
its reason and told as a ``trigger.rejected`` event, once, and the caller goes on with the next. Only a store that is
away raises (``Unavailable``): the same call made again has the same effect once.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import structlog

from holdfast.engine.batcher import Batcher
from holdfast.engine.graphs import Graphs
from holdfast.engine.rule_firing import RuleFiring
from holdfast.engine.runs import Runs
from holdfast.engine.started import REMEMBER, Repeatable, Started, derived_id
from holdfast.engine.wakeups import EVENTS, Wakeups
from holdfast.model.errors import Conflict, Invalid, Problem, Unavailable
from holdfast.model.event import NewEvent
from holdfast.model.expression import ExpressionError
from holdfast.model.instant import Instant, Micros, format_instant
from holdfast.model.json import JSONObject, pointer, problems_of
from holdfast.model.trigger import MAX_HOPS, NewFiring, TriggerRecord
from holdfast.ports import Clock, Dedupe, Entropy, Observer, Store

__all__ = ["REJECTED", "Repeatable", "Started", "Starts"]

_log = structlog.get_logger("holdfast.engine.starts")

REJECTED: Final = "trigger.rejected"
_TOLD: Final = ("rejected", "failed")
_BROKEN: Final = "an error inside the engine, which its log tells"


class _Kept(NamedTuple):
    """What didn't start, and how many such of its trigger are kept (None: all)."""

    firing: NewFiring
    newest: int | None


class Starts:
    """Shared by webhooks, clocks and events."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        entropy: Entropy,
        wakeups: Wakeups,
        graphs: Graphs,
        runs: Runs,
        observer: Observer,
        rules: RuleFiring,
    ) -> None:
        self._store = store
        self._clock = clock
        self._entropy = entropy
        self._wakeups = wakeups
        self._graphs = graphs
        self._runs = runs
        self._rules = rules
        self._records: Batcher[_Kept, None] = Batcher("record_firing", self._record, clock, entropy, observer)

    async def start(
        self,
        record: TriggerRecord,
        trigger: JSONObject,
        *,
        key: str | None,
        scope: str,
        at: Instant,
        firing: NewFiring,
        correlation_id: str | None = None,
        fingerprint: str = "",
        keep: Micros = REMEMBER,
        recorded: bool = True,
        newest: int | None = None,
    ) -> Started:
        """Starts what the trigger's owner does, ``at`` now; ``trigger`` is what its expressions see, without ``at``.

        A second start with the same ``scope`` and ``key`` (None: it has none) within ``keep`` is the first; with
        another ``fingerprint`` it is a conflict. ``firing`` is what is recorded: its verdict, reason, content and
        detail are filled in here. Without ``recorded`` the caller keeps the record of what was rejected (senders of
        webhooks could fill the store), and errors of the engine's own are raised. ``newest``: how many are kept of what
        started nothing at this trigger.
        """
        once = None if key is None else Repeatable(scope, key, fingerprint, keep)
        trigger = {**trigger, "at": format_instant(at)}
        try:
            done = await self._begin(record, trigger, once, at, firing, correlation_id or self._entropy.new_id(at))
        except Unavailable:
            raise
        except Exception:
            if not recorded:
                raise
            _log.exception("a trigger can't start its owner", trigger=record.id, owner=record.owner_name)
            done = Started("failed", reason=_BROKEN)
        if done.conflict or done.verdict in ("started", "duplicate"):
            return done
        if recorded or done.verdict == "not_met":
            return await self._keep(record, done, trigger, once, firing, newest)
        return done

    async def _begin(
        self,
        record: TriggerRecord,
        trigger: JSONObject,
        once: Repeatable | None,
        at: Instant,
        firing: NewFiring,
        correlation_id: str,
    ) -> Started:
        refusal = _refusal(record, firing, trigger)
        if refusal is not None:
            return Started("rejected", reason=str(refusal), error=refusal)
        if record.owner.kind == "rule":
            return await self._rules.act(
                record, trigger, once=once, at=at, firing=firing, correlation_id=correlation_id
            )
        return await self._run(record, trigger, once, at, firing, correlation_id)

    async def _run(
        self,
        record: TriggerRecord,
        trigger: JSONObject,
        once: Repeatable | None,
        at: Instant,
        firing: NewFiring,
        correlation_id: str,
    ) -> Started:
        graph = await self._graphs.load(record.version_id, self._store)
        version = (record.owner_name, record.version, record.version_id)
        view = self._runs.new_view(record.tenant, version, trigger, correlation_id, at)
        dedupe = None if once is None else once.dedupe(record.tenant, at)
        firing = replace(firing, verdict="started", reason="", trigger=None)  # the run keeps it
        try:
            run_input = graph.trigger_input(record.id, trigger)
            accepted = await self._runs.begin(record.owner.id, view, graph, run_input, dedupe, firing)
        except ExpressionError as error:
            problem = Problem(pointer(("triggers", record.id, "input", *error.path)), str(error))
            refusal: Invalid | Conflict = Invalid([problem], "The trigger's input template could not be filled")
        except (Invalid, Conflict) as error:
            refusal = error
        else:
            if accepted.conflict:
                return Started("rejected", accepted.id, reason="the key was used with another body", conflict=True)
            if accepted.duplicate:
                return Started("duplicate", accepted.id)
            return Started("started", accepted.id, firing_id=firing.id)
        return Started("rejected", reason=str(refusal), error=refusal)

    async def _keep(
        self,
        record: TriggerRecord,
        done: Started,
        trigger: JSONObject,
        once: Repeatable | None,
        firing: NewFiring,
        newest: int | None,
    ) -> Started:
        """Records what didn't start. Both writes may be repeated: by the firing's id, and by the event's key."""
        kept = None if problems_of(trigger) else trigger
        firing = replace(firing, verdict=done.verdict, reason=done.reason, trigger=kept, detail=done.detail)
        if once is not None:  # not the id of the start, which may succeed when it is tried again
            firing = replace(firing, id=derived_id(record.row, once.scope, once.key, done.verdict))
        await self._records.submit(_Kept(firing, newest))
        if done.verdict in _TOLD:
            event = rejected_event(record, done.told, firing.at)
            dedupe = Dedupe(record.tenant, REJECTED, firing.id, "", firing.at + REMEMBER)
            await self._store.post_event(event, dedupe, self._clock.now())
            self._wakeups.notify({EVENTS})
        return replace(done, firing_id=firing.id)

    async def _record(self, batch: Sequence[_Kept]) -> list[None]:
        for newest in {kept.newest for kept in batch}:
            await self._store.record_firings([kept.firing for kept in batch if kept.newest == newest], keep=newest)
        return [None] * len(batch)


def rejected_event(record: TriggerRecord, reason: str, at: Instant) -> NewEvent:
    """What is told of a trigger that couldn't start its owner."""
    owner: JSONObject = {"kind": record.owner.kind, "id": record.owner.id, "name": record.owner_name}
    return NewEvent(record.tenant, REJECTED, at, {"trigger": record.id, "owner": owner, "reason": reason})


def _refusal(record: TriggerRecord, firing: NewFiring, trigger: JSONObject) -> Invalid | Conflict | None:
    """Why nothing may start, whatever it is that would."""
    if problems := problems_of(trigger, ("trigger",)):
        return Invalid([Problem(pointer(path), message) for path, message in problems], "The trigger is not valid")
    if not record.enabled:
        return Conflict(f"the {record.owner.kind} {record.owner_name} is switched off")
    if firing.hops > MAX_HOPS:
        return Conflict(
            f"loop: {MAX_HOPS} starts, each begun by the one before, led to this one; "
            "a condition on the trigger can end the circle"
        )
    return None
