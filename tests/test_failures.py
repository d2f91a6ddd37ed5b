"""What is kept of an exception: its words, and the places that it went through, never a value."""

import functools
from collections.abc import Callable

import pytest
from pydantic import BaseModel

from holdfast import failures
from holdfast.failures import TRACEBACK_LIMIT, failure_of, traceback_of
from holdfast.model.json import problems_of


def raised(call: Callable[[], object]) -> Exception:
    """What the call raises."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - any
        call()
    return caught.value


def trace(call: Callable[[], object]) -> list[str]:
    """The lines that are kept, without those of the test itself."""
    text = traceback_of(raised(call))
    assert text is not None
    lines = text.splitlines()
    assert lines[0].endswith("in raised")
    return lines[2:]


def fails(secret: str = "s3cret") -> None:
    raise ValueError("wrong")


def test_each_place_has_its_source_line() -> None:
    place, source = trace(fails)
    assert place.startswith(f'  File "{__file__}", line ')
    assert place.endswith(", in fails")
    assert source == '    raise ValueError("wrong")'


def test_our_own_places_are_left_out() -> None:
    broken = raised(lambda: failures.place_of(None))  # type: ignore[arg-type]
    text = traceback_of(broken)
    assert text is not None
    assert failures.__file__ not in text
    broken.__traceback__ = broken.__traceback__ and broken.__traceback__.tb_next
    while broken.__traceback__ is not None and broken.__traceback__.tb_frame.f_code.co_filename == __file__:
        broken.__traceback__ = broken.__traceback__.tb_next
    assert traceback_of(broken) is None, "nothing but ours"


def test_a_deep_one_is_cut_in_the_middle() -> None:
    def down(levels: int) -> None:
        if levels == 0:
            fails()
        down(levels - 1)

    lines = trace(functools.partial(down, 500))
    assert "in down" in lines[0]
    assert any("more" in line and "…" in line for line in lines)
    assert lines[-1] == '    raise ValueError("wrong")'
    text = traceback_of(raised(functools.partial(down, 500)))
    assert text is not None
    assert len(text) <= TRACEBACK_LIMIT


def test_what_it_came_from_is_a_line_each() -> None:
    def chain() -> None:
        try:
            fails()
        except ValueError as error:
            try:
                raise KeyError("k") from error
            except KeyError as second:
                raise RuntimeError("third") from second

    _, _, first, second = trace(chain)
    assert first.startswith("caused by KeyError: 'k' (")
    assert second.startswith("caused by ValueError: wrong (")
    assert second.endswith("in fails)")


def test_a_cause_that_was_hidden_stays_hidden() -> None:
    def hide() -> None:
        try:
            fails()
        except ValueError:
            raise RuntimeError("clean") from None

    assert len(trace(hide)) == 2


def test_a_chain_that_bites_its_tail_ends() -> None:
    one, two = ValueError("one"), ValueError("two")
    one.__context__, two.__context__ = two, one
    assert (traceback_of(one) or "").count("caused by") == 5


def test_the_parts_of_a_group_are_named() -> None:
    def group() -> None:
        raise ExceptionGroup("both", [ValueError("a"), KeyError("b")])

    assert trace(group)[2:] == ["part: ValueError: a", "part: KeyError: 'b'"]


def test_an_exception_that_was_never_raised_has_no_traceback() -> None:
    failure = failure_of(ValueError("made by hand"), final=True)
    assert (failure.error.traceback, failure.error.message, failure.final) == (None, "made by hand", True)


def test_whatever_it_says_can_be_kept() -> None:
    def odd() -> None:
        try:
            raise ValueError("nul \0")
        except ValueError as error:
            raise ValueError("lone \ud800") from error

    assert problems_of(failure_of(raised(odd)).error.as_record()) == []


def test_source_that_is_gone_leaves_the_place() -> None:
    code = compile("def gone():\n    raise ValueError('x')\ngone()", "nowhere.py", "exec")
    assert trace(lambda: exec(code, {}))[-1] == '  File "nowhere.py", line 2, in gone'


def test_what_doesnt_fit_a_model_is_told_without_its_value() -> None:
    class Account(BaseModel):
        token: int
        names: list[str]

    payload = {"token": "hunter2", "names": ["Ada", 7]}
    failure = failure_of(raised(lambda: Account.model_validate(payload)))
    assert failure.error.type == "ValidationError"
    assert failure.error.message == (
        "Account: token: Input should be a valid integer, unable to parse string as an integer;"
        " names.1: Input should be a valid string"
    )
    assert "hunter2" not in str(failure)
