"""What ``@holdfast.task`` is told: defaults of the task's jobs, and the options that can't be."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

import holdfast
from holdfast.model.instant import MILLISECOND, MINUTE, SECOND
from holdfast.model.outcome import Succeeded
from holdfast.model.retry import LONE_JOB_POLICY, RetryPolicy
from holdfast.nodes.task import TaskNode
from holdfast.ports import NodeContext
from holdfast.tasks import Task, task_of


def marked(**options: Any) -> Task:
    def function() -> None: ...

    found = task_of(holdfast.task(**{"name": "some.task", **options})(function))
    assert found is not None
    return found


def test_a_task_says_nothing_by_itself() -> None:
    task = marked()
    assert (task.kind, task.queue, task.retry, task.timeout) == ("task:some.task", None, None, None)
    assert (task.process, task.inline) == (False, False)
    assert task_of(len) is None


def test_a_task_brings_the_defaults_of_its_jobs() -> None:
    task = marked(queue="mail", timeout="5m", max_attempts=3)
    assert (task.queue, task.timeout) == ("mail", 5 * MINUTE)
    assert task.retry == RetryPolicy(max_attempts=3)


@pytest.mark.parametrize("timeout", ["1500ms", 1.5, timedelta(seconds=1.5)])
def test_a_length_of_time_comes_as_text_seconds_or_timedelta(timeout: Any) -> None:
    assert marked(timeout=timeout).timeout == 1_500 * MILLISECOND


@pytest.mark.parametrize(
    "retry",
    [
        holdfast.Retry(
            max_attempts=5, base_delay="2s", max_delay=timedelta(minutes=5), final_errors=(KeyError, "Lost")
        ),
        {"max_attempts": 5, "base_delay": 2, "max_delay": "5m", "final_errors": ["KeyError", "Lost"]},
        RetryPolicy(5, base_delay=2 * SECOND, max_delay=5 * MINUTE, final_errors=("KeyError", "Lost")),
    ],
    ids=["Retry", "mapping", "policy"],
)
def test_a_retry_policy_comes_in_any_form(retry: Any) -> None:
    policy = marked(retry=retry).retry
    assert policy == RetryPolicy(5, base_delay=2 * SECOND, max_delay=5 * MINUTE, final_errors=("KeyError", "Lost"))


def test_a_policy_without_words_is_that_of_lone_jobs() -> None:
    assert holdfast.Retry() == LONE_JOB_POLICY


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"timeout": "soon"}, "expected a duration"),
        ({"timeout": 0}, "longer than nothing"),
        ({"timeout": -1}, "must not be negative"),
        ({"timeout": float("nan")}, "a text such as 5m"),
        ({"timeout": timedelta(days=4_000)}, "at most 3650d"),
        ({"max_attempts": 0}, "between 1 and 1000"),
        ({"max_attempts": 2, "retry": {"jitter": "none"}}, "either by itself or in retry"),
        ({"retry": {"attempts": 2}}, "unexpected keyword argument 'attempts'"),
        ({"retry": {"strategy": "often"}}, "strategy must be one of fixed, linear, exponential"),
        ({"retry": {"base_delay": "1h", "max_delay": "1m"}}, "max_delay must not be less"),
        ({"name": "a b"}, "must match"),
        ({"inline": True}, "can't be inline"),
        ({"process": True}, "at the top of its module"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_an_option_that_cant_be_is_refused_at_once(options: dict[str, Any], rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        marked(**options)


def test_a_generator_is_no_task() -> None:
    def numbers() -> Iterator[int]:
        yield 1

    with pytest.raises(ValueError, match="is a generator"):
        holdfast.task(name="numbers")(numbers)


async def test_an_inline_task_is_stepped_in_place(context: NodeContext) -> None:
    @holdfast.task(name="quick", inline=True)
    async def quick(number: int) -> int:
        return number + 1

    task = task_of(quick)
    assert task is not None
    node = TaskNode(task)
    assert node.spec.inline
    with pytest.raises(StopIteration) as ended:
        node.execute(context, {"number": 1}).send(None)
    assert ended.value.value == Succeeded(2)


def test_two_marks_on_two_functions_are_two_tasks() -> None:
    def made() -> Callable[[], None]:
        @holdfast.task(name="same")
        def function() -> None: ...

        return function

    one, two = task_of(made()), task_of(made())
    assert one is not None
    assert two is not None
    assert one.function is not two.function
