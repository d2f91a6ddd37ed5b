"""SQLite behind the ``Store`` port: one file (or ``memory:``), one writer thread, group commit."""

from holdfast.stores.sqlite.store import SQLiteStore

__all__ = ["SQLiteStore"]
