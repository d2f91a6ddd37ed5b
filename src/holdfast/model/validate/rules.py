"""Reading an automation rule: JSON in, a ``Rule`` out, or every problem at once."""

from typing import Final

from holdfast.model.clock import CronPort
from holdfast.model.errors import Invalid, Problem
from holdfast.model.json import JSON, JSONObject, pointer, problems_of
from holdfast.model.rule import MAX_CONDITIONS, MAX_JOBS, RULE_ROOTS, ForEach, JobTemplate, Rule
from holdfast.model.validate.alone import Known, check_expression, check_templates, known_of
from holdfast.model.validate.fields import PRIORITY, Fields
from holdfast.model.validate.job_templates import check_job_template
from holdfast.model.validate.problems import Problems, kind_of
from holdfast.model.validate.triggers import check_trigger, read_rule_trigger

TITLE: Final = "The rule is not valid"
_KEYS: Final = (
    "name", "title", "description", "enabled", "priority", "trigger", "conditions", "for_each", "jobs",
)  # fmt: skip
_FOR_EACH: Final[tuple[ForEach, ...]] = ("tenant",)


def read_rule(document: JSON, cron: CronPort) -> Rule:
    """The rule of a document. Raises ``Invalid`` with every problem, each with its path."""
    if not isinstance(document, dict):
        raise Invalid([Problem("", f"a rule is an object, not {kind_of(document)}")], TITLE)
    if unfit := problems_of(document):
        raise Invalid([Problem(pointer(path), message) for path, message in unfit], TITLE)
    problems = Problems()
    rule = _read(document, problems)
    _check(rule, cron, problems)
    if problems:
        raise Invalid(problems.all(), TITLE)
    return rule


def load_rule(document: JSONObject) -> Rule:
    """The rule of a document that was valid when it was saved: rules of reading may have become stricter since."""
    return _read(document, Problems())


def _read(document: JSONObject, problems: Problems) -> Rule:
    top = Fields(document, (), problems, _KEYS)
    top.require("name", "trigger", "jobs")
    # One that is missing was told already.
    trigger = read_rule_trigger(top.raw("trigger"), ("trigger",), problems if "trigger" in top else Problems())
    default = Rule("", trigger, ())
    return Rule(
        name=top.name("name", ""),
        trigger=trigger,
        jobs=_jobs(top),
        title=top.text("title", limit=200),
        description=top.text("description"),
        enabled=top.flag("enabled", default.enabled),
        priority=top.integer("priority", default.priority, *PRIORITY),
        conditions=_conditions(top),
        for_each=top.choice("for_each", _FOR_EACH, "tenant") if top.raw("for_each") is not None else None,
        document=document,
    )


def _conditions(top: Fields) -> tuple[str, ...]:
    """A list of expressions, or just one. Those that are no text are problems, and left out."""
    if isinstance(top.raw("conditions"), str):
        return (top.text("conditions"),)
    conditions: list[str] = []
    for index, given in enumerate(top.items("conditions", MAX_CONDITIONS)):
        if isinstance(given, str):
            conditions.append(given)
        else:
            rule = f"expected an expression as text, not {kind_of(given)}"
            top.problems.add((*top.at("conditions"), index), rule)
    return tuple(conditions)


def _jobs(top: Fields) -> tuple[JobTemplate, ...]:
    jobs: list[JobTemplate] = []
    for index, given in enumerate(top.items("jobs", MAX_JOBS)):
        if isinstance(given, dict):
            jobs.append(JobTemplate(given))
        else:
            top.problems.add((*top.at("jobs"), index), f"expected an object, not {kind_of(given)}")
    if top.raw("jobs") == []:
        top.add("jobs", "a rule without jobs does nothing; give at least one")
    return tuple(jobs)


def _check(rule: Rule, cron: CronPort, problems: Problems) -> None:
    known = known_of(rule.trigger.type)
    check_trigger(rule.trigger, ("trigger",), cron, problems)
    _check_conditions(rule.document.get("conditions"), known, problems)
    given = rule.document.get("jobs")
    for index, job in enumerate(given[:MAX_JOBS] if isinstance(given, list) else []):
        if isinstance(job, dict):
            check_job_template(job, ("jobs", index), problems)
            check_templates(job, ("jobs", index), RULE_ROOTS, known, problems)


def _check_conditions(given: JSON, known: Known, problems: Problems) -> None:
    if isinstance(given, str):
        check_expression(given, ("conditions",), RULE_ROOTS, known, problems)
    for index, text in enumerate(given[:MAX_CONDITIONS] if isinstance(given, list) else []):
        if isinstance(text, str):
            check_expression(text, ("conditions", index), RULE_ROOTS, known, problems)
