"""Reading an event trigger: which events it fits, and whether it gathers them."""

import re
from typing import Final

from holdfast.model.event import ENGINE_TYPES, RESERVED_TYPES
from holdfast.model.instant import DAY
from holdfast.model.trigger import EventSpec, Gather
from holdfast.model.validate.fields import Fields

KEYS: Final = ("event", "kind", "workflow", "condition", "debounce", "batch")
MOST_GATHERED: Final = 1_000
# A type of events; a * at the end stands for any rest.
EVENT_PATTERN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}\*?|\*", re.ASCII)
_LONGEST: Final = 200
# Which events have the field of ``data`` by which a key of the trigger chooses among them.
_CHOICES: Final = {"kind": ("job.",), "workflow": ("workflow.", "node.")}
# What triggers tell of themselves starts nothing: it would go round in circles.
_MUTE: Final = "trigger."


def read_listener(fields: Fields) -> EventSpec:
    """The event trigger, with defaults in the place of what is missing or wrong."""
    fields.require("event")
    pattern = fields.text("event")
    if isinstance(fields.raw("event"), str):
        _check_pattern(fields, pattern)
    return EventSpec(
        event=pattern,
        where=tuple((key, _choice(fields, key, pattern)) for key in _CHOICES if key in fields),
        condition=fields.expression("condition"),
        gather=_gather(fields),
    )


def _check_pattern(fields: Fields, pattern: str) -> None:
    if EVENT_PATTERN.fullmatch(pattern) is None:
        fields.add("event", "expected an event's type such as order.created, or order.* or * for many")
    elif pattern.startswith(_MUTE):
        fields.add("event", "what triggers tell of themselves starts nothing; choose another type")
    elif pattern.startswith(RESERVED_TYPES) and not pattern.endswith("*") and pattern not in ENGINE_TYPES:
        fields.problems.add_unknown(fields.at("event"), "the engine tells no event", pattern, ENGINE_TYPES)


def _choice(fields: Fields, key: str, pattern: str) -> str:
    types = _CHOICES[key]
    if not pattern.startswith(types):
        told = " and ".join(f"{each}*" for each in types)
        fields.add(key, f"only {told} events have a {key}; leave it out, or choose such an event")
    value = fields.text(key, limit=_LONGEST)
    if value == "":
        fields.add(key, "must not be empty")
    return value


def _gather(fields: Fields) -> Gather | None:
    quiet = fields.duration("debounce", 0, least=1, most=DAY) or None
    if "batch" not in fields:
        return None if quiet is None else Gather(quiet)
    batch = Fields(fields.raw("batch"), fields.at("batch"), fields.problems, ("size", "within"))
    if quiet is None:
        batch.require("within")
    within = batch.duration("within", 0, least=1, most=DAY) or None
    size = batch.integer("size", Gather().size, 1, MOST_GATHERED)
    return None if quiet is None and within is None else Gather(quiet, within, size)
