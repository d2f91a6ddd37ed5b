"""An automation rule as JSON, and what a dry run of one shows."""

from typing import NotRequired

from pydantic import JsonValue
from typing_extensions import TypedDict

from holdfast.http.shapes.triggers import TriggerShape
from holdfast.model.instant import format_instant
from holdfast.model.json import JSONObject
from holdfast.model.rule import RuleRecord


class RuleShape(TypedDict):
    """A rule. `trigger` is its trigger as stored, where a rule is shown alone; `definition` is the rule as given."""

    id: str
    name: str
    title: str
    description: str
    enabled: bool
    priority: int
    for_each: str | None
    trigger: NotRequired[TriggerShape]
    definition: dict[str, JsonValue]
    created_at: str
    updated_at: str


class RulesShape(TypedDict):
    """A page of rules, by name."""

    items: list[RuleShape]
    next: str | None


class ConditionShape(TypedDict):
    """What one condition gave, and why."""

    condition: str
    met: bool
    reason: JsonValue


class WrongShape(TypedDict):
    """What is wrong with a job that a template would make."""

    path: str
    message: str


class TriedTenantShape(TypedDict):
    """What the rule would do for one tenant: the jobs as they would be inserted, or what is wrong with them."""

    tenant: str
    name: str
    met: bool
    conditions: list[ConditionShape]
    jobs: list[dict[str, JsonValue]]
    problems: list[WrongShape]


class DryRunShape(TypedDict):
    """What a rule would do now. `fits`: whether its trigger takes such an event at all.

    `seen` tenants were asked, `met` of them met all conditions; of many only some are shown, those that met first.
    """

    rule: str
    trigger: dict[str, JsonValue]
    fits: bool
    seen: int
    met: int
    jobs: int
    tenants: list[TriedTenantShape]


def rule_shape(record: RuleRecord, trigger: TriggerShape | None = None) -> RuleShape:
    document = record.document
    for_each = document.get("for_each")
    shape: RuleShape = {
        "id": record.id,
        "name": record.name,
        "title": _text(document, "title"),
        "description": _text(document, "description"),
        "enabled": record.enabled,
        "priority": record.priority,
        "for_each": for_each if isinstance(for_each, str) else None,
        "definition": document,
        "created_at": format_instant(record.created_at),
        "updated_at": format_instant(record.updated_at),
    }
    if trigger is not None:
        shape["trigger"] = trigger
    return shape


def _text(document: JSONObject, name: str) -> str:
    value = document.get(name)
    return value if isinstance(value, str) else ""
