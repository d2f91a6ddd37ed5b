"""Rules: what is read of them, and every problem with its path, rule and way out."""

from dataclasses import replace
from typing import Any, Final

import pytest

from holdfast.model.errors import Invalid
from holdfast.model.instant import HOUR, MINUTE, SECOND, parse_instant
from holdfast.model.job import JobState
from holdfast.model.json import JSON, JSONObject
from holdfast.model.limits import Rate
from holdfast.model.retry import LONE_JOB_POLICY
from holdfast.model.rule import MAX_CONDITIONS, MAX_JOBS, JobTemplate, Rule
from holdfast.model.trigger import ClockSpec, EventSpec, WebhookSpec
from holdfast.model.validate import load_rule, read_job, read_rule
from holdfast.model.validate.problems import Problems
from holdfast.model.workflow import TriggerDef
from tests.model.definitions import CRONS

CLOCK: Final[JSONObject] = {"type": "cron", "cron": "0 7 * * *", "timezone": "Europe/Berlin"}
JOB: Final[JSONObject] = {"kind": "report.make"}
# For each tenant with plan = pro whose usage changed.
DAILY: Final[JSONObject] = {
    "name": "daily-report",
    "title": "Daily report",
    "description": "For those whose usage changed.",
    "enabled": False,
    "priority": 5,
    "trigger": CLOCK,
    "conditions": ["tenant.plan == 'pro'", "tenant.usage != previous.usage", "trigger.fire_at != null && now != null"],
    "for_each": "tenant",
    "jobs": [
        {
            "kind": "report.{{ tenant.attributes.format }}",
            "payload": {"tenant": "{{ tenant.id }}", "usage": "{{ tenant.usage }}", "rule": "{{ rule.name }}"},
            "priority": "{{ tenant.usage > 5 ? 10 : 0 }}",
            "retry": {"max_attempts": "{{ tenant.tries }}", "strategy": "fixed"},
            "unique_key": "daily-{{ tenant.id }}",
            "unique_window": "1h",
        },
        {"kind": "http.request", "payload": {"url": "https://example.com"}, "delay": "5m"},
    ],
}


def rule(**fields: JSON) -> JSONObject:
    return {"name": "r", "trigger": CLOCK, "jobs": [JOB], **fields}


def problems(given: JSON) -> dict[str, str]:
    with pytest.raises(Invalid, match="The rule is not valid") as caught:
        read_rule(given, CRONS)
    return {problem.path: problem.message for problem in caught.value.problems}


def test_a_rule_is_read() -> None:
    made = read_rule(DAILY, CRONS)
    jobs, conditions = DAILY["jobs"], DAILY["conditions"]
    assert isinstance(jobs, list)
    assert isinstance(conditions, list)
    assert made == Rule(
        name="daily-report",
        trigger=TriggerDef("trigger", "cron", None, ClockSpec(cron="0 7 * * *", timezone="Europe/Berlin"), CLOCK),
        jobs=tuple(JobTemplate(job) for job in jobs if isinstance(job, dict)),
        title="Daily report",
        description="For those whose usage changed.",
        enabled=False,
        priority=5,
        conditions=tuple(str(condition) for condition in conditions),
        for_each="tenant",
        document=DAILY,
    )
    assert load_rule(DAILY) == made


def test_the_least_rule_has_defaults() -> None:
    made = read_rule(rule(), CRONS)
    assert (made.enabled, made.priority, made.conditions, made.for_each, made.title) == (True, 0, (), None, "")


@pytest.mark.parametrize(
    ("trigger", "spec"),
    [
        ({"type": "webhook", "signature": {"type": "github", "secret": "KEY"}}, WebhookSpec),
        ({"type": "every", "every": "15m"}, ClockSpec),
        ({"type": "at", "at": "2030-01-01T00:00:00Z"}, ClockSpec),
        ({"type": "event", "event": "job.succeeded", "kind": "bill", "debounce": "5s"}, EventSpec),
    ],
)
def test_a_rule_has_any_trigger(trigger: JSONObject, spec: type) -> None:
    assert isinstance(read_rule(rule(trigger=trigger), CRONS).trigger.spec, spec)


def test_one_condition_may_stand_alone() -> None:
    assert read_rule(rule(conditions="tenant.plan == 'pro'"), CRONS).conditions == ("tenant.plan == 'pro'",)


def job(**fields: JSON) -> JSONObject:
    return rule(jobs=[{**JOB, **fields}])


