"""Statements about children, inboxes and waits."""

from typing import Final

# primary keys
SAVE_FAMILIES: Final = """
UPDATE run_nodes SET family = v.column3 FROM ({rows}) AS v
WHERE run_nodes.run_id = v.column1 AND run_nodes.node_id = v.column2"""
SAVE_SPAWNED: Final = "UPDATE run_nodes SET family = ?3, closure = ?4 WHERE run_id = ?1 AND node_id = ?2"
EARLIER: Final = "SELECT CASE WHEN keep_items THEN rerun_of END FROM runs WHERE id = ?"

ADD_CHILDREN: Final = """
INSERT INTO run_children (run_id, node_id, idx, item, child_id, state, output, error) {rows}"""

# primary keys; equal items of the run that is repeated have their results already
KEEP_ITEMS: Final = """
UPDATE run_children SET child_id = old.child_id, state = old.state, output = old.output
FROM run_children old
WHERE run_children.run_id = ?1 AND run_children.node_id = ?2 AND old.run_id = ?3 AND old.node_id = ?2
  AND old.idx = run_children.idx AND old.state = 'SUCCEEDED' AND old.item IS run_children.item"""

# run_children_new
NEXT_NEW: Final = """
SELECT idx, item FROM run_children INDEXED BY run_children_new
WHERE run_id = ? AND node_id = ? AND state = 'NEW' ORDER BY idx LIMIT ?"""
SKIP_NEW: Final = """
UPDATE run_children SET state = 'SKIPPED' WHERE (run_id, node_id, idx) IN (
  SELECT run_id, node_id, idx FROM run_children INDEXED BY run_children_new
  WHERE run_id = ? AND node_id = ? AND state = 'NEW')"""

# primary key
BEGIN: Final = """
UPDATE run_children SET child_id = v.column4, state = 'LIVE' FROM ({rows}) AS v
WHERE run_children.run_id = v.column1 AND run_children.node_id = v.column2 AND run_children.idx = v.column3"""
END: Final = """
UPDATE run_children SET state = v.column4, output = v.column5, error = v.column6 FROM ({rows}) AS v
WHERE run_children.run_id = v.column1 AND run_children.node_id = v.column2 AND run_children.idx = v.column3"""
CHILD_ID: Final = "SELECT child_id FROM run_children WHERE run_id = ? AND node_id = ? AND idx = ?"

# primary key
LAST_OUTPUT: Final = "SELECT output FROM run_children WHERE run_id = ? AND node_id = ? ORDER BY idx DESC LIMIT 1"
# primary keys
KNOWN_NODE: Final = """
SELECT 1 FROM run_nodes n CROSS JOIN runs r ON r.id = n.run_id
WHERE n.run_id = ? AND n.node_id = ? AND r.tenant_id = ?"""

# primary key
OUTPUT_SIZE: Final = "SELECT coalesce(sum(length(output)), 0) FROM run_children WHERE run_id = ? AND node_id = ?"
# primary key: all outputs in index order as one JSON text
OUTPUTS: Final = """
SELECT json_group_array(json(coalesce(output, 'null'))) FROM (
  SELECT output FROM run_children WHERE run_id = ? AND node_id = ? ORDER BY idx)"""

# primary key: mail to every child that goes on
TELL_LIVE: Final = """
INSERT INTO inbox (run_id, kind) SELECT child_id, ?3 FROM run_children
WHERE run_id = ?1 AND node_id = ?2 AND state = 'LIVE' AND child_id IS NOT NULL"""

# primary key
LIST: Final = """
SELECT idx, state, child_id, item, output, error FROM run_children
WHERE run_id = :run AND node_id = :node AND idx > :after {more} ORDER BY idx LIMIT :limit"""

SEND: Final = "INSERT INTO inbox (run_id, kind, node_id, idx, state, output, error) {rows}"

# primary key in its order, runs' primary key: the runs that may read their mail, the longest waiting first
_READABLE: Final = """
  FROM inbox i LEFT JOIN runs r ON r.id = i.run_id
  WHERE r.state IS NOT 'PAUSED' OR i.kind IN ('cancel', 'pause', 'resume')"""
ADDRESSEES: Final = f"""
SELECT run_id FROM (SELECT i.run_id, i.seq {_READABLE} ORDER BY i.seq LIMIT 5000)
GROUP BY run_id ORDER BY min(seq) LIMIT ?"""
# inbox_run, runs' primary key. What a paused run may not read doesn't count, or it would keep back the order to go on.
MAIL: Final = """
SELECT i.seq, i.run_id, i.kind, i.node_id, i.idx, i.state, i.output, i.error
FROM json_each(?) v CROSS JOIN inbox i INDEXED BY inbox_run ON i.run_id = v.value LEFT JOIN runs r ON r.id = i.run_id
WHERE r.state IS NOT 'PAUSED' OR i.kind IN ('cancel', 'pause', 'resume')
ORDER BY i.seq LIMIT ?"""
HAS_MAIL: Final = "SELECT EXISTS (SELECT 1 FROM inbox INDEXED BY inbox_run WHERE run_id = ?)"
# primary key
THROW_AWAY: Final = "DELETE FROM inbox WHERE seq IN (SELECT value FROM json_each(?))"

# primary keys
ADD_WAITS: Final = """
INSERT OR REPLACE INTO waits (job_id, tenant_id, run_id, node_id, kind, name, wait) {rows}"""
DROP_WAITS: Final = "DELETE FROM waits WHERE job_id IN (SELECT value FROM json_each(?))"

_WAITS: Final = """
SELECT w.job_id, w.tenant_id, w.run_id, w.node_id, w.wait, l.due_at FROM waits w"""
# waits_events, live's primary key
EVENT_WAITS: Final = f"""{_WAITS} INDEXED BY waits_events
  CROSS JOIN live l ON l.job_id = w.job_id WHERE w.kind = 'event' ORDER BY w.job_id"""
# waits_run, live's primary key
RUN_WAITS: Final = f"""{_WAITS} INDEXED BY waits_run
  CROSS JOIN live l ON l.job_id = w.job_id WHERE w.run_id = ? ORDER BY w.job_id"""

# waits_run
WAITING_FOR: Final = """
SELECT job_id FROM waits INDEXED BY waits_run
WHERE run_id = :run AND name = :name AND (:job IS NULL OR job_id = :job) ORDER BY job_id LIMIT 1"""
# signals_job: one for a certain job is kept once
KEEP_SIGNAL: Final = """
INSERT OR IGNORE INTO signals (run_id, job_id, name, port, output, by, at) VALUES (?, ?, ?, ?, ?, ?, ?)"""
# signals_run
COUNT_KEPT: Final = (
    "SELECT count(*) FROM signals INDEXED BY signals_run WHERE run_id = ? AND name = ? AND job_id IS NULL"
)
# signals_run
KEPT_SIGNALS: Final = """
SELECT s.seq, s.name, s.port, s.output, s.by, w.job_id
FROM json_each(?) v CROSS JOIN waits w ON w.job_id = v.value
  CROSS JOIN signals s INDEXED BY signals_run ON s.run_id = w.run_id AND s.name = w.name
WHERE s.job_id IS NULL OR s.job_id = w.job_id ORDER BY s.seq"""
DROP_SIGNALS: Final = "DELETE FROM signals WHERE seq IN (SELECT value FROM json_each(?))"
WAITS_OF: Final = "SELECT job_id FROM waits INDEXED BY waits_run WHERE run_id = ? ORDER BY job_id"
