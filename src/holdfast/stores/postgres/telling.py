"""Appending events that aren't a job's or a run's own: what somebody posts, and what a handler makes known.

They may have a subject, and carry no job's id: a job's own events are its transition records.
"""

from collections.abc import Sequence
from typing import Final

from holdfast.model.event import NewEvent
from holdfast.stores.event_data import encode_data
from holdfast.stores.postgres.connection import Connection
from holdfast.stores.postgres.part import columns
from holdfast.stores.settling import SubjectRow

SUBJECT_COLUMNS: Final = 8

# Answers the cursors, in the order of the rows.
TELL: Final = """
INSERT INTO events (tenant_id, type, at, run_id, node_id, job_id, data, subject)
SELECT tenant_id, type, at, run_id, node_id, job_id, data::json, subject
FROM (
    SELECT unnest($1::text[]) AS tenant_id, unnest($2::text[]) AS type, unnest($3::bigint[]) AS at,
           unnest($4::uuid[]) AS run_id, unnest($5::text[]) AS node_id, unnest($6::uuid[]) AS job_id,
           unnest($7::text[]) AS data, unnest($8::text[]) AS subject
) AS g
RETURNING xid::text || '-' || seq AS cursor
"""


async def tell(connection: Connection, rows: Sequence[SubjectRow]) -> list[str]:
    """Appends them in this order; their cursors."""
    told = await connection.fetch(TELL, *columns(rows, SUBJECT_COLUMNS)) if rows else ()
    return [row["cursor"] for row in told]


def subject_row(event: NewEvent) -> SubjectRow:
    data = encode_data(event.data, event.attributes)
    return (event.tenant, event.type, event.at, event.run_id, event.node_id, event.job_id, data, event.subject)
