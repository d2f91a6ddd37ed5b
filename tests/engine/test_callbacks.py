"""Callback addresses: good for one node of one run, under one key, and not to be made up or changed."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest

from holdfast.engine.callbacks import Callback, Callbacks
from holdfast.model.errors import NotFound

KEY = "k" * 40
RUN = "01890000-0000-7000-8000-000000000001"
TOKEN = Callbacks(KEY, "http://here").token(Callback("default", RUN, "wait"))


def test_an_older_key_still_reads_what_it_made_and_makes_nothing_any_more() -> None:
    renewed = Callbacks("n" * 40, "http://here", [KEY])
    assert renewed.read(TOKEN) == Callback("default", RUN, "wait")
    made = renewed.token(Callback("default", RUN, "wait"))
    assert Callbacks("n" * 40, "").read(made) == Callback("default", RUN, "wait")
    with pytest.raises(NotFound):
        Callbacks(KEY, "").read(made)
    with pytest.raises(NotFound):
        Callbacks("n" * 40, "").read(TOKEN)


def changed(at: int) -> str:
    other = "A" if TOKEN[at] != "A" else "B"
    return TOKEN[:at] + other + TOKEN[at + 1 :]


def test_an_address_leads_back_to_its_node_in_every_process_with_the_key() -> None:
    url = Callbacks(KEY, "https://flows.example.com/base/").url("default", RUN, "wait")
    assert url == f"https://flows.example.com/base/callbacks/{TOKEN}"
    assert Callbacks(KEY, "http://elsewhere:1").read(TOKEN) == Callback("default", RUN, "wait")


def test_another_node_has_another_address() -> None:
    callbacks = Callbacks(KEY, "http://here")
    nodes = [Callback("default", RUN, "wait"), Callback("default", RUN, "wait2"), Callback("acme", RUN, "wait")]
    assert len({callbacks.token(node) for node in nodes}) == 3
    assert [callbacks.read(callbacks.token(node)) for node in nodes] == nodes


@pytest.mark.parametrize("at", range(0, len(TOKEN), 7))
def test_a_changed_address_is_unknown(at: int) -> None:
    with pytest.raises(NotFound):
        Callbacks(KEY, "").read(changed(at))


@pytest.mark.parametrize(
    "token",
    ["", "x", "!!!!", TOKEN + "=", TOKEN + "A", " " + TOKEN, TOKEN + "\n", "ä", "\ud800", "A" * 5_000, TOKEN[:43]],
)
def test_what_no_address_ends_with_is_unknown(token: str) -> None:
    with pytest.raises(NotFound):
        Callbacks(KEY, "").read(token)


def test_another_key_and_another_use_of_the_key_dont_sign() -> None:
    with pytest.raises(NotFound):
        Callbacks("o" * 40, "").read(TOKEN)
    raw = urlsafe_b64decode(TOKEN + "=" * (-len(TOKEN) % 4))
    unsigned = urlsafe_b64encode(bytes(32) + raw[32:]).rstrip(b"=").decode()
    with pytest.raises(NotFound):
        Callbacks(KEY, "").read(unsigned)