WRONG: Final[list[tuple[JSON, str, str]]] = [
    ([], "", "a rule is an object, not a list"),
    ({"name": "\0"}, "name", "NUL"),
    (rule(name="a b"), "name", "1 to 100 letters"),
    (rule(colour="red"), "colour", "unknown key"),
    (rule(action=[]), "action", "unknown key"),
    (rule(enabled="yes"), "enabled", "must be true or false, not text"),
    (rule(priority=101), "priority", "between -100 and 100"),
    (rule(for_each="workflow"), "for_each", "must be one of tenant"),
    (rule(title="x" * 201), "title", "longer than 200"),
    # the trigger
    (rule(trigger="cron"), "trigger", "expected an object"),
    (rule(trigger={}), "trigger.type", "type is missing"),
    (rule(trigger={"type": "manual"}), "trigger.type", "must be one of webhook, cron, every, at, event"),
    (rule(trigger={**CLOCK, "id": "x"}), "trigger.id", "unknown key"),
    (rule(trigger={**CLOCK, "input": {}}), "trigger.input", "unknown key"),
    (rule(trigger={**CLOCK, "cron": "0 25 * * *"}), "trigger.cron", "the hour must lie in 0–23"),
    (rule(trigger={"type": "webhook", "respond": "result"}), "trigger.respond", "a rule answers at once"),
    (rule(trigger={"type": "webhook", "wait": "1s"}), "trigger.wait", "needs respond"),
    (rule(trigger={"type": "event", "event": "a", "condition": "tenant.a"}), "trigger.condition", "tenant"),
    # conditions
    (rule(conditions={}), "conditions", "expected a list"),
    (rule(conditions=["true", 5]), "conditions[1]", "expected an expression as text, not a number"),
    (rule(conditions=["true", "tenant.plan =="]), "conditions[1]", "at character"),
    (rule(conditions=["{{ tenant.plan }}"]), "conditions[0]", "without {{ and }}"),
    (rule(conditions="vars.x > 1"), "conditions", "'vars' (it may read trigger, event, tenant, previous, rule, now)"),
    (rule(conditions=["trigger.body.x > 1"]), "conditions[0]", 'trigger has no "body"'),
    (rule(conditions=["event.payload.x"]), "conditions[0]", 'event has no "payload"'),
    (rule(conditions=["true"] * (MAX_CONDITIONS + 1)), "conditions", "at most 50"),
    # jobs
    (rule(jobs=[]), "jobs", "at least one"),
    (rule(jobs={}), "jobs", "expected a list"),
    (rule(jobs=[JOB, "x"]), "jobs[1]", "expected an object, not text"),
    (rule(jobs=[JOB] * (MAX_JOBS + 1)), "jobs", "at most 50"),
    (rule(jobs=[{}]), "jobs[0].kind", "kind is missing"),
    (job(kind=""), "jobs[0].kind", "must be 1 to 128 letters"),
    (job(kind=5), "jobs[0].kind", "expected text"),
    (job(knd="x"), "jobs[0].knd", 'did you mean "kind"?'),
    (job(tenant_id="t"), "jobs[0].tenant_id", "unknown key"),
    (job(queue="a b"), "jobs[0].queue", "1 to 64 letters"),
    (job(tag="-"), "jobs[0].tag", "1 to 64 letters"),
    (job(priority=200), "jobs[0].priority", "between -100 and 100"),
    (job(run_at="tomorrow"), "jobs[0].run_at", "RFC 3339"),
    (job(deadline=5), "jobs[0].deadline", "expected text"),
    (job(delay="-5m"), "jobs[0].delay", "expected a duration"),
    (job(delay="5m", run_at="{{ event.data.at }}"), "jobs[0].delay", "either run_at or delay"),
    (job(timeout="0s"), "jobs[0].timeout", "longer than nothing"),
    (job(retry={"max_attempts": 0}), "jobs[0].retry.max_attempts", "between 1 and 1000"),
    (job(retry={"base_delay": "2h", "max_delay": "1h"}), "jobs[0].retry.max_delay", "shorter than base_delay"),
    (job(retry={"final_errors": ["A", ""]}), "jobs[0].retry.final_errors[1]", "type of an error"),
    (job(retry={"tries": 5}), "jobs[0].retry.tries", "unknown key"),
    (job(retry="always"), "jobs[0].retry", "expected an object"),
    (job(unique_window="1h"), "jobs[0].unique_window", "needs a unique_key"),
    (job(unique_key=""), "jobs[0].unique_key", "1 to 255 characters"),
    (job(unique_key="a", unique_states=["DEAD"]), "jobs[0].unique_states", "some of PENDING"),
    (job(unique_key="a", debounce="1s", delay="1s"), "jobs[0].debounce", "says itself when"),
    (job(rate="1/1s"), "jobs[0].rate", "needs a concurrency_key"),
    (job(concurrency_key="a", rate="fast"), "jobs[0].rate", "such as 10/1s"),
    (job(concurrency_key="a", concurrency_limit=0), "jobs[0].concurrency_limit", "between 1 and 1000000"),
    (job(correlation_id="ä"), "jobs[0].correlation_id", "printable ASCII"),
    (job(payload={"a": ["{{ tenant.( }}"]}), "jobs[0].payload.a[0]", "at character"),
    (job(payload={"a": "{{ secrets.KEY }}"}), "jobs[0].payload.a", "secrets"),
    (job(unique_key="{{ event.dta.id }}"), "jobs[0].unique_key", 'event has no "dta"'),
]


