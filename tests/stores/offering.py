"""A store that names what claims would take next and lets jobs be claimed by their ids, with short ways to do both."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Final

from holdfast.model.job import ALL_QUEUES, ClaimedJob, NewJob
from holdfast.ports import ClaimRequest
from holdfast.ports.streams import Offer, Ready
from holdfast.stores.postgres.store import PostgresStore
from tests.conformance.scene import KINDS, HandClock, Scene, graph_of, new_id

MANY: Final = 1_000


class Offering(Scene):
    """What a relay and the workers that read offers do to a store."""

    def __init__(self, store: PostgresStore, url: str, clock: HandClock | None = None) -> None:
        super().__init__(store, url, clock)
        self.offering = store

    async def ahead(
        self,
        windows: Mapping[str, int] | None = None,
        *,
        kinds: Iterable[str] = KINDS,
        tags: Iterable[str] = (),
    ) -> Ready:
        given = {ALL_QUEUES: MANY} if windows is None else windows
        return await self.offering.ready_offers(given, frozenset(kinds), frozenset(tags), self.now)

    async def take(
        self,
        worker_id: str,
        offers: Collection[Offer],
        limit: int = MANY,
        *,
        queues: tuple[str, ...] = (ALL_QUEUES,),
        kinds: Iterable[str] = KINDS,
        tags: Iterable[str] = (),
    ) -> list[ClaimedJob]:
        request = ClaimRequest(worker_id, queues, frozenset(kinds), limit, frozenset(tags))
        return await self.offering.claim_offered(request, list(offers), self.now)


def offer(job: NewJob) -> Offer:
    return Offer(job.queue, job.tenant, job.id)


def ids(jobs: Iterable[NewJob | ClaimedJob]) -> list[str]:
    return [job.id for job in jobs]


def named(ready: Ready) -> list[str]:
    return [each.job_id for each in ready.offers]


@asynccontextmanager
async def opened(url: str, clock: HandClock | None = None) -> AsyncIterator[Offering]:
    store = PostgresStore(url, graph_of=graph_of, new_id=new_id, pool_size=4)
    await store.open()
    await store.migrate()
    yield Offering(store, url, clock)
    await store.close()
