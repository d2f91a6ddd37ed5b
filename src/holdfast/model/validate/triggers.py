"""Reading the triggers of a definition. ``webhook`` and ``manual`` are there; the other types are told to come."""

from typing import Final

from holdfast.model.json import Path
from holdfast.model.validate.fields import Fields
from holdfast.model.validate.problems import Problems
from holdfast.model.workflow import TriggerDef

MOST: Final = 100
_KEYS: Final = {"webhook": ("id", "type", "input", "respond", "signature"), "manual": ("id", "type")}
_LATER_KEYS: Final = ("dedupe",)
_LATER_TYPES: Final = ("cron", "at", "every", "event")
_LATER_SIGNATURES: Final = ("standard", "github", "stripe", "slack", "hmac", "basic", "bearer")


def read_triggers(top: Fields, problems: Problems) -> list[tuple[Path, TriggerDef]]:
    """The triggers of a known type, each with its place in the document."""
    triggers: list[tuple[Path, TriggerDef]] = []
    first: dict[str, int] = {}
    for index, item in enumerate(top.items("triggers", MOST)):
        path: Path = ("triggers", index)
        given = item.get("type") if isinstance(item, dict) else None
        keys = _KEYS.get(given) if isinstance(given, str) else None
        known = keys or tuple(item if isinstance(item, dict) else ())
        trigger = _read_trigger(Fields(item, path, problems, known, _LATER_KEYS if keys else ()))
        if trigger.id in first:
            problems.add((*path, "id"), f'"{trigger.id}" is already the id of triggers[{first[trigger.id]}]')
        elif trigger.id:
            first[trigger.id] = index
        if keys:
            triggers.append((path, trigger))
    return triggers


def _read_trigger(fields: Fields) -> TriggerDef:
    fields.require("id", "type")
    kind = fields.choice("type", tuple(_KEYS), "manual", _LATER_TYPES) if "type" in fields else ""
    if kind == "webhook":
        fields.choice("respond", ("now",), "now", ("result", "node"))
        if "signature" in fields:
            signature = Fields(fields.raw("signature"), fields.at("signature"), fields.problems, ("type", "secret"))
            signature.require("type")
            signature.choice("type", ("none",), "none", _LATER_SIGNATURES)
    name = fields.name("id", "")
    document = {key: fields.raw(key) for key in ("id", "type", "input", "respond", "signature") if key in fields}
    return TriggerDef(name, kind, fields.raw("input"), document)
