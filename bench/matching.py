"""Matching: one event against 10,000 rules of one tenant, each with a condition of its own. No store takes part.

A third of the rules want types of their own. The others want the type of the event: a third by a value that a field
must be equal to, a third by comparisons (numbers above a limit, with a second part that only evaluation tells; one in
ten so that nothing but evaluation tells anything). Reading 10,000 rules into the index is told as well: it happens when
a rule was saved, and only what has changed is read anew.
"""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from time import perf_counter
from typing import Final

from bench.bench import Bench
from bench.noise import Meter
from bench.percentiles import middle_and_tail
from holdfast.engine.triggers.listening import Index
from holdfast.model.event import Event
from holdfast.model.json import JSONObject
from holdfast.model.trigger import Owner, TriggerRecord
from holdfast.ports import Listeners

RULES: Final = 10_000
EVENTS: Final = 200
_SEED: Final = 7
_MEMBERS: Final = {"p50": "ms", "p99": "ms", "read": "ms", "changed": "ms", "matched": ""}


async def measure(store: str, bench: Bench) -> None:
    if store != "sqlite":
        return  # no store takes part in it

    async def once(meter: Meter) -> dict[str, float]:
        with meter.timing():
            return _times()

    await bench.repeat("none", f"one event against {RULES:,} rules", _MEMBERS, once)


def _times() -> dict[str, float]:
    listeners = Listeners(1, tuple(_record(number) for number in range(RULES)))
    index, read = _timed(lambda: Index(listeners))
    saved = replace(listeners.triggers[0], version_id="saved again")
    after = Listeners(2, (saved, *listeners.triggers[1:]))
    _, changed = _timed(lambda: Index(after, index))
    random, took, matched = Random(_SEED), [], 0
    for number in range(EVENTS):
        event = _event(number, random)
        began = perf_counter()
        found = index.match(event)
        took.append((perf_counter() - began) * 1000)
        matched += len(found.triggers)
    return {**middle_and_tail(took), "read": read, "changed": changed, "matched": matched / EVENTS}


def _timed(make: Callable[[], Index]) -> tuple[Index, float]:
    began = perf_counter()
    made = make()
    return made, (perf_counter() - began) * 1000


def _record(number: int) -> TriggerRecord:
    return TriggerRecord(
        row=f"row-{number}",
        tenant="default",
        owner=Owner("rule", f"rule-{number}"),
        owner_name=f"rule-{number}",
        id="trigger",
        type="event",
        document=_document(number),
        created_at=0,
        since=0,
        version_id=f"version-{number}",
    )


def _document(number: int) -> JSONObject:
    match number % 3:
        case 0:
            return {"type": "event", "event": f"order.kind-{number}"}
        case 1:
            condition = f'event.data.customer == "customer-{number}" && event.data.amount > 10'
        case _ if number % 30 == 2:
            condition = f"event.data.amount + size(event.data.lines) > {number}"
        case _:
            condition = f'event.data.amount > {number} && event.data.country in ["DE", "FR"]'
    return {"type": "event", "event": "order.created", "condition": condition}


def _event(number: int, random: Random) -> Event:
    data: JSONObject = {
        "customer": f"customer-{random.randrange(RULES)}",
        "amount": random.randrange(RULES),
        "country": random.choice(("DE", "FR", "US")),
        "lines": [{"sku": f"sku-{line}", "count": line} for line in range(random.randrange(10))],
    }
    return Event(str(number), "default", "order.created", number, data, None, None, None)
