"""Statements about leads, and about the counter of what events may start. leads: primary key."""

from typing import Final

# Nothing is answered while another holds it. What reaches beyond twice the time that is asked for was taken before the
# clock was set back.
HOLD: Final = """
INSERT INTO leads AS l (name, holder, held_until) VALUES ($1, $2, $4::bigint)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until
WHERE l.holder IS NULL OR l.holder = excluded.holder OR l.held_until <= $3::bigint
   OR l.held_until > $4::bigint + ($4::bigint - $3::bigint)
RETURNING l.text
"""
WRITE: Final = "UPDATE leads SET text = $3 WHERE name = $1 AND holder = $2 RETURNING name"
LET_GO: Final = "UPDATE leads SET holder = NULL, held_until = NULL WHERE name = $1 AND holder = $2"

RAISE: Final = """
INSERT INTO leads AS l (name, text) VALUES ('listeners', '1')
ON CONFLICT (name) DO UPDATE SET text = (l.text::bigint + 1)::text
"""
VERSION: Final = "SELECT l.text::bigint FROM leads l WHERE l.name = 'listeners'"
