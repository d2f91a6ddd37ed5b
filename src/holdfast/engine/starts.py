"""The one place where triggers start work: a workflow's trigger starts a run, a rule's makes the rule act.

What starts commits together with its firing, once for each key. What can't be started (switched off, an input that the
schema refuses, a full workflow, a chain of starts that goes in a circle) raises nothing: it's recorded as a firing with
its reason and told as a ``trigger.rejected`` event, once, and the caller goes on with the next. Only a store that is
away raises (``Unavailable``): the same call made again has the same effect once.
"""

from dataclasses import replace
from typing import Final, Protocol

from holdfast.engine.graphs import Graphs
from holdfast.engine.runs import Runs
from holdfast.engine.started import REMEMBER, Repeatable, Started, derived_id
from holdfast.engine.wakeups import EVENTS, Wakeups
from holdfast.model.errors import Conflict, Invalid, Problem
from holdfast.model.event import NewEvent
from holdfast.model.expression import ExpressionError
from holdfast.model.instant import Instant, Micros, format_instant
from holdfast.model.json import JSONObject, pointer
from holdfast.model.trigger import MAX_HOPS, NewFiring, TriggerRecord
from holdfast.ports import Clock, Dedupe, Entropy, Store

__all__ = ["REJECTED", "Repeatable", "Started", "Starts"]

REJECTED: Final = "trigger.rejected"
_UNSTARTED: Final = ("rejected", "failed")


class Actor(Protocol):
    """What a rule does when its trigger fires (``rule_firing``)."""

    async def act(
        self,
        record: TriggerRecord,
        trigger: JSONObject,
        *,
        once: Repeatable | None,
        at: Instant,
        firing: NewFiring,
        correlation_id: str,
    ) -> Started: ...


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
        rules: Actor,
    ) -> None:
        self._store = store
        self._clock = clock
        self._entropy = entropy
        self._wakeups = wakeups
        self._graphs = graphs
        self._runs = runs
        self._rules = rules

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
    ) -> Started:
        """Starts what the trigger's owner does, ``at`` now; ``trigger`` is what its expressions see, without ``at``.

        A second start with the same ``scope`` and ``key`` (None: it has none) within ``keep`` is the first; with
        another ``fingerprint`` it is a conflict. ``firing`` is what is recorded of a start: its verdict, reason, content
        and detail are filled in here. Without ``recorded`` the caller keeps the record of what was rejected (senders of
        webhooks could fill the store).
        """
        once = None if key is None else Repeatable(scope, key, fingerprint, keep)
        trigger = {**trigger, "at": format_instant(at)}
        correlation_id = correlation_id or self._entropy.new_id(at)
        refusal = _refusal(record, firing)
        if refusal is not None:
            done = Started("rejected", reason=str(refusal), error=refusal)
        elif record.owner.kind == "rule":
            done = await self._rules.act(
                record, trigger, once=once, at=at, firing=firing, correlation_id=correlation_id
            )
        else:
            done = await self._run(record, trigger, once, at, firing, correlation_id)
        if recorded and done.verdict in _UNSTARTED and not done.conflict:
            await self._reject(record, done, trigger, once, firing)
        return done

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
            return Started("duplicate" if accepted.duplicate else "started", accepted.id)
        return Started("rejected", reason=str(refusal), error=refusal)

    async def _reject(
        self, record: TriggerRecord, done: Started, trigger: JSONObject, once: Repeatable | None, firing: NewFiring
    ) -> None:
        """Both writes may be repeated: by the firing's id, and by the event's key."""
        firing = replace(firing, verdict=done.verdict, reason=done.reason, trigger=firing.trigger or trigger)
        if once is not None:  # not the id of the start, which may succeed when it is tried again
            firing = replace(firing, id=derived_id(record.row, once.scope, once.key, done.verdict))
        await self._store.record_firings([firing])
        event = rejected_event(record, done.reason, firing.at)
        dedupe = Dedupe(record.tenant, REJECTED, firing.id, "", firing.at + REMEMBER)
        await self._store.post_event(event, dedupe, self._clock.now())
        self._wakeups.notify({EVENTS})


def rejected_event(record: TriggerRecord, reason: str, at: Instant) -> NewEvent:
    """What is told of a trigger that couldn't start its owner."""
    owner: JSONObject = {"kind": record.owner.kind, "id": record.owner.id, "name": record.owner_name}
    return NewEvent(record.tenant, REJECTED, at, {"trigger": record.id, "owner": owner, "reason": reason})


def _refusal(record: TriggerRecord, firing: NewFiring) -> Invalid | Conflict | None:
    """Why nothing may start, whatever the input is."""
    if not record.enabled:
        return Conflict(f"the {record.owner.kind} {record.owner_name} is switched off")
    if firing.hops > MAX_HOPS:
        return Conflict(
            f"loop: {MAX_HOPS} starts, each begun by the one before, led to this one; "
            "a condition on the trigger can end the circle"
        )
    return None