@pytest.mark.parametrize(("given", "path", "message"), WRONG)
def test_a_wrong_rule_is_told(given: JSON, path: str, message: str) -> None:
    found = problems(given)
    assert list(found) == [path]
    assert message in found[path]


def test_every_problem_is_told_at_once() -> None:
    given: JSONObject = {
        "trigger": {"type": "cron", "cron": "x", "misfire": "no"},
        "conditions": ["(", "tenant.a"],
        "jobs": [{"kind": "a b", "delay": "x", "payload": "{{ nobody.x }}"}, {"priority": 1000}],
    }
    assert set(problems(given)) == {
        "name", "trigger.cron", "trigger.misfire", "conditions[0]", "jobs[0].kind", "jobs[0].delay", "jobs[0].payload",
        "jobs[1].kind", "jobs[1].priority",
    }  # fmt: skip
    assert set(problems({})) == {"name", "trigger", "jobs"}


def test_a_stored_rule_is_read_whatever_the_rules_say_now() -> None:
    made = load_rule({"name": "r", "trigger": {"type": "cron", "cron": "x"}, "jobs": [{"kind": ""}], "more": 1})
    assert (made.name, made.trigger.spec, made.jobs) == ("r", ClockSpec(cron="x"), (JobTemplate({"kind": ""}),))
    assert load_rule({}).jobs == ()


def test_a_filled_template_is_read_by_the_same_rules() -> None:
    given: dict[str, Any] = {
        "kind": "task:x",
        "payload": {"a": 1},
        "queue": "q",
        "priority": 3,
        "run_at": "2026-01-01T00:00:00Z",
        "deadline": "2026-01-02T00:00:00Z",
        "retry": {"max_attempts": 2, "final_errors": ["ValueError"]},
        "timeout": "1h",
        "tag": "gpu",
        "unique_key": "k",
        "unique_window": "1m",
        "unique_states": ["PENDING"],
        "debounce": None,
        "concurrency_key": 7,
        "concurrency_limit": 2,
        "rate": "1/1s",
        "correlation_id": "c-1",
    }
    found = Problems()
    assert read_job(given, ("jobs", 0), found) == {
        "kind": "task:x",
        "payload": {"a": 1},
        "queue": "q",
        "priority": 3,
        "run_at": parse_instant("2026-01-01T00:00:00Z"),
        "deadline_at": parse_instant("2026-01-02T00:00:00Z"),
        "retry": replace(LONE_JOB_POLICY, max_attempts=2, final_errors=("ValueError",)),
        "timeout": HOUR,
        "tag": "gpu",
        "unique_key": "k",
        "unique_window": MINUTE,
        "unique_states": frozenset({JobState.PENDING}),
        "concurrency_key": "7",
        "concurrency_limit": 2,
        "rate": Rate(1, SECOND),
        "correlation_id": "c-1",
    }
    assert not found
    read_job({"kind": "a b", "delay": 5}, ("jobs", 3), found)
    assert [problem.path for problem in found.all()] == ["jobs[3].kind", "jobs[3].delay"]


def test_keys_may_be_made_of_numbers_in_a_template_and_in_what_it_gives() -> None:
    keys: JSONObject = {"unique_key": 7, "concurrency_key": 8, "correlation_id": 9}
    assert read_rule(rule(jobs=[{"kind": "a", **keys}]), CRONS)
    found = Problems()
    asked = read_job({"kind": "a", **keys, "queue": None}, (), found)
    assert (asked, bool(found)) == ({"kind": "a", **{key: str(value) for key, value in keys.items()}}, False)
