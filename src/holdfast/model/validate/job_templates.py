"""A rule's job template: the fields of ``POST /jobs``, each a value or a template.

A value is held to its field's rule right away. What a template will give is only known when the rule fires; the same
``read_job`` then reads the filled document, so that both are judged by one set of rules.
"""

import re
from typing import Any, Final

from holdfast.model.instant import Instant, parse_instant
from holdfast.model.job import LIVE, JobState
from holdfast.model.json import JSON, JSONObject, Path
from holdfast.model.retry import LONE_JOB_POLICY, RetryPolicy
from holdfast.model.validate.alone import OPENING
from holdfast.model.validate.fields import PRIORITY, Fields
from holdfast.model.validate.nodes import read_retry
from holdfast.model.validate.problems import Problems

KEYS: Final = (
    "kind", "payload", "queue", "priority", "run_at", "delay", "deadline", "retry", "timeout", "tag", "unique_key",
    "unique_window", "unique_states", "debounce", "concurrency_key", "concurrency_limit", "rate", "correlation_id",
)  # fmt: skip
KIND: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,127}", re.ASCII)
QUEUE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)
_KEY: Final = re.compile(r".{1,255}", re.DOTALL)
_CORRELATION: Final = re.compile(r"[!-~]([ -~]{0,126}[!-~])?", re.ASCII)
_KIND_RULE: Final = "must be 1 to 128 letters, digits or _ . : / -, and begin with a letter or digit"
_QUEUE_RULE: Final = "must be 1 to 64 letters, digits or _ . -, and begin with a letter or digit"
_KEY_RULE: Final = "must be 1 to 255 characters"
_CORRELATION_RULE: Final = "must be 1 to 128 printable ASCII characters"
# These are often made of numbers.
_OF_NUMBERS: Final = ("unique_key", "concurrency_key", "correlation_id")
_MOST_AT_ONCE: Final = 1_000_000
_NEEDS: Final = {
    "unique_window": "unique_key",
    "unique_states": "unique_key",
    "debounce": "unique_key",
    "concurrency_limit": "concurrency_key",
    "rate": "concurrency_key",
}


def check_job_template(document: JSONObject, path: Path, problems: Problems) -> None:
    """What is wrong already, whatever the templates will give. The templates themselves are judged elsewhere."""
    whole = Fields(document, path, problems, KEYS)
    whole.require("kind")
    for key, needed in _NEEDS.items():
        if key in whole and needed not in whole:
            whole.add(key, f"needs a {needed}")
    if "delay" in whole and "run_at" in whole:
        whole.add("delay", "give either run_at or delay, not both")
    if "debounce" in whole and ("run_at" in whole or "delay" in whole):
        whole.add("debounce", "says itself when the job is due; give no run_at or delay")
    read_job({key: _plain(value) for key, value in document.items() if not _is_template(value)}, path, problems)


def read_job(document: JSONObject, path: Path, problems: Problems) -> dict[str, Any]:
    """What a job's document asks for, by the names of a draft's fields. Nothing that is wrong is among them.

    Null counts as left out, so that an expression can decide whether a field is there. Keys that no job has are passed
    over: they were told when the rule was saved.
    """
    given: JSONObject = {key: value for key, value in document.items() if value is not None}
    fields = Fields(given, path, problems, tuple(given))
    asked: dict[str, Any] = {
        "kind": _matching(fields, "kind", KIND, _KIND_RULE),
        "payload": document.get("payload"),
        "queue": _matching(fields, "queue", QUEUE, _QUEUE_RULE),
        "priority": fields.integer("priority", 0, *PRIORITY) if "priority" in fields else None,
        "run_at": _moment(fields, "run_at"),
        "delay": fields.duration("delay", 0) if "delay" in fields else None,
        "deadline_at": _moment(fields, "deadline"),
        "retry": _retry(fields),
        "timeout": fields.duration("timeout", 0, least=1) or None,
        "tag": _matching(fields, "tag", QUEUE, _QUEUE_RULE),
        "unique_key": _matching(fields, "unique_key", _KEY, _KEY_RULE),
        "unique_window": fields.duration("unique_window", 0, least=1) or None,
        "unique_states": _states(fields),
        "debounce": fields.duration("debounce", 0, least=1) or None,
        "concurrency_key": _matching(fields, "concurrency_key", _KEY, _KEY_RULE),
        "concurrency_limit": _limit(fields),
        "rate": fields.rate("rate"),
        "correlation_id": _matching(fields, "correlation_id", _CORRELATION, _CORRELATION_RULE),
    }
    return {key: value for key, value in asked.items() if value is not None}


def _is_template(value: JSON) -> bool:
    return isinstance(value, str) and OPENING in value


def _plain(value: JSON) -> JSON:
    """An object without the fields that are templates."""
    if not isinstance(value, dict):
        return value
    return {key: inner for key, inner in value.items() if not _is_template(inner)}


def _matching(fields: Fields, key: str, pattern: re.Pattern[str], rule: str) -> str | None:
    if key not in fields:
        return None
    raw = fields.raw(key)
    of_number = key in _OF_NUMBERS and isinstance(raw, int) and not isinstance(raw, bool)
    value = str(raw) if of_number else fields.text(key)
    if value == "" and not isinstance(raw, str):
        return None
    if pattern.fullmatch(value) is None:
        fields.add(key, rule)
        return None
    return value


def _moment(fields: Fields, key: str) -> Instant | None:
    if key not in fields:
        return None
    text = fields.text(key)
    if not isinstance(fields.raw(key), str):
        return None
    try:
        return parse_instant(text)
    except ValueError as error:
        fields.add(key, str(error))
        return None


def _limit(fields: Fields) -> int | None:
    return fields.integer("concurrency_limit", 1, 1, _MOST_AT_ONCE) if "concurrency_limit" in fields else None


def _retry(fields: Fields) -> RetryPolicy | None:
    return read_retry(fields, LONE_JOB_POLICY, with_errors=True) if "retry" in fields else None


def _states(fields: Fields) -> frozenset[JobState] | None:
    if "unique_states" not in fields:
        return None
    given = fields.items("unique_states")
    states = frozenset(JobState(each) for each in given if isinstance(each, str) and each in LIVE)
    if not given or not all(isinstance(each, str) and each in LIVE for each in given):
        rule = f"must be a list of some of {', '.join(sorted(LIVE))}"
        fields.add("unique_states", f"{rule}; to keep the key after a job's end, give unique_window")
        return None
    return states
