"""Rules made ready to act: conditions and templates are compiled once for each save of a rule.

A stored rule whose expression no longer compiles (the language became stricter) isn't refused here: its condition isn't
met, or its template can't be filled, and the firing says why.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, cast

from holdfast.engine.drafts import JobDraft, problems_with
from holdfast.engine.rule_scope import Parsed
from holdfast.engine.secret_texts import names_secret
from holdfast.model.errors import Invalid, Problem
from holdfast.model.expression import CompiledValue, ExpressionError, ExpressionErrors, compile_value, parse
from holdfast.model.instant import Instant
from holdfast.model.json import JSON, JSONObject, Path, pointer
from holdfast.model.rule import Rule
from holdfast.model.validate import load_rule, read_job
from holdfast.model.validate.problems import Problems

_KEEP: Final = 20_000
_TITLE: Final = "The rule's jobs could not be made"
_TASKS: Final = "task:"
_PREVIOUS: Final = "previous"

Template = CompiledValue | ExpressionError


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule with its parsed conditions and templates, which may read what it remembers of a tenant."""

    rule: Rule
    conditions: tuple[tuple[str, Parsed], ...]
    templates: tuple[Template, ...]
    reads_previous: bool

    def drafts(self, scope: dict[str, object], now: Instant) -> list[JobDraft]:
        """The jobs as they would be inserted. Raises ``Invalid`` with every problem: then none may be."""
        problems = Problems()
        drafts: list[JobDraft] = []
        for index, template in enumerate(self.templates):
            path: Path = ("jobs", index)
            try:
                drafts.append(_draft(_filled(template, scope), path, problems))
            except ExpressionError as error:
                problems.add((*path, *error.path), str(error))
        if problems:
            raise Invalid(problems.all(), _TITLE)
        _check(drafts, now)
        return drafts


def compiled_rule(rule: Rule) -> CompiledRule:
    conditions = tuple((text, _parsed(text)) for text in rule.conditions)
    templates = tuple(_compiled(template.document) for template in rule.jobs)
    parts = [each for each in (*(parsed for _, parsed in conditions), *templates) if not isinstance(each, Exception)]
    remembers = any(read[0] == _PREVIOUS for part in parts for read in part.reads)
    return CompiledRule(rule, conditions, templates, remembers)


class CompiledRules:
    """A bounded cache: version id of a rule's trigger → the rule."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, CompiledRule] = OrderedDict()

    def of(self, version_id: str, document: JSONObject) -> CompiledRule:
        known = self._known.get(version_id)
        if known is None:
            known = self._known[version_id] = compiled_rule(load_rule(document))
            if len(self._known) > _KEEP:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(version_id)
        return known


def _parsed(text: str) -> Parsed:
    try:
        return parse(text)
    except ExpressionError as error:
        return error


def _compiled(document: JSON) -> Template:
    try:
        return compile_value(document)
    except ExpressionErrors as errors:
        path, error = errors.errors[0]
        return error.under(path)


def _filled(template: Template, scope: dict[str, object]) -> JSONObject:
    if isinstance(template, ExpressionError):
        raise template
    return cast(JSONObject, template.evaluate(scope))


def _draft(document: JSONObject, path: Path, problems: Problems) -> JobDraft:
    return JobDraft(**{"kind": "", **read_job(document, path, problems)})


def _secrets_from_data(draft: JobDraft) -> Iterator[Problem]:
    """A rule's own text names no secrets: what would be read as one came with an event, from whoever sent that."""
    if not draft.kind.startswith(_TASKS) and names_secret(draft.payload):
        yield Problem("payload", "a job of a rule can't name secrets: let the rule start a workflow that does")


def _check(drafts: list[JobDraft], now: Instant) -> None:
    """Each alone, so that a single one's problems are told at its place too. Raises ``Invalid``."""
    problems = [
        Problem(f"{pointer(('jobs', index))}.{problem.path}", problem.message)
        for index, draft in enumerate(drafts)
        for problem in (*problems_with([draft], now), *_secrets_from_data(draft))
    ]
    if problems:
        raise Invalid(problems, _TITLE)
