"""Webhooks: a request at a trigger's address becomes a run, or nothing.

The answer is given after the commit. A delivery id makes a repeated delivery the same run for seven days; the same id
with another body is a conflict. An address that is unknown, removed or switched off can't be told apart: not found.
"""

from dataclasses import dataclass

from holdfast.engine.graphs import Graphs
from holdfast.engine.runs import Runs
from holdfast.model.errors import Invalid, NotFound, Problem
from holdfast.model.expression import ExpressionError
from holdfast.model.instant import DAY, Micros
from holdfast.model.json import JSON, JSONObject
from holdfast.model.trigger import TriggerRecord
from holdfast.ports import Accepted, Clock, Dedupe, Observer, Store

_REMEMBER: Micros = 7 * DAY


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook request, its body decoded by its declared type. ``raw_digest`` is the SHA-256 of the raw body, hex."""

    method: str
    path: str
    query: JSONObject
    headers: JSONObject
    body: JSON
    raw_digest: str
    delivery_id: str | None = None


class Hooks:
    """The entrance for webhooks."""

    def __init__(self, store: Store, runs: Runs, graphs: Graphs, clock: Clock, observer: Observer) -> None:
        self._store = store
        self._runs = runs
        self._graphs = graphs
        self._clock = clock
        self._observer = observer

    async def accept(self, key: str, delivery: Delivery, *, correlation_id: str) -> Accepted:
        """Starts the run that this delivery asks for. Raises ``NotFound`` or ``Invalid``."""
        hook = await self._store.find_hook(key)
        if hook is None or not hook.active or hook.owner.kind != "workflow":
            self._observer.accepted("webhook", "unknown" if hook is None else "off")
            raise NotFound("no webhook answers at this address")
        graph = await self._graphs.load(hook.version_id, self._store)
        now = self._clock.now()
        version = (hook.owner_name, hook.version, hook.version_id)
        view = self._runs.new_view(hook.tenant, version, _trigger(hook, delivery), correlation_id, now)
        try:
            run_input = graph.trigger_input(hook.id, view.trigger)
        except ExpressionError as error:
            problem = Problem(f"triggers.{hook.id}.input", error.message)
            raise Invalid([problem], "The trigger's input template could not be filled from this request") from error
        return await self._runs.begin(hook.owner.id, view, graph, run_input, _dedupe(hook, delivery, now + _REMEMBER))


def _trigger(hook: TriggerRecord, delivery: Delivery) -> JSONObject:
    return {
        "type": "webhook",
        "id": hook.id,
        "method": delivery.method,
        "path": delivery.path,
        "query": delivery.query,
        "headers": delivery.headers,
        "body": delivery.body,
    }


def _dedupe(hook: TriggerRecord, delivery: Delivery, until: int) -> Dedupe | None:
    if delivery.delivery_id is None:
        return None
    scope = f"hook:{hook.owner.id}:{hook.id}"
    return Dedupe(hook.tenant, scope, delivery.delivery_id, delivery.raw_digest, until)
