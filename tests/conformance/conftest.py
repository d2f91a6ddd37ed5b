"""Every conformance test runs on each store: ``scene`` is a fresh, migrated one with the means to work on it."""

from collections.abc import AsyncIterator

import pytest

from tests.conformance.scene import Scene, open_store


@pytest.fixture
async def scene(store_url: str) -> AsyncIterator[Scene]:
    store = await open_store(store_url)
    await store.migrate()
    yield Scene(store, store_url)
    await store.close()


@pytest.fixture
async def other(scene: Scene) -> AsyncIterator[Scene]:
    """The same store as another process sees it: connections of its own, the same clock."""
    store = await open_store(scene.url)
    yield Scene(store, scene.url, scene.clock)
    await store.close()
