"""Deliveries as Standard Webhooks 1.0 has them: signatures by the published example, ids, bodies, the schedule."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.delivery import (
    PATIENCE,
    POLICY,
    WAITS,
    body_of,
    headers_of,
    key_of,
    message_of,
    secret_of,
    wait_after,
    webhook_id,
)
from holdfast.model.event import Event
from holdfast.model.instant import HOUR, MINUTE, SECOND, parse_instant

AT = parse_instant("2026-03-01T12:00:00Z")
# The example of the specification's reference libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PAYLOAD = b'{"test": 2432232314}'


def event(cursor: str = "17.3", **more: object) -> Event:
    fields = {"run_id": "r", "node_id": None, "job_id": "j", "subject": "order-17", **more}
    return Event(cursor, "default", "order.paid", AT, {"id": "theirs", "total": 7}, **fields)  # type: ignore[arg-type]


def test_the_published_example_is_signed_as_published() -> None:
    headers = headers_of("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330 * SECOND, PAYLOAD, [key_of(SECRET)])
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_each_key_signs_in_its_order() -> None:
    new, old = b"n" * 32, b"o" * 32
    both = headers_of("evt_1", AT, b"{}", [new, old])["webhook-signature"].split(" ")
    assert both == [headers_of("evt_1", AT, b"{}", [key])["webhook-signature"] for key in (new, old)]
    assert len(set(both)) == 2


def test_the_body_is_the_event_with_its_data_untouched() -> None:
    told = json.loads(body_of(message_of(event())))
    assert told == {
        "id": "17.3",
        "type": "order.paid",
        "timestamp": "2026-03-01T12:00:00.000000Z",
        "subject": "order-17",
        "run": "r",
        "node": None,
        "job": "j",
        "data": {"id": "theirs", "total": 7},
    }
    assert json.loads(body_of(message_of(event(attributes={"source": "/shop"}))))["attributes"] == {"source": "/shop"}


@given(st.from_regex(r"[0-9]{1,20}(-[0-9]{1,20})?(\.[0-9]{1,6})?", fullmatch=True))
def test_a_webhook_id_has_no_full_stop(cursor: str) -> None:
    assert "." not in webhook_id(cursor)


def test_ids_of_a_batchs_events_differ() -> None:
    assert len({webhook_id(cursor) for cursor in ("17", "17.1", "17.2", "171")}) == 4


@given(st.binary(min_size=24, max_size=64))
def test_a_secret_is_its_key_in_text(key: bytes) -> None:
    assert key_of(secret_of(key)) == key


@pytest.mark.parametrize("secret", [
    "", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_not base64!", "whsec_" + b64encode(b"k" * 23).decode(),
    "whsec_" + b64encode(b"k" * 65).decode(), "whsk_" + b64encode(b"k" * 32).decode(), "whsec_ä" + "a" * 32,
])  # fmt: skip
def test_a_wrong_secret_is_refused_without_being_told(secret: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - its whole text is looked at
        key_of(secret)
    assert str(refused.value) == "must be whsec_ and 24 to 64 bytes in base64"


def test_the_schedule_is_the_specifications() -> None:
    assert [5 * SECOND, 5 * MINUTE, 30 * MINUTE, *(hours * HOUR for hours in (2, 5, 10, 14, 20, 24))] == list(WAITS)
    assert (POLICY.max_attempts, PATIENCE) == (10, 15 * SECOND)
    for used, wait in enumerate(WAITS, start=1):
        assert wait <= wait_after(used, "job") < wait * 1.1


def test_deliveries_that_fail_together_come_back_apart() -> None:
    assert len({wait_after(2, f"job-{number}") for number in range(100)}) > 80


def test_the_policy_never_shortens_a_wait() -> None:
    for used in range(1, POLICY.max_attempts):
        assert POLICY.delay(used, 0.99) <= wait_after(used, "job")
