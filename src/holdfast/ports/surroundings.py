"""What surrounds the engine besides its store: time, chance, wake-ups, observers, the way mails go out."""

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from holdfast.model.instant import Instant, Micros
from holdfast.model.job import ClaimedJob, Transition
from holdfast.model.json import JSON, JSONObject
from holdfast.model.records import Mail
from holdfast.ports.jobs import JobStore


class Clock(Protocol):
    """The one source of time. In production it follows the store's clock; in tests it is moved by hand."""

    def now(self) -> Instant: ...

    async def sleep(self, micros: Micros) -> None:
        """Waits that long by this clock."""
        ...


class Entropy(Protocol):
    """Ids and random numbers."""

    def new_id(self, now: Instant) -> str:
        """A UUIDv7, greater than every earlier one of this process."""
        ...

    def random(self) -> float:
        """In [0, 1)."""
        ...

    def new_key(self) -> str:
        """128 unguessable bits, URL-safe: a webhook's address."""
        ...


class Notifier(Protocol):
    """Wake-ups between processes: hints only, lost ones cost latency. Topics: ``queue:<name>``, ``events``,
    ``cancel``, ``inbox``, ``runs``, ``triggers``. ``healthy`` False: they don't travel now.
    """

    @property
    def healthy(self) -> bool: ...

    async def open(self, wake: Callable[[frozenset[str]], None]) -> None:
        """Starts listening; ``wake`` is called in the event loop with the topics of other processes."""
        ...

    def notify(self, topics: Collection[str]) -> None:
        """Tells other processes, coalesced, outside any transaction; never raises, never waits."""
        ...

    async def close(self) -> None: ...


class Observer(Protocol):
    """Told of what the engine does, once, at its façade. Metrics and logs subscribe; none may raise or wait."""

    def claimed(self, jobs: Collection[ClaimedJob], now: Instant) -> None:
        """Their attempts begin now."""
        ...

    def ended(self, attempts: Collection[tuple[ClaimedJob, Transition]]) -> None:
        """What became of these attempts has committed."""
        ...

    def committed(self, what: str, size: int, took: Micros) -> None: ...

    def late(self, count: int) -> None: ...

    def rescued(self, workers: int, jobs: int) -> None: ...

    def accepted(self, what: str, verdict: str) -> None: ...

    def abandoned(self, count: int) -> None:
        """So many threads of functions that ignored their end are left behind now."""
        ...

    def broker(self, up: bool) -> None:
        """The broker can be reached now, or can't."""
        ...

    def window(self, offers: int) -> None:
        """So many offers may be out now, over all queues that a worker names and those that it doesn't."""
        ...

    def offered(self, what: str, offers: int) -> None:
        """What became of offers: ``made`` by a relay, ``taken`` or ``refused`` by a claim, ``taken_over`` from a worker
        that read them and never settled them."""
        ...


class Exposition(Protocol):
    """What a scraper is given."""

    async def render(self, store: JobStore, now: Instant) -> bytes:
        """The metrics as Prometheus text. Raises ``Unavailable``."""
        ...


class MailServers(Protocol):
    """Mail servers that tenants have connections to."""

    def transport(self, tenant: str, fields: JSONObject) -> "MailTransport":
        """Sends over the server that the fields of an ``smtp`` connection name. Its ``send`` raises ``PermissionError``
        besides, when no address of the server is open to the tenant, and ``Unavailable``."""
        ...


class MailTransport(Protocol):
    """Sends a mail, or keeps it in the dev mailbox."""

    async def send(self, mail: Mail, cc: Sequence[str], bcc: Sequence[str], attachments: Sequence[JSON]) -> str:
        """The message id. Raises ``ConnectionError`` for what may succeed later, ``ValueError`` for what never will."""
        ...
