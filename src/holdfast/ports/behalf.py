"""For which tenant this task reads: a second net under the conditions of every statement.

Whoever knows the caller says it once (``read_for``); a store whose database can keep tenants apart by itself then gives
this task's reads nothing of another tenant, whatever the statement forgot. None, as in everything that the engine does
by itself: the statements alone decide. Tasks that serve several callers are begun in a context of their own.
"""

from contextvars import ContextVar
from typing import Final

_tenant: Final[ContextVar[str | None]] = ContextVar("holdfast_reads_for", default=None)


def read_for(tenant: str | None) -> None:
    """From now on this task, and those that it begins, read for this tenant."""
    _tenant.set(tenant)


def reads_for() -> str | None:
    return _tenant.get()
