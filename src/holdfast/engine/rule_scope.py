"""What a rule's expressions see, and what its conditions give, each with a reason that a person can read.

All conditions are evaluated, none is cut short, so that the record says what each of them gave. One that can't be
evaluated, or gives neither true nor false, is not met.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from holdfast.model.expression import Expression, ExpressionError
from holdfast.model.expression.values import Timestamp
from holdfast.model.instant import Instant, format_instant
from holdfast.model.json import JSON, JSONObject
from holdfast.model.records import TenantRecord
from holdfast.model.rule import ConditionResult

_NANOS_PER_MICRO: Final = 1_000
# As much as anybody reads of what a condition looked at.
_TOLD: Final = 5
_LONGEST: Final = 80


@dataclass(frozen=True, slots=True)
class RuleName:
    """Which rule it is, as its own expressions see it."""

    id: str
    name: str
    priority: int


def rule_scope(
    rule: RuleName, trigger: JSONObject, tenant: TenantRecord, remembered: JSONObject | None, now: Instant
) -> dict[str, object]:
    """``previous`` has every attribute that the tenant has, null where it wasn't known, so that a change is seen the
    first time too."""
    unknown: JSONObject = dict.fromkeys(tenant.attributes)
    return {
        "trigger": trigger,
        "event": trigger.get("event"),
        "tenant": {**tenant.attributes, "id": tenant.id, "name": tenant.name, "attributes": tenant.attributes},
        "previous": {**unknown, **(remembered or {})},
        "rule": {"id": rule.id, "name": rule.name, "priority": rule.priority},
        "now": Timestamp(now * _NANOS_PER_MICRO),
    }


Parsed = Expression | ExpressionError


def judge(conditions: Iterable[tuple[str, Parsed]], scope: Mapping[str, object]) -> tuple[ConditionResult, ...]:
    """What each condition gives; one that can't be parsed any more says so."""
    return tuple(_judged(text, parsed, scope) for text, parsed in conditions)


def all_met(results: Iterable[ConditionResult]) -> bool:
    return all(result.met for result in results)


def told_results(results: Iterable[ConditionResult]) -> list[JSON]:
    """For the record of a firing."""
    return [{"condition": each.condition, "met": each.met, "reason": each.reason} for each in results]


def _judged(text: str, parsed: Parsed, scope: Mapping[str, object]) -> ConditionResult:
    if isinstance(parsed, ExpressionError):
        return ConditionResult(text, False, f"can't be read: {parsed}")
    try:
        value = parsed.evaluate(scope)
    except ExpressionError as error:
        return ConditionResult(text, False, f"can't be evaluated: {error}{_looked_at(parsed, scope)}")
    if not isinstance(value, bool):
        return ConditionResult(text, False, f"gives neither true nor false{_looked_at(parsed, scope)}")
    return ConditionResult(text, value, f"{'true' if value else 'false'}{_looked_at(parsed, scope)}")


def _looked_at(expression: Expression, scope: Mapping[str, object]) -> str:
    """``: tenant.plan is "free", event.data.amount is 12``."""
    reads = sorted(expression.reads)
    told = [f"{'.'.join(read)} is {shown}" for read in reads[:_TOLD] if (shown := _shown(read, scope)) is not None]
    return f": {', '.join(told)}" if told else ""


def _shown(read: tuple[str, ...], scope: Mapping[str, object]) -> str | None:
    value: object = scope
    for step in read:
        if not isinstance(value, Mapping) or step not in value:
            return "missing"
        value = value[step]
    if isinstance(value, Timestamp):
        return format_instant(value.nanos // _NANOS_PER_MICRO)
    if isinstance(value, dict | list):
        return f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value)}"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
