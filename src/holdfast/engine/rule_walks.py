"""What a rule for each tenant comes upon on its walk through them, as the record of its firing tells it."""

from collections.abc import Sequence
from typing import Final

from holdfast.engine.rule_scope import told_results
from holdfast.engine.started import Started
from holdfast.model.json import JSON, JSONObject
from holdfast.model.records import TenantRecord
from holdfast.model.rule import ConditionResult

# Tenants told one by one: those that were met come before the others.
_EXAMPLES: Final = 50


class Walk:
    """A tenant whose jobs were inserted by a walk that was cut off is met, with these."""

    def __init__(self) -> None:
        self._seen = 0
        self._met = 0
        self._failed = 0
        self.jobs = 0
        self.fresh = 0
        self.failed_first = ""
        self.conflict = False
        self._examples: list[JSON] = []
        self._others: list[JSON] = []

    def told(self) -> JSONObject:
        counts: JSONObject = {"seen": self._seen, "met": self._met, "failed": self._failed, "jobs": self.jobs}
        return {**counts, "examples": [*self._examples, *self._others][:_EXAMPLES]}

    def count(self, tenant: TenantRecord, done: Started, results: Sequence[ConditionResult]) -> None:
        self._seen += 1
        self.conflict |= done.conflict
        met = done.verdict != "not_met"
        self._met += met
        self.jobs += len(done.job_ids)
        self.fresh += done.verdict == "started"
        example: JSONObject = {"tenant": tenant.id, "name": tenant.name, "met": met}
        example["conditions"] = told_results(results)
        if done.verdict == "failed":
            self._failed += 1
            self.failed_first = self.failed_first or f"tenant {tenant.id}: {done.reason}"
            example["reason"] = done.reason
        shown = self._examples if met else self._others
        if len(shown) < _EXAMPLES:
            shown.append({**example, "jobs": list(done.job_ids)})
