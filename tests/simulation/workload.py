"""What callers of a simulated cluster ask for: drawn lone jobs and runs, cancels and manual retries.

A new kind of job comes in through ``_EXTRAS``: a function that may change the fields of a drawn draft.
"""

from collections.abc import Callable
from random import Random
from typing import Any, Final

from holdfast.engine.drafts import JobDraft
from holdfast.model.instant import MILLISECOND, SECOND, Instant
from holdfast.model.job import JobState
from holdfast.model.retry import RetryPolicy
from tests.simulation.definitions import DEFINITIONS, TENANTS, nodes_of
from tests.simulation.flows import FLOWS, ITEMS
from tests.simulation.keys import KEYS
from tests.simulation.ledger import Order
from tests.simulation.machine import START
from tests.simulation.scripted import QUICK, WORK

TAG: Final = "gpu"
# The only process whose worker carries the tag.
TAGGED: Final = "p0"
# Seconds in which work comes in and faults happen.
WINDOW: Final = 16.0

_SCRIPTS: Final = (
    ("ok",),
    ("ok:400",),
    ("ok:2500",),
    ("ok:5000",),
    ("snooze", "ok:100"),
    ("fail", "ok:3000"),
    ("fail", "fail:900", "ok:2500"),
    ("fail:300", "snooze", "fail", "ok"),
    ("fail",),
    ("final:1500",),
    ("raise", "after", "ok:1500"),
    ("hang", "ok:2000"),
    ("deaf",),
)
_NODE_SCRIPTS: Final = (
    ("ok",),
    ("ok",),
    ("ok:300",),
    ("ok:2500",),
    ("snooze", "ok"),
    ("fail", "ok:900"),
    ("final:100",),
)


def _at_once(words: tuple[str, ...]) -> bool:
    """Whether a handler that never waits can follow this script."""
    return not any(":" in word or word in ("hang", "deaf") for word in words)


def _deadline(random: Random, fields: dict[str, Any], at: Instant) -> None:
    if random.random() < 0.12:
        fields["deadline_at"] = at + random.randint(1, 12) * SECOND


def _unique(random: Random, fields: dict[str, Any], at: Instant) -> None:
    if random.random() < 0.2:
        fields["unique_key"] = f"u{random.randint(0, 1)}"
        fields["unique_window"] = 5 * SECOND if random.random() < 0.3 else None


def _delay(random: Random, fields: dict[str, Any], at: Instant) -> None:
    if random.random() < 0.3:
        fields["delay"] = random.randint(0, 6000) * MILLISECOND


def _narrow(random: Random, fields: dict[str, Any], at: Instant) -> None:
    if random.random() < 0.15:
        fields["queue"] = "narrow"


def _keyed(random: Random, fields: dict[str, Any], at: Instant) -> None:
    if random.random() < 0.35:
        name = random.choice(list(KEYS))
        fields.update(concurrency_key=name, concurrency_limit=KEYS[name].limit, rate=KEYS[name].rate)


def _tagged(random: Random, fields: dict[str, Any], at: Instant) -> None:
    if random.random() < 0.08:
        fields["tag"] = TAG


def _debounced(random: Random, fields: dict[str, Any], at: Instant) -> None:
    if random.random() < 0.08 and "delay" not in fields:
        fields.update(unique_key="d0", unique_window=None, debounce=2 * SECOND)


def _taken_over(random: Random, fields: dict[str, Any], at: Instant) -> None:
    if random.random() < 0.08:
        fields.update(unique_key="t0", unique_window=None, debounce=None)
        fields["unique_states"] = frozenset({JobState.PENDING, JobState.SCHEDULED})


_EXTRAS: Final[tuple[Callable[[Random, dict[str, Any], Instant], None], ...]] = (
    _deadline,
    _unique,
    _delay,
    _narrow,
    _keyed,
    _tagged,
    _debounced,
    _taken_over,
)


def draw_orders(random: Random, *, flows: bool = False) -> list[tuple[float, Order]]:
    """When somebody comes and what they ask for. With ``flows``: few jobs, and runs of all workflows."""
    jobs = random.randint(0, 2) if flows else random.randint(5, 10)
    runs = random.randint(2, 4) if flows else random.randint(0, 3)
    favourite = str(random.choice(FLOWS)["name"]) if flows else None
    orders = []
    for number in range(jobs + runs):
        when = random.random() * WINDOW
        at = START + int(when * SECOND)
        order = _job_order(random, number, at) if number < jobs else _run_order(random, number, favourite)
        orders.append((when, order))
    return orders


def _tenant(random: Random) -> str:
    return TENANTS[random.random() < 0.25]


def _job_order(random: Random, number: int, at: Instant) -> Order:
    drafts = [_draft(random, number, at) for _ in range(1 if random.random() < 0.8 else 3)]
    return Order(number, _tenant(random), drafts, repeats=random.random() < 0.7)


def _draft(random: Random, number: int, at: Instant) -> JobDraft:
    words = random.choice(_SCRIPTS)
    quick = _at_once(words) and random.random() < 0.4
    fields: dict[str, Any] = {
        "priority": random.choice((0, 0, 5, -5)),
        "retry": _policy(random),
        "timeout": (3 if "hang" in words else 20) * SECOND,
    }
    for extra in _EXTRAS:
        extra(random, fields, at)
    return JobDraft(QUICK if quick else WORK, {"order": number, "script": list(words)}, **fields)


def _policy(random: Random) -> RetryPolicy:
    return RetryPolicy(
        max_attempts=random.randint(1, 4),
        strategy=random.choice(("fixed", "linear", "exponential")),
        base_delay=random.choice((50, 300, 900)) * MILLISECOND,
        max_delay=2 * SECOND,
        jitter=random.choice(("none", "full", "equal")),
        on_lost="stop" if random.random() < 0.1 else "retry",
    )


def _run_order(random: Random, number: int, favourite: str | None) -> Order:
    """With a ``favourite``: a flow, half of the time this one, so that its runs meet."""
    workflow = str(random.choice(DEFINITIONS if favourite is None else FLOWS)["name"])
    if favourite is not None and random.random() < 0.5:
        workflow = favourite
    scripts = {}
    for node, kind in nodes_of(workflow).items():
        words = random.choice(_NODE_SCRIPTS)
        scripts[node] = list(words) if kind == WORK or _at_once(words) else ["ok"]
    order = Order(number, _tenant(random), workflow=workflow, scripts=scripts, repeats=random.random() < 0.7)
    order.items = random.randint(0, ITEMS)
    return order
