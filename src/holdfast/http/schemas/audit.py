"""Whose audit log is meant, and which of its entries."""

from typing import Literal

from pydantic import Field, field_validator

from holdfast.http.query import ListParameters, Parameters
from holdfast.model.instant import Instant, parse_instant
from holdfast.ports.access import AuditFilter

_LONGEST = 200


class AuditOf(Parameters):
    """Whose log: another tenant's, or the instance's (empty), for the instance's admins only."""

    tenant: str | None = Field(
        None, max_length=100, description="The caller's own when left out; empty: the instance's."
    )


class AuditWanted(AuditOf):
    """Which entries."""

    actor: str | None = Field(None, max_length=_LONGEST, description="The id or the name of who did it.")
    action: str | None = Field(None, max_length=_LONGEST, description="`jobs.insert_job`; `jobs.*` for all of an area.")
    target: str | None = Field(None, max_length=_LONGEST, description="What it was done to, as entries have it.")
    outcome: Literal["done", "denied", "refused", "failed"] | None = None
    since: str | None = Field(None, max_length=50, description="Not before this time (RFC 3339).")
    before: str | None = Field(None, max_length=50, description="Before this time (RFC 3339).")

    @field_validator("since", "before")
    @classmethod
    def _time(cls, value: str | None) -> str | None:
        if value is not None:
            parse_instant(value)
        return value

    def wanted(self) -> AuditFilter:
        return AuditFilter(
            actor=self.actor,
            action=self.action,
            target=self.target,
            outcome=self.outcome,
            since=_moment(self.since),
            before=_moment(self.before),
        )


class AuditQuery(AuditWanted, ListParameters):
    """Which entries a list shows."""


def _moment(text: str | None) -> Instant | None:
    return None if text is None else parse_instant(text)
