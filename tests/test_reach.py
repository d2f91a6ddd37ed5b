"""Whom this machine's own services are open to: steps of whoever works here alone, and nobody else's."""

import pytest

from holdfast.compose.adapters import is_here, reaches
from holdfast.settings import load


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("memory:", True),
        ("sqlite:///./holdfast.db", True),
        ("sqlite:////var/lib/holdfast.db", True),
        ("postgresql://holdfast:secret@127.0.0.1:5432/holdfast", True),
        ("postgresql://holdfast@localhost/holdfast", True),
        ("postgresql://holdfast@[::1]:5432/holdfast", True),
        ("postgresql:///holdfast?host=/run/postgresql", True),
        ("postgresql://holdfast:secret@db.example.com:5432/holdfast", False),
        ("postgresql://holdfast@localhost/holdfast?host=db.example.com", False),
        ("postgresql://holdfast@localhost,db.example.com/holdfast", False),
        ("postgresql://holdfast@10.0.0.7/holdfast", False),
    ],
)
async def test_a_process_of_a_store_elsewhere_closes_its_own_machine_to_steps(url: str, here: bool) -> None:
    """A worker listens nowhere and has no address of its own to tell it by."""
    assert is_here(url) is here
    outgoing, _ = reaches(load(database_url=url, secret_key="k" * 40))
    assert (await outgoing.guard("default")).allows("127.0.0.1") is here
    opened, _ = reaches(load(database_url=url, secret_key="k" * 40, allow_private_network=True))
    assert (await opened.guard("default")).allows("127.0.0.1")
