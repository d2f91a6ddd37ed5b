"""Which store a scenario runs on by default; ``make chaos`` runs each on both.

A scenario of a few seconds on each store would make the whole gate too slow, so most run on one of the two by default,
as many on the one as on the other.
"""

import pytest


def usually(store: str) -> pytest.MarkDecorator:
    """The test's ``store_url`` is of this store; with ``-m chaos`` of the other one."""
    other = {"sqlite": "postgres", "postgres": "sqlite"}[store]
    stores = [pytest.param(store, id=store), pytest.param(other, id=other, marks=pytest.mark.chaos)]
    return pytest.mark.parametrize("store_url", stores, indirect=True)
