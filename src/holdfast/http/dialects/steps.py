"""The step engine's words: what its bodies hold, the definition that they mean, and how a run is shown in them.

A ``sequential`` step is its tasks one after the other, a ``parallel`` one is ``{parallel: […]}``. A sequential step
right after another is written ``{parallel: [{steps: […]}]}``, so that the two stay apart when they are read again. Of a
workflow that was not made of steps, nodes that can run at the same time are shown as a parallel step.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Final, Literal, cast

from pydantic import BeforeValidator, Field
from typing_extensions import TypedDict

from holdfast.http.schemas.fields import Body
from holdfast.model.instant import SECOND, Micros, format_duration, parse_duration
from holdfast.model.job import JobState
from holdfast.model.json import JSON, JSONObject
from holdfast.model.records import RunRecord
from holdfast.model.run import RunState
from holdfast.model.validate.steps import PARALLEL, STEPS, expanded
from holdfast.model.workflow import FORMAT, TASK_TYPE

Kind = Literal["sequential", "parallel"]
PRIORITIES: Final = {"low": -10, "normal": 0, "high": 10}
_LONGEST_ID: Final = 55
_DAY: Final = 86_400
# Each state in the four words of this dialect: one that never began is PENDING, one that was stopped FAILED.
_STATES: Final[Mapping[str, str]] = {
    JobState.SUCCEEDED: "SUCCEEDED",
    JobState.FAILED: "FAILED",
    JobState.DEAD: "FAILED",
    JobState.CANCELLED: "FAILED",
    JobState.RUNNING: "RUNNING",
    JobState.WAITING: "RUNNING",
    RunState.PAUSED: "RUNNING",
}


def _timeout(value: object) -> Micros:
    """Seconds, or a duration."""
    if isinstance(value, str):
        micros = parse_duration(value)
    elif isinstance(value, int | float) and not isinstance(value, bool) and value <= 365 * _DAY:
        micros = round(value * SECOND)
    else:
        raise ValueError("expected seconds, such as 30, or a duration such as 30s")
    if micros <= 0:
        raise ValueError("must be longer than nothing")
    return micros


def _priority(value: object) -> int:
    if isinstance(value, str) and value in PRIORITIES:
        return PRIORITIES[value]
    if isinstance(value, int) and not isinstance(value, bool) and -100 <= value <= 100:
        return value
    raise ValueError("must be low, normal, high or an integer between -100 and 100")


class TaskParams(Body, extra="allow"):
    """What bounds a task; everything else that stands here is an argument of it."""

    timeout: Annotated[Micros, BeforeValidator(_timeout)] | None = Field(
        default=None, description="Seconds, of one attempt."
    )
    retry_count: int | None = Field(default=None, ge=0, le=999, description="How many times it is tried again.")
    priority: Annotated[int, BeforeValidator(_priority)] | None = Field(
        default=None, description="`low`, `normal` or `high`."
    )


class TaskIn(Body):
    """A task by its name."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,119}$", examples=["task_a"])
    params: TaskParams = Field(default_factory=TaskParams)


class StepIn(Body):
    """Tasks that run one after the other, or all at once."""

    execution_type: Kind
    tasks: list[TaskIn] = Field(min_length=1, max_length=1000)


class StepsIn(Body):
    """A workflow to make and run."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$", examples=["sample_workflow"])
    steps: list[StepIn] = Field(min_length=1, max_length=1000)


class TaskShape(TypedDict):
    """A task and how far it is."""

    name: str
    status: str


class StepShape(TypedDict):
    """A step and its tasks."""

    execution_type: str
    tasks: list[TaskShape]


class StepsShape(TypedDict):
    """A run; `id` is the run's."""

    id: str
    name: str
    status: str
    steps: list[StepShape]


class StepsPage(TypedDict):
    """A page of runs, newest first."""

    items: list[StepsShape]
    next: str | None


# -- in ----------------------------------------------------------------------------------------------------------------


