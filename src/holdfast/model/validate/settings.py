"""Reading a definition's settings: the bounds of its runs, and the defaults of its nodes."""

from typing import Final, get_args

from holdfast.model.validate.fields import PRIORITY, Fields
from holdfast.model.validate.problems import Problems
from holdfast.model.workflow import OnFailure, Settings, WhenFull

MOST_RUNS: Final = 1_000_000
_KEYS: Final = ("timeout", "queue", "priority", "on_failure", "max_concurrent_runs")


def read_settings(top: Fields, problems: Problems) -> Settings:
    """The settings, with defaults in the place of what is missing or wrong."""
    if "settings" not in top:
        return Settings()
    inner = Fields(top.raw("settings"), ("settings",), problems, _KEYS)
    default = Settings()
    most, when_full = _concurrent(inner)
    return Settings(
        timeout=inner.duration("timeout", 0, least=1) or None,
        queue=inner.name("queue", default.queue),
        priority=inner.integer("priority", default.priority, *PRIORITY),
        on_failure=inner.choice("on_failure", get_args(OnFailure), default.on_failure),
        max_concurrent_runs=most,
        when_full=when_full,
    )


def _concurrent(settings: Fields) -> tuple[int | None, WhenFull]:
    """``n``, or ``{limit: n, when_full: queue | reject | replace}``."""
    default = Settings().when_full
    key = "max_concurrent_runs"
    if key not in settings:
        return None, default
    given = settings.raw(key)
    if not isinstance(given, dict):
        return settings.integer(key, 1, 1, MOST_RUNS), default
    inner = Fields(given, settings.at(key), settings.problems, ("limit", "when_full"))
    inner.require("limit")
    return inner.integer("limit", 1, 1, MOST_RUNS), inner.choice("when_full", get_args(WhenFull), default)
