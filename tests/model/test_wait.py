"""Which events a wait is for."""

import pytest

from holdfast.model.wait import fits


@pytest.mark.parametrize(
    ("pattern", "event_type", "expected"),
    [
        ("order.paid", "order.paid", True),
        ("order.paid", "order.paid.twice", False),
        ("order.*", "order.paid", True),
        ("order.*", "orders.paid", False),
        ("*", "anything", True),
        ("order.*.x", "order.a.x", False),
    ],
)
def test_a_star_at_the_end_stands_for_any_rest(pattern: str, event_type: str, expected: bool) -> None:
    assert fits(pattern, event_type) is expected
