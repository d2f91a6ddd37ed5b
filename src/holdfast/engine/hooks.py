"""Webhooks: a request at a trigger's address starts what the trigger's owner does, or nothing.

A request comes through here in three steps: ``find`` (is there an active trigger at this address? unknown, removed,
switched off and paused can't be told apart), ``admit`` (has the sender proved itself, over the raw request, and is
there room in the trigger's rate?), ``accept`` (the body is decoded by now; what it starts commits together with the
record of the delivery). ``answer`` then waits, where the trigger asks for that.

A delivery id makes a repeat the same start for seven days; the same id with another body is a conflict. A signature
that can't be checked, for whatever reason, is refused. What is refused makes nothing but a bounded record.
"""

from collections import OrderedDict
from collections.abc import Collection
from typing import Final, Protocol

import structlog

from holdfast.engine.graphs import Graphs
from holdfast.engine.hook_answers import HookAnswers
from holdfast.engine.hook_ids import delivery_id
from holdfast.engine.hook_rates import HookRates
from holdfast.engine.hook_replays import HookReplays
from holdfast.engine.hook_values import Admitted, Delivery, Hook, HookAnswer, Taken, Told, TooMany
from holdfast.engine.shared_reads import SharedReads
from holdfast.engine.started import Started
from holdfast.engine.starts import Starts
from holdfast.engine.triggers.rejections import KEEP, RejectionWriter
from holdfast.engine.wakeups import Wakeups
from holdfast.model.errors import Conflict, Invalid, NotFound, Problem
from holdfast.model.instant import DAY, Micros
from holdfast.model.json import JSONObject
from holdfast.model.signatures import Message, Proof, Untrusted, verify
from holdfast.model.trigger import NewFiring, TriggerRecord, WebhookSpec
from holdfast.model.validate.triggers import load_trigger
from holdfast.ports import Accepted, Clock, Dedupe, Entropy, Observer, SealingFailed, Store

_log = structlog.get_logger("holdfast.engine.hooks")

_WHAT: Final = "webhook"
_REMEMBER: Final[Micros] = 7 * DAY
_KEEP: Final = 10_000
_NOTHING: Final = "no webhook answers at this address"


class SecretValues(Protocol):
    """Where the values of named secrets come from."""

    async def values(self, tenant: str, names: Collection[str]) -> dict[str, str]: ...


