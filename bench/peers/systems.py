"""The systems that are compared: what each runs on, how it is set, and what it keeps of a finished job."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

HERE: Final = Path(__file__).parent
POSTGRES: Final = "postgres"
REDIS: Final = "redis"
SQLITE: Final = "sqlite"


@dataclass(frozen=True, slots=True)
class System:
    """``folder`` (dotted) holds its runner; ``jobs`` are timed ones, enough for some seconds. ``python``: the least
    version."""

    name: str
    title: str
    folder: str
    language: Literal["python", "node", "ours"]
    store: str
    jobs: int
    settings: str
    keeps: str
    python: tuple[int, int] = (3, 11)

    @property
    def path(self) -> Path:
        return HERE.joinpath(*self.folder.split("."))


_ALL_HISTORY: Final = "job, attempts, transitions"
_DEFAULTS: Final = "shipped defaults"

OURS: Final = (
    System("holdfast-postgres", "Holdfast", "holdfast", "ours", POSTGRES, 60_000, _DEFAULTS, _ALL_HISTORY),
    System("holdfast-sqlite", "Holdfast", "holdfast", "ours", SQLITE, 60_000, _DEFAULTS, _ALL_HISTORY),
)
PEERS: Final = (
    System(
        "pg-boss", "pg-boss", "pg_boss", "node", POSTGRES, 60_000,
        "batches of 500 with one outcome, bursts", "job row",
    ),
    System(
        "graphile-worker", "graphile-worker", "graphile_worker", "node", POSTGRES, 60_000,
        "24 at once, local queue of 500, batched completions", "nothing",
    ),
    System(
        "pgqueuer", "PgQueuer", "pgqueuer", "python", POSTGRES, 40_000,
        "batches of 500, asyncpg pool, uvloop", "a log row for each state",
    ),
    System("bullmq", "BullMQ", "bullmq", "node", REDIS, 40_000, "200 at once", "job"),
    System("oban", "Oban (Python)", "oban", "python", POSTGRES, 20_000, "limit 500, uvloop", "job row", (3, 12)),
    System("dramatiq", "dramatiq", "dramatiq", "python", REDIS, 30_000, "32 threads", "nothing"),
    System("taskiq", "taskiq", "taskiq", "python", REDIS, 12_000, "100 at once, Redis stream, uvloop", "stream entry"),
    System("celery", "Celery", "celery", "python", REDIS, 8_000, "8 threads, prefetch 64, no results", "nothing"),
)  # fmt: skip
SYSTEMS: Final = (*OURS, *PEERS)
# Those that run workflows, beside ours: see bench.peers.flows.
FLOWS: Final = (
    System("holdfast-postgres", "Holdfast", "flows.holdfast", "ours", POSTGRES, 0, _DEFAULTS, _ALL_HISTORY),
    System("holdfast-sqlite", "Holdfast", "flows.holdfast", "ours", SQLITE, 0, _DEFAULTS, _ALL_HISTORY),
    System("dbos", "DBOS", "flows.dbos", "python", POSTGRES, 0, "async workflows, gathered steps", "step results"),
    System("prefect", "Prefect", "flows.prefect", "python", SQLITE, 0, "its own server, async tasks", "states"),
)
