"""When workers of a mixed queue are asked to claim: soon after news of it, ever more seldom without."""

from holdfast.engine.asks import LATE, SOON, Asks
from holdfast.engine.wakeups import Wakeups, direct_topic, queue_topic
from holdfast.engine.windows import Reach
from holdfast.model.instant import HOUR, MILLISECOND, SECOND, Instant

NOW: Instant = 1_800_000_000 * SECOND
REACH = Reach(frozenset({"noop"}), frozenset(), {"mixed": 4, "other": 4, "uniform": 4}, {"mixed", "other"})


class Asking:
    """Something is left out of some queues for good."""

    def __init__(self) -> None:
        self.wakeups = Wakeups()
        self.asks = Asks(self.wakeups)
        self.now = NOW

    def after(self, micros: int, *others: str) -> list[str]:
        self.now += micros
        return self.asks.due(REACH, others or ("mixed",), self.now)

    def seldom(self) -> None:
        """Until it is asked as seldom as ever."""
        for _ in range(10):
            self.after(LATE)
        assert not self.after(LATE - MILLISECOND)


def test_only_mixed_queues_are_asked() -> None:
    assert Asking().after(0, "uniform", "other", "mixed") == ["mixed", "other"]


def test_what_stays_left_out_is_asked_for_ever_more_seldom() -> None:
    asking = Asking()
    assert asking.after(0)
    pauses = []
    for _ in range(8):
        at = asking.asks.next_at(asking.now)
        assert at is not None
        pauses.append(at - asking.now)
        assert not asking.after(at - asking.now - 1)
        assert asking.after(1)
    assert pauses == [SOON, 2 * SOON, 4 * SOON, 8 * SOON, 16 * SOON, LATE, LATE, LATE]


def test_news_of_the_queue_ask_at_once_whatever_was_left_out_before() -> None:
    """It may be work that one of its workers knows, beside some that none does."""
    asking = Asking()
    asking.seldom()
    for _ in range(3):
        asking.wakeups.notify({queue_topic("mixed")})
        assert asking.after(SOON)
        assert not asking.after(SOON)


def test_news_upon_news_ask_no_more_often_than_that() -> None:
    asking = Asking()
    asking.seldom()
    asking.wakeups.notify({queue_topic("mixed")})
    assert asking.after(0)
    asking.wakeups.notify({queue_topic("mixed")})
    assert not asking.after(SOON - 1)
    assert asking.asks.next_at(asking.now) == asking.now + 1
    assert asking.after(1)


def test_news_of_another_queue_and_what_is_asked_itself_are_none() -> None:
    asking = Asking()
    asking.seldom()
    asking.wakeups.notify({queue_topic("other"), direct_topic("mixed")})
    assert not asking.after(0)


def test_a_queue_in_which_nothing_is_left_out_any_more_is_forgotten() -> None:
    asking = Asking()
    asking.seldom()
    assert asking.after(0, "uniform") == []
    assert asking.asks.next_at(asking.now) is None
    assert asking.after(0)


def test_a_queue_without_free_slots_is_kept_in_mind() -> None:
    asking = Asking()
    asking.seldom()
    asking.asks.due(Reach(frozenset(), frozenset(), {"other": 4}), (), asking.now)
    assert not asking.after(0)


def test_a_clock_that_is_set_back_keeps_nobody_waiting() -> None:
    asking = Asking()
    asking.seldom()
    assert asking.after(-HOUR)


def test_a_relay_that_ends_hears_no_news_any_more() -> None:
    asking = Asking()
    asking.after(0)
    asking.asks.forget()
    assert not asking.wakeups._subscriptions
