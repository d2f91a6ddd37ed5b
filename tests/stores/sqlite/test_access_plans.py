"""What is asked of SQLite about keys, sessions, people and the audit log: each statement is served by an index."""

import sqlite3
from pathlib import Path

import pytest

from holdfast.model.audit import ORIGIN
from holdfast.ports import AuditFilter
from holdfast.stores.audit_rows import wanted_rows
from holdfast.stores.sqlite import audit, invites, keys, sessions, throttles
from holdfast.stores.sqlite.sql import access_pruning, people
from tests.conformance.scene import open_store

HOT: dict[str, tuple[str, tuple[object, ...]]] = {
    "key": (keys._FIND, (b"k",)),
    "keys": (keys._LIST, ("t",)),
    "account": (keys._ACCOUNT, ("t", "u")),
    "use of a key": (keys._NOTE_USE, (1, "a", "k")),
    "session": (sessions._FIND, (b"s", 1)),
    "touch": (sessions._TOUCH, ("s", 1, 1)),
    "move": (sessions._MOVE, ("s", "t")),
    "sessions": (sessions._LIST, ("u", 1)),
    "end sessions": (sessions._END_ALL, ("u", None)),
    "person": (people.HAS_PERSON, ()),
    "proof": (people.PROOF, ("e",)),
    "taken": (people.TAKEN, ("e", "u")),
    "admins": (people.ADMINS, ()),
    "people": (people.LIST, ("", 1)),
    "member": (people.MEMBER, ("t", "u")),
    "members": (people.MEMBERS, ("t", "", 1)),
    "memberships": (people.MEMBERSHIPS, ("u",)),
    "another owner": (people.OTHER_OWNER, ("t", "u")),
    "revoke keys": (people.REVOKE_KEYS, (1, "t", "u")),
    "invite": (invites._FIND, (b"i", 1)),
    "invites": (invites._LIST, ("t", 1)),
    "throttled": (throttles._FIND, ("[]", 1)),
    "head": (audit._HEAD, ("t",)),
    "audit": (audit._LIST, ("t", *wanted_rows(AuditFilter(), None), 1)),
    "chain": (audit._READ, ("t", 1, 1)),
    "oldest": (audit._OLDEST, ("t", 1, 1)),
    "next chains": (audit._NEXT_CHAINS, ("", 1, 1)),
    "end of a chain": (audit._MOVE, ("t", 1, b"", ORIGIN)),
    "sessions that are over": (access_pruning.SESSIONS, (1, 1)),
    "invites that are over": (access_pruning.INVITES, (1, 1)),
    "throttles that are over": (access_pruning.THROTTLES, (1, 1)),
}


@pytest.fixture
async def database(tmp_path: Path) -> sqlite3.Connection:
    store = await open_store(f"sqlite:///{tmp_path / 'a.db'}")
    await store.migrate()
    await store.close()
    return sqlite3.connect(tmp_path / "a.db")


@pytest.mark.parametrize("name", HOT)
async def test_no_statement_reads_a_table_from_end_to_end(database: sqlite3.Connection, name: str) -> None:
    plan = [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {HOT[name][0]}", HOT[name][1])]
    # Of an index that holds people or admins alone: the first of those, or all of these.
    whole = ("INDEX users_by_email", "INDEX users_admins", "VIRTUAL TABLE", "SCAN h", "CONSTANT ROW")
    assert [step for step in plan if step.startswith("SCAN") and not any(word in step for word in whole)] == []
    # What few rows are put in order with: a person's tenants, a portion of the chains.
    sorted_apart = name in ("memberships", "next chains")
    assert [step for step in plan if "TEMP B-TREE" in step and not sorted_apart] == []
    database.close()
