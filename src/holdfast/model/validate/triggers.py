"""Reading triggers: those of a definition, and the one of a rule. What each type needs is read in a file of its own.

Reading gives a ``TriggerDef`` whatever is wrong; ``check_trigger`` then judges its cron expression and its conditions.
"""

import json
from typing import Final

from holdfast.model.clock import CronPort
from holdfast.model.json import JSON, JSONObject, Path
from holdfast.model.rule import RULE_TRIGGER
from holdfast.model.trigger import CLOCKS, ClockSpec, EventSpec, Spec, TriggerType, WebhookSpec
from holdfast.model.validate import clocks, hooks, listeners
from holdfast.model.validate.alone import check_expression, known_of
from holdfast.model.validate.fields import Fields
from holdfast.model.validate.problems import Problems
from holdfast.model.workflow import TriggerDef

MOST: Final = 100
_TYPES: Final[tuple[TriggerType, ...]] = ("webhook", *CLOCKS, "event", "manual")
_RULE_TYPES: Final = tuple(kind for kind in _TYPES if kind != "manual")
_KEYS: Final[dict[str, tuple[str, ...]]] = {
    "manual": (),
    "webhook": hooks.KEYS,
    **{kind: (kind, *clocks.KEYS) for kind in CLOCKS},
    "event": listeners.KEYS,
}


def read_triggers(top: Fields, problems: Problems) -> list[tuple[Path, TriggerDef]]:
    """The triggers of a known type, each with its place in the document."""
    triggers: list[tuple[Path, TriggerDef]] = []
    first: dict[str, int] = {}
    for index, item in enumerate(top.items("triggers", MOST)):
        path: Path = ("triggers", index)
        trigger, known = _read_one(item, path, problems)
        if trigger.id in first:
            problems.add((*path, "id"), f'"{trigger.id}" is already the id of triggers[{first[trigger.id]}]')
        elif trigger.id:
            first[trigger.id] = index
        if known:
            triggers.append((path, trigger))
    return triggers


def read_rule_trigger(item: JSON, path: Path, problems: Problems) -> TriggerDef:
    """The trigger of a rule: it has no id of its own, and no input."""
    kind = _type_of(item)
    fields = Fields(item, path, problems, _known_keys(item, kind, ("type",)))
    fields.require("type")
    chosen = fields.choice("type", _RULE_TYPES, "webhook") if "type" in fields else "webhook"
    spec = _spec(fields, chosen, rule=True) if kind == chosen else None
    return TriggerDef(RULE_TRIGGER, chosen, None, spec, item if isinstance(item, dict) else {})


def load_trigger(document: JSONObject) -> TriggerDef:
    """The trigger of a document that was valid when it was saved, of a workflow or (without an id) of a rule."""
    if "id" in document:
        return _read_one(document, (), Problems())[0]
    return read_rule_trigger(document, (), Problems())


def timing_of(spec: Spec | None) -> str | None:
    """The text of what decides a clock's times: two clocks with the same text have the same times."""
    if not isinstance(spec, ClockSpec):
        return None
    cron = None if spec.cron is None else [" ".join(spec.cron.upper().split()), spec.timezone]
    return json.dumps([cron, spec.every, spec.at, spec.starts_at, spec.ends_at])


def check_trigger(trigger: TriggerDef, path: Path, cron: CronPort, problems: Problems) -> None:
    """What reading doesn't judge: the cron expression, and the expressions over what came."""
    known = known_of(trigger.type)
    match trigger.spec:
        case ClockSpec(cron=str(text), timezone=zone) if isinstance(trigger.document.get("cron"), str):
            if problem := cron.check(text, zone):
                problems.add((*path, "cron"), problem)
        case WebhookSpec(dedupe=str(text)):
            check_expression(text, (*path, "dedupe"), ("trigger",), known, problems)
        case EventSpec(condition=str(text)):
            check_expression(text, (*path, "condition"), ("event",), known, problems)


def _read_one(item: JSON, path: Path, problems: Problems) -> tuple[TriggerDef, bool]:
    """A workflow's trigger, and whether its type is known."""
    kind = _type_of(item)
    own = ("id", "type") if kind == "manual" else ("id", "type", "input")
    fields = Fields(item, path, problems, _known_keys(item, kind, own))
    fields.require("id", "type")
    chosen = fields.choice("type", _TYPES, "manual") if "type" in fields else "manual"
    name = fields.name("id", "")
    spec = _spec(fields, chosen) if kind == chosen else None
    document = item if isinstance(item, dict) else {}
    return TriggerDef(name, chosen, fields.raw("input"), spec, document), kind == chosen


def _type_of(item: JSON) -> str | None:
    kind = item.get("type") if isinstance(item, dict) else None
    return kind if isinstance(kind, str) and kind in _KEYS else None


def _known_keys(item: JSON, kind: str | None, own: tuple[str, ...]) -> tuple[str, ...]:
    """Of a type that nobody knows, nothing can be said about the keys."""
    if kind is None:
        return tuple(item) if isinstance(item, dict) else ()
    return (*own, *_KEYS[kind])


def _spec(fields: Fields, kind: TriggerType, *, rule: bool = False) -> Spec | None:
    match kind:
        case "webhook":
            return hooks.read_hook(fields, rule=rule)
        case "cron" | "every" | "at":
            return clocks.read_clock(fields, kind)
        case "event":
            return listeners.read_listener(fields)
        case "manual":
            return None
