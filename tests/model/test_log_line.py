"""What an attempt logs is bounded: the beginning is kept, without gaps, and what was left out is counted."""

from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.log_line import LONGEST_MESSAGE, MOST_BYTES, MOST_LINES, Quota, cut


def test_lines_are_numbered_until_there_are_too_many() -> None:
    quota = Quota()
    assert [quota.take(10) for _ in range(MOST_LINES)] == list(range(1, MOST_LINES + 1))
    assert quota.last_words() is None
    assert quota.take(10) is None
    assert quota.last_words() == "1 more line was left out: of an attempt, 200 lines and 64 KiB are kept"


def test_bytes_are_bounded_and_nothing_comes_after_a_gap() -> None:
    quota = Quota()
    assert quota.take(MOST_BYTES) == 1
    assert quota.take(1) is None
    assert quota.take(0) is None
    assert (quota.last_words() or "").startswith("2 more lines were")


@given(st.text() | st.text(alphabet="\ud800\0ü😀x", min_size=900))
def test_a_cut_message_can_be_kept(text: str) -> None:
    message = cut(text)
    assert len(message.encode()) <= LONGEST_MESSAGE
    assert "\0" not in message


def test_a_long_message_shows_that_it_is_cut() -> None:
    assert cut("x" * LONGEST_MESSAGE) == "x" * LONGEST_MESSAGE
    assert cut("ü" * LONGEST_MESSAGE).endswith("ü…")
