"""Automation rules as values: a trigger, conditions, and templates of the jobs to insert.

``validate.read_rule`` makes one of a document. A rule ``for_each`` tenant belongs to the instance: its conditions are
asked of every tenant, and its jobs are owned by each tenant that meets them. Whatever else fires, a rule acts for the
tenant that it belongs to.
"""

from dataclasses import dataclass, field
from typing import Final, Literal

from holdfast.model.instant import Instant
from holdfast.model.json import JSON, JSONObject
from holdfast.model.workflow import TriggerDef

MAX_CONDITIONS: Final = 50
MAX_JOBS: Final = 50
# The id of a rule's one trigger.
RULE_TRIGGER: Final = "trigger"
# What a rule's expressions may read. ``event`` is the trigger's event (null for others).
RULE_ROOTS: Final = ("trigger", "event", "tenant", "previous", "rule", "now")

ForEach = Literal["tenant"]


@dataclass(frozen=True, slots=True)
class JobTemplate:
    """A job to insert: ``document`` as ``POST /jobs`` takes it, whose texts may hold templates."""

    document: JSONObject


@dataclass(frozen=True, slots=True)
class Rule:
    """A valid rule. Conditions are expressions, all of which must be true. ``document`` is the rule as it was given."""

    name: str
    trigger: TriggerDef
    jobs: tuple[JobTemplate, ...]
    title: str = ""
    description: str = ""
    enabled: bool = True
    priority: int = 0
    conditions: tuple[str, ...] = ()
    for_each: ForEach | None = None
    document: JSONObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewRule:
    """A validated rule to save."""

    id: str
    tenant: str
    name: str
    enabled: bool
    priority: int
    document: JSONObject


@dataclass(frozen=True, slots=True)
class RuleRecord:
    """A rule as stored; its trigger is a ``TriggerRecord`` of its own."""

    id: str
    tenant: str
    name: str
    enabled: bool
    priority: int
    document: JSONObject
    created_at: Instant
    updated_at: Instant


@dataclass(frozen=True, slots=True)
class RuleMemory:
    """What a rule remembers of a tenant: its attributes when the rule last inserted jobs for it.

    ``seen`` counts how often that was written (0: not yet). One to write carries the number that its jobs were judged
    by: it's written from there only.
    """

    rule_id: str
    tenant: str
    attributes: JSONObject
    seen: int = 0


@dataclass(frozen=True, slots=True)
class ConditionResult:
    """What one condition gave; ``reason`` says why it isn't met (``false``, or what went wrong)."""

    condition: str
    met: bool
    reason: JSON = None