class Hooks:
    """The entrance for webhooks."""

    def __init__(
        self,
        store: Store,
        starts: Starts,
        graphs: Graphs,
        secrets: SecretValues,
        rejections: RejectionWriter,
        clock: Clock,
        entropy: Entropy,
        wakeups: Wakeups,
        observer: Observer,
    ) -> None:
        self._starts = starts
        self._secrets = secrets
        self._rejections = rejections
        self._clock = clock
        self._entropy = entropy
        self._observer = observer
        self._answers = HookAnswers(store, graphs, wakeups, clock)
        self._replays = HookReplays(store, starts, clock, entropy)
        self._rates = HookRates()
        self._records: SharedReads[str, TriggerRecord | None] = SharedReads(store.find_hook)
        self._read: OrderedDict[tuple[str, str], tuple[WebhookSpec, bool]] = OrderedDict()

    async def find(self, key: str) -> Hook:
        """Raises ``NotFound``."""
        record = await self._records.get(key)
        if record is None or not record.active:
            self._observer.accepted(_WHAT, "unknown" if record is None else "off")
            raise NotFound(_NOTHING)
        spec, unsigned = self._definition(record)
        return Hook(record, spec, unsigned)

    async def admit(self, hook: Hook, message: Message) -> Admitted:
        """Raises ``Untrusted`` or ``TooMany``. The rate counts who proved itself: nobody else can use it up."""
        now = self._clock.now()
        proof = Proof()
        if not hook.unsigned:
            if hook.spec.signature is None:
                raise Untrusted("the signature can't be checked", "the trigger's signature can't be read")
            proof = verify(hook.spec.signature, await self._values(hook), message, now)
        if hook.spec.rate is not None:
            free_at = self._rates.take(hook.record.row, hook.spec.rate, now)
            if free_at is not None:
                raise TooMany(free_at - now, str(hook.spec.rate))
        return Admitted(hook, proof)

    async def accept(self, admitted: Admitted, delivery: Delivery, correlation_id: str) -> Taken:
        """Starts what this delivery asks for. Raises ``Invalid`` or ``Conflict``."""
        record, now = admitted.hook.record, self._clock.now()
        trigger = _trigger(record, delivery)
        key = delivery_id(admitted, delivery, trigger, now)
        firing = NewFiring.of(record, self._entropy.new_id(now), now, delivery_id=key)
        started = await self._starts.start(
            record,
            trigger,
            key=key,
            scope=_scope(record),
            at=now,
            firing=firing,
            correlation_id=correlation_id,
            fingerprint=delivery.raw_digest,
            keep=_REMEMBER,
            recorded=False,
            newest=KEEP if admitted.hook.unsigned else None,
        )
        self._observer.accepted(_WHAT, "conflict" if started.conflict else started.verdict)
        if started.conflict:
            raise Conflict("this delivery id was used with another body")
        if started.verdict in ("rejected", "failed"):
            raise started.error or Invalid([Problem("", started.told)], "The delivery could not start anything")
        return Taken(admitted.hook, started, _at_once(started, started.firing_id or firing.id))

    async def answer(self, taken: Taken) -> HookAnswer:
        """What the caller gets: at once, or when the run has it, within the trigger's ``wait``."""
        run_id = taken.started.run_id
        if run_id is None or taken.hook.spec.respond == "now":
            return taken.at_once
        return await self._answers.of(taken, run_id)

    def rejected(self, hook: Hook, reason: str) -> None:
        """For the record of the hook's owner: a request was refused."""
        self._observer.accepted(_WHAT, "rejected")
        self._rejections.add(hook.record, reason)

    async def replay(self, tenant: str, firing_id: str, correlation_id: str, dedupe: Dedupe | None = None) -> Accepted:
        """Starts a kept delivery again, as a new one; the id is that of its firing. See ``HookReplays``."""
        return await self._replays.replay(tenant, firing_id, correlation_id, dedupe)

    def _definition(self, record: TriggerRecord) -> tuple[WebhookSpec, bool]:
        """What the trigger's definition says, read once for each save of its owner. Raises ``NotFound``."""
        key = (record.row, record.version_id)
        known = self._read.get(key)
        if known is None:
            spec = load_trigger(record.document).spec
            if not isinstance(spec, WebhookSpec):
                _log.error("a webhook can't be read", trigger=record.row)
                raise NotFound(_NOTHING)
            known = self._read[key] = (spec, says_unsigned(record.document))
            if len(self._read) > _KEEP:
                self._read.popitem(last=False)
        return known

    async def _values(self, hook: Hook) -> dict[str, str]:
        """The secrets of the hook's signature that there are; one that can't be opened takes no other with it."""
        tenant, names = hook.record.tenant, hook.spec.signature.secrets if hook.spec.signature else ()
        try:
            return await self._secrets.values(tenant, names)
        except SealingFailed as error:
            _log.warning("a secret can't be opened", tenant=tenant, trigger=hook.record.row, reason=str(error))
        found: dict[str, str] = {}
        for name in names:
            try:
                found |= await self._secrets.values(tenant, [name])
            except SealingFailed:
                continue
        return found


def says_unsigned(document: JSONObject) -> bool:
    """Whether the definition itself asks for no signature."""
    said = document.get("signature")
    return said is None or said == "none" or (isinstance(said, dict) and said.get("type") == "none")


def _trigger(record: TriggerRecord, delivery: Delivery) -> JSONObject:
    return {
        "type": _WHAT,
        "id": record.id,
        "method": delivery.method,
        "path": delivery.path,
        "rest": delivery.rest,
        "query": delivery.query,
        "headers": delivery.headers,
        "body": delivery.body,
    }


def _scope(record: TriggerRecord) -> str:
    """Where delivery ids are told apart: it outlasts saves."""
    if record.owner.kind == "rule":
        return f"hook:{record.row}"
    return f"hook:{record.owner.id}:{record.id}"


def _at_once(started: Started, firing_id: str) -> Told:
    if started.run_id is not None:
        return Told(200 if started.verdict == "duplicate" else 202, {"run_id": started.run_id})
    job_ids: JSONObject = {"job_ids": list(started.job_ids)}
    if started.verdict == "duplicate":  # its firing is the first one's
        return Told(200, job_ids)
    return Told(202, {"firing_id": firing_id, **job_ids, **({"met": False} if started.verdict == "not_met" else {})})
