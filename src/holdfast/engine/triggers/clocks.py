"""What a stored clock says: its definition and its nominal times, read once for each of its owner's saves."""

from collections import OrderedDict
from typing import Final, NamedTuple

from holdfast.model.clock import CronPort, Times, TimesOf
from holdfast.model.errors import Invalid, Problem
from holdfast.model.instant import Instant
from holdfast.model.json import JSON, JSONObject
from holdfast.model.trigger import CLOCKS, ClockSpec, TriggerRecord
from holdfast.model.validate.problems import Problems, kind_of
from holdfast.model.validate.triggers import check_trigger, load_trigger, read_rule_trigger

_KEEP: Final = 20_000
_TITLE: Final = "The clock is not valid"
# What a trigger has in a definition and needs not for its times.
_OWNERS: Final = ("id", "input")


class Known(NamedTuple):
    """A clock's definition, and its nominal times."""

    spec: ClockSpec
    times: Times


class Clocks:
    """A bounded cache. ``times_of`` gives the times of a definition."""

    def __init__(self, times_of: TimesOf, cron: CronPort) -> None:
        self._times_of = times_of
        self._cron = cron
        self._known: OrderedDict[tuple[str, str], Known] = OrderedDict()

    def of(self, record: TriggerRecord) -> Known:
        """Raises ``ValueError`` for what is no clock, or one that can't be read any more (its zone is gone)."""
        key = (record.row, record.version_id)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._read(record)
            if len(self._known) > _KEEP:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(key)
        return known

    def unsaved(self, document: JSON, now: Instant) -> Known:
        """What a clock would be that was first saved now. Raises ``Invalid`` with every problem."""
        if not isinstance(document, dict):
            raise Invalid([Problem("", f"a clock is an object, not {kind_of(document)}")], _TITLE)
        problems = Problems()
        trigger = read_rule_trigger(_with_type(document), (), problems)
        if trigger.type not in CLOCKS:
            problems.add(("type",), "must be cron, every or at")
        check_trigger(trigger, (), self._cron, problems)
        if problems or not isinstance(trigger.spec, ClockSpec):
            raise Invalid(problems.all(), _TITLE)
        return Known(trigger.spec, self._times_of(trigger.spec, now))

    def _read(self, record: TriggerRecord) -> Known:
        spec = load_trigger(record.document).spec
        if not isinstance(spec, ClockSpec):
            raise ValueError(f"the trigger {record.id} of the {record.owner.kind} {record.owner_name} is no clock")
        return Known(spec, self._times_of(spec, record.created_at))


def _with_type(document: JSONObject) -> JSONObject:
    """The document with the type that it has by its key, if it says none."""
    own = {key: value for key, value in document.items() if key not in _OWNERS}
    kinds = [kind for kind in CLOCKS if kind in own]
    return own if "type" in own or not kinds else {"type": kinds[0], **own}