def definition_of(sent: StepsIn) -> JSONObject:
    """The definition that a body means."""
    taken: set[str] = set()
    steps: list[JSON] = []
    before: Kind = "parallel"
    for step in sent.steps:
        nodes = cast(list[JSON], [_node(task, taken) for task in step.tasks])
        if step.execution_type == "parallel":
            steps.append({PARALLEL: nodes})
        elif before == "sequential":
            steps.append({PARALLEL: [{STEPS: nodes}]})
        else:
            steps += nodes
        before = step.execution_type
    return {"holdfast": FORMAT, "name": sent.name, STEPS: steps}


def _node(task: TaskIn, taken: set[str]) -> JSONObject:
    given = task.params
    params: JSONObject = {"name": task.name}
    if given.model_extra:
        params["args"] = dict(given.model_extra)
    node: JSONObject = {"id": _free(task.name, taken), "type": TASK_TYPE, "params": params}
    if given.timeout is not None:
        node["timeout"] = format_duration(given.timeout)
    if given.retry_count is not None:
        node["retry"] = {"max_attempts": given.retry_count + 1}
    if given.priority is not None:
        node["priority"] = given.priority
    return node


def _free(name: str, taken: set[str]) -> str:
    """The id of a node for this task that no other has."""
    plain = re.sub(r"\W", "_", name, flags=re.ASCII)[:_LONGEST_ID]
    basis = plain if re.match(r"(?!(true|false|null|in)$)[A-Za-z_]", plain) else f"_{plain}"
    free, number = basis, 1
    while free in taken:
        number += 1
        free = f"{basis}_{number}"
    taken.add(free)
    return free


# -- out ---------------------------------------------------------------------------------------------------------------


def shown(run: RunRecord, definition: JSONObject) -> JSON:
    """A run in this dialect."""
    states = {node: str(record.state) for node, record in (run.nodes or {}).items()}
    steps = definition.get(STEPS)
    made = isinstance(steps, list) and not definition.get("nodes")
    groups = _written(cast(list[Any], steps)) if made else _levels(expanded(definition))
    shape: StepsShape = {
        "id": run.id,
        "name": run.workflow,
        "status": _word(run.state),
        "steps": [{"execution_type": kind, "tasks": [_task(node, states) for node in nodes]} for kind, nodes in groups],
    }
    return cast(JSON, shape)


def _task(node: Mapping[str, Any], states: Mapping[str, str]) -> TaskShape:
    name = node["params"]["name"] if node["type"] == TASK_TYPE else node["id"]
    return {"name": name, "status": _word(states.get(node["id"], ""))}


def _word(state: str) -> str:
    return _STATES.get(state, "PENDING")


Group = tuple[Kind, list[Mapping[str, Any]]]


def _written(steps: Iterable[Mapping[str, Any]]) -> list[Group]:
    """The steps as they were written: nodes in a row are one sequential step."""
    groups: list[Group] = []
    open_row = False
    for step in steps:
        if PARALLEL not in step:
            if not open_row:
                groups.append(("sequential", []))
            groups[-1][1].append(step)
        else:
            branches = step[PARALLEL]
            alone = len(branches) == 1 and STEPS in branches[0]
            groups.append(("sequential" if alone else "parallel", list(_inner(step))))
        open_row = PARALLEL not in step
    return groups


def _inner(step: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every node of a step, however deep."""
    inside = step.get(PARALLEL) or step.get(STEPS)
    if inside is None:
        yield step
    else:
        for each in inside:
            yield from _inner(each)


def _levels(graph: Mapping[str, Any]) -> list[Group]:
    """Nodes by how many others have to be decided before them; single ones in a row are one sequential step."""
    before: dict[str, set[str]] = {node["id"]: set() for node in graph["nodes"]}
    for edge in graph.get("edges", ()):
        before[edge["to"]].add(edge["from"].partition(".")[0])
    left = {node["id"]: node for node in graph["nodes"]}
    groups: list[Group] = []
    while left:
        # A definition that was saved has no cycle, so that there is always one.
        ready = [node for node in left.values() if not before[node["id"]] & left.keys()]
        if len(ready) == 1 and groups and groups[-1][0] == "sequential":
            groups[-1][1].extend(ready)
        else:
            groups.append(("sequential" if len(ready) == 1 else "parallel", ready))
        for node in ready:
            del left[node["id"]]
    return groups
