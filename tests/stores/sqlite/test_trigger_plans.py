"""What the loops of triggers ask of SQLite again and again: every statement is served by the index that it names."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from holdfast.model.instant import DAY, SECOND
from holdfast.model.trigger import FiringFilter, Owner
from holdfast.stores.sqlite import backfills, feed, trigger_pruning
from holdfast.stores.sqlite.events import first_since
from holdfast.stores.sqlite.firings import selection
from holdfast.stores.sqlite.sql import firings, gathering, rules, subscriptions, triggers
from tests.conformance.scene import START, open_store

Values = tuple[object, ...] | dict[str, object]


def chosen(wanted: FiringFilter) -> tuple[str, Values]:
    source, more, values = selection(wanted)
    page: dict[str, object] = {"tenant": "t", "at": 1, "id": "i", "limit": 1}
    return firings.LIST.replace("{source}", source).replace("{more}", more), page | values


def rows(statement: str, width: int) -> str:
    return statement.replace("{rows}", f"SELECT * FROM (VALUES ({', '.join('?' * width)})) AS v WHERE true")


HOT: dict[str, tuple[str, Values]] = {
    "hook": (triggers.BY_KEY, ("k",)),
    "trigger": (triggers.BY_ROW, ("r", "t")),
    "due": (triggers.DUE, (1, 1)),
    "next": (triggers.NEXT, ()),
    "move": (rows(triggers.MOVE, 5), (1, 2, 3, 4, 5)),
    "version": (triggers.VERSION, ()),
    "hooks": (triggers.HOOKS, ("[]",)),
    "remove": (triggers.REMOVE, ("workflow", "o", "[]")),
    "firings": chosen(FiringFilter()),
    "firings of an owner": chosen(FiringFilter(owner=Owner("workflow", "o"), trigger_id="t")),
    "rejected": chosen(FiringFilter(verdict="rejected")),
    "rejected of an owner": chosen(FiringFilter(owner=Owner("rule", "o"), verdict="rejected")),
    "firings of a backfill": chosen(FiringFilter(backfill="b")),
    "firing": (firings.GET, ("f", "t")),
    "jobs of firings": (firings.JOBS_OF, ("[]", 1)),
    "keep newest": (firings.KEEP_NEWEST, ("rule", "o", "t", "rejected", 5)),
    "hops": (firings.HOPS, ("[]", "[]")),
    "put aside": (gathering.PUT, ("r", "e", 1, 0, "{}")),
    "close": (gathering.CLOSE, ("b", "r", 1)),
    "due gatherings": (gathering.DUE, (1, 1)),
    "next gathering": (gathering.NEXT_DUE, ()),
    "closed": (gathering.CLOSED, (1,)),
    "events of a handful": (gathering.EVENTS, ("b",)),
    "drop": (gathering.DROP, ("[]",)),
    "forget": (gathering.FORGET, (1, 1)),
    "stale": (gathering.STALE, (1, 1)),
    "stale handfuls": (gathering.STALE_CLOSED, (1, 1)),
    "open backfills": (backfills.OPEN, ("", 1)),
    "memories": (rules.MEMORIES, ("r", "[]")),
    "deliveries": (subscriptions.LIST_DELIVERIES, ("s", "j", 1)),
    "reach": (feed.REACH, (1, 1)),
    "look": (feed.LOOK.replace("{of_types}", ""), {"seq": 1, "reach": 2, "tenants": "[]"}),
    "old firings": (trigger_pruning.OLD_FIRINGS, (1, 1)),
}


@pytest.fixture
async def database(tmp_path: Path) -> sqlite3.Connection:
    store = await open_store(f"sqlite:///{tmp_path / 'a.db'}")
    await store.migrate()
    await store.close()
    database = sqlite3.connect(tmp_path / "a.db")
    database.row_factory = sqlite3.Row
    return database


@pytest.mark.parametrize("name", HOT)
async def test_no_statement_reads_a_table_from_end_to_end(database: sqlite3.Connection, name: str) -> None:
    plan = [row["detail"] for row in database.execute(f"EXPLAIN QUERY PLAN {HOT[name][0]}", HOT[name][1])]
    # In the order of an index that only holds what is wanted, up to the limit.
    ordered = ("INDEX triggers_due", "INDEX gatherings_due", "INDEX gathered_closed", "INDEX backfills_open")
    scans = [step for step in plan if step.startswith("SCAN") and not any(index in step for index in ordered)]
    own = ("VIRTUAL TABLE", "CONSTANT ROW", "SCAN v", "SCAN up", "SUBQUERY", "(subquery", "-ROW VALUES")
    assert plan
    assert [scan for scan in scans if not any(word in scan for word in own)] == []
    database.close()


_EVENTS = """
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
INSERT INTO events (tenant_id, type, at, data) SELECT ?, ?, ?, '{}' FROM n"""


def steps_of(database: sqlite3.Connection, work: Callable[[], object]) -> int:
    """How many steps (of 100 instructions) it takes."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    database.set_progress_handler(count, 100)
    work()
    database.set_progress_handler(None, 0)
    return steps


async def test_a_look_at_the_log_is_bounded_and_goes_on_where_it_ended(database: sqlite3.Connection) -> None:
    database.execute(_EVENTS, (3 * feed.LOOKED_AT, "t", "noise", START))
    database.execute(_EVENTS, (3, "t", "wanted", START + SECOND))
    place, rounds, found = (0, None), 0, 0
    most = 0

    def look() -> None:
        nonlocal place, rounds, found
        seen = feed.look(database, ["t"], feed.Wanted(["wanted"]), place, None, 500)
        place, rounds, found = (int(seen.cursor), None), rounds + 1, found + len(seen.events)
        assert seen.more is (rounds <= 3)

    for _ in range(4):
        most = max(most, steps_of(database, look))
    assert (rounds, found, place[0]) == (4, 3, 3 * feed.LOOKED_AT + 3)
    assert most * 100 < 40 * feed.LOOKED_AT
    assert steps_of(database, look) < 50
    database.close()


async def test_where_to_begin_is_found_without_reading_the_log(database: sqlite3.Connection) -> None:
    for day in range(10):
        database.execute(_EVENTS, (5_000, "t", "noise", START + day * DAY))
    assert steps_of(database, lambda: first_since(database, START + 5 * DAY)) < 50
    assert first_since(database, START + 5 * DAY) == 25_000
    database.close()
