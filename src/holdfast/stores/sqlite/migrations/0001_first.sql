-- The first schema. There is no previous version.
-- Times are microseconds since the epoch (UTC); ids are canonical UUID text; JSON is text.

CREATE TABLE tenants (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  weight REAL NOT NULL DEFAULT 1 CHECK (weight > 0),
  max_running INTEGER CHECK (max_running >= 0),
  attributes TEXT NOT NULL DEFAULT '{}',
  retention TEXT NOT NULL DEFAULT '{}',
  egress TEXT NOT NULL DEFAULT '{}',
  suspended_at INTEGER,
  delete_at INTEGER,
  -- What a claim goes by: nothing of a suspended tenant is claimed.
  running_limit INTEGER GENERATED ALWAYS AS (CASE WHEN suspended_at IS NULL THEN max_running ELSE 0 END) STORED,
  created_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX tenants_by_name ON tenants (name);
INSERT INTO tenants (id, name, created_at)
VALUES ('default', 'default', CAST(strftime('%s', 'now') AS INTEGER) * 1000000);

CREATE TABLE queues (
  name TEXT NOT NULL PRIMARY KEY,
  paused INTEGER NOT NULL DEFAULT 0,
  concurrency INTEGER CHECK (concurrency >= 0),
  priority INTEGER NOT NULL DEFAULT 0,
  rate_count INTEGER,
  rate_per INTEGER,
  credit INTEGER NOT NULL DEFAULT 0,
  credited_at INTEGER NOT NULL DEFAULT 0,
  retention TEXT NOT NULL DEFAULT '{}',
  created_at INTEGER NOT NULL
) WITHOUT ROWID;

-- What holds jobs of one concurrency key back: a limit on how many go at once (null: none) and a rate (see
-- model.limits; null: none). wake_at: when the next token comes for work that waits for one.
CREATE TABLE gates (
  tenant_id TEXT NOT NULL,
  key TEXT NOT NULL,
  concurrency INTEGER CHECK (concurrency > 0),
  rate_count INTEGER,
  rate_per INTEGER,
  credit INTEGER NOT NULL DEFAULT 0,
  credited_at INTEGER NOT NULL DEFAULT 0,
  wake_at INTEGER,
  PRIMARY KEY (tenant_id, key)
) WITHOUT ROWID;
CREATE INDEX gates_waking ON gates (wake_at) WHERE wake_at IS NOT NULL;

-- A tenant's standing in a queue while it waits beside others: started jobs by weight.
CREATE TABLE lanes (
  queue TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  passed REAL NOT NULL,
  PRIMARY KEY (queue, tenant_id)
) WITHOUT ROWID;

-- The fat row: what a job was given, and how it ended (state is null while it has a row in live).
CREATE TABLE jobs (
  id TEXT NOT NULL PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  queue TEXT NOT NULL,
  priority INTEGER NOT NULL,
  payload TEXT,
  retry TEXT NOT NULL,
  timeout INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  deadline_at INTEGER,
  unique_key TEXT,
  unique_until INTEGER,
  concurrency_key TEXT,
  tag TEXT,
  correlation_id TEXT NOT NULL,
  run_id TEXT,
  node_id TEXT,
  created_at INTEGER NOT NULL,
  state TEXT,
  result TEXT,
  error TEXT,
  attempt INTEGER NOT NULL DEFAULT 0,
  base_attempt INTEGER NOT NULL DEFAULT 0,
  lease INTEGER NOT NULL DEFAULT 0,
  started_at INTEGER,
  finished_at INTEGER,
  worker_id TEXT
) WITHOUT ROWID;
CREATE INDEX jobs_tenant ON jobs (tenant_id, id);
CREATE UNIQUE INDEX jobs_run_node ON jobs (run_id, node_id) WHERE run_id IS NOT NULL;

-- The narrow row of a job that hasn't ended. HELD: due or scheduled, but its run is paused. gated: its concurrency key
-- has no place for it yet, so it is in no index that a claim looks into; otherwise a job with a key holds one of the
-- key's places. metered: its start takes a token of its key's rate; a gated job that is metered keeps its place (its
-- key's only one) and waits for a token to start again. beat_at: the last sign of life of its attempt.
CREATE TABLE live (
  job_id TEXT NOT NULL PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  queue TEXT NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('PENDING', 'SCHEDULED', 'RUNNING', 'WAITING', 'HELD')),
  due_at INTEGER NOT NULL,
  rank INTEGER NOT NULL,
  priority INTEGER NOT NULL,
  timeout INTEGER NOT NULL,
  deadline_at INTEGER,
  unique_key TEXT,
  concurrency_key TEXT,
  gated INTEGER NOT NULL DEFAULT 0,
  metered INTEGER NOT NULL DEFAULT 0,
  tag TEXT,
  run_id TEXT,
  node_id TEXT,
  attempt INTEGER NOT NULL DEFAULT 0,
  base_attempt INTEGER NOT NULL DEFAULT 0,
  lost INTEGER NOT NULL DEFAULT 0,
  lease INTEGER NOT NULL DEFAULT 0,
  worker_id TEXT,
  started_at INTEGER,
  beat_at INTEGER,
  progress TEXT,
  cancel_requested INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX live_ready ON live (queue, tenant_id, rank, job_id, kind, deadline_at, tag)
  WHERE state = 'PENDING' AND gated = 0;
CREATE INDEX live_scheduled ON live (queue, due_at) WHERE state = 'SCHEDULED' AND gated = 0;
CREATE INDEX live_gated ON live (tenant_id, concurrency_key, state, due_at, job_id) WHERE gated = 1;
CREATE INDEX live_gated_by_rank ON live (tenant_id, concurrency_key, rank, job_id)
  WHERE gated = 1 AND state = 'PENDING';
CREATE INDEX live_gated_scheduled ON live (queue, due_at) WHERE gated = 1 AND state = 'SCHEDULED';
CREATE INDEX live_holding ON live (tenant_id, concurrency_key) WHERE concurrency_key IS NOT NULL AND gated = 0;
CREATE INDEX live_returning ON live (tenant_id, concurrency_key) WHERE gated = 1 AND metered = 1;
CREATE INDEX live_running ON live (worker_id, queue, tenant_id) WHERE state = 'RUNNING';
CREATE INDEX live_parked ON live (due_at) WHERE state = 'WAITING';
CREATE INDEX live_deadline ON live (deadline_at) WHERE deadline_at IS NOT NULL;

-- Jobs that ended other than well: they are listed often and are few, so jobs.state needs no index.
CREATE TABLE unhappy (
  tenant_id TEXT NOT NULL,
  state TEXT NOT NULL,
  job_id TEXT NOT NULL,
  PRIMARY KEY (tenant_id, state, job_id)
) WITHOUT ROWID;

CREATE TABLE unique_keys (
  tenant_id TEXT NOT NULL,
  key TEXT NOT NULL,
  job_id TEXT NOT NULL,
  until INTEGER,
  PRIMARY KEY (tenant_id, key)
) WITHOUT ROWID;
CREATE INDEX unique_keys_until ON unique_keys (until) WHERE until IS NOT NULL;

-- Appended facts. seq is commit order, because there is one write transaction at a time.
CREATE TABLE events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id TEXT NOT NULL,
  type TEXT NOT NULL,
  at INTEGER NOT NULL,
  run_id TEXT,
  node_id TEXT,
  job_id TEXT,
  data TEXT NOT NULL,
  subject TEXT
);
CREATE INDEX events_tenant ON events (tenant_id, seq);
CREATE INDEX events_run ON events (run_id, seq) WHERE run_id IS NOT NULL;
CREATE INDEX events_job ON events (job_id, seq) WHERE job_id IS NOT NULL;
CREATE INDEX events_of_nothing ON events (at) WHERE job_id IS NULL AND run_id IS NULL;

-- The last of a tenant's events that were pruned: who has read less than up to there may have missed some.
CREATE TABLE events_pruned (tenant_id TEXT NOT NULL PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TRIGGER events_prune AFTER DELETE ON events BEGIN
  INSERT INTO events_pruned (tenant_id, seq) VALUES (OLD.tenant_id, OLD.seq)
  ON CONFLICT (tenant_id) DO UPDATE SET seq = max(seq, excluded.seq);
END;

CREATE TABLE workflows (
  id TEXT NOT NULL PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  name TEXT NOT NULL,
  enabled INTEGER NOT NULL DEFAULT 1,
  version INTEGER NOT NULL,
  version_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted_at INTEGER
) WITHOUT ROWID;
CREATE UNIQUE INDEX workflows_name ON workflows (tenant_id, name) WHERE deleted_at IS NULL;

CREATE TABLE workflow_versions (
  id TEXT NOT NULL PRIMARY KEY,
  workflow_id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  definition TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  author TEXT,
  message TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE UNIQUE INDEX workflow_versions_number ON workflow_versions (workflow_id, version);

-- The definitions of tests: no versions, but known by an id as these are. One goes when no run has it any more.
CREATE TABLE drafts (
  id TEXT NOT NULL PRIMARY KEY,
  workflow_id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  definition TEXT NOT NULL,
  created_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX drafts_time ON drafts (created_at);

-- What starts work by itself, of workflows and rules (model.trigger). A row stays when its owner is saved without it or
-- deleted (present: 0). enabled: its owner's. acting: present, enabled and not paused. due_at: when a clock must be
-- looked at next; only of acting clocks.
CREATE TABLE triggers (
  row TEXT NOT NULL PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  owner_kind TEXT NOT NULL CHECK (owner_kind IN ('workflow', 'rule')),
  owner_id TEXT NOT NULL,
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  document TEXT NOT NULL,
  timing TEXT,
  key TEXT,
  present INTEGER NOT NULL DEFAULT 1,
  enabled INTEGER NOT NULL DEFAULT 1,
  paused INTEGER NOT NULL DEFAULT 0,
  suspended INTEGER NOT NULL DEFAULT 0,
  acting INTEGER NOT NULL GENERATED ALWAYS AS (present AND enabled AND NOT paused AND NOT suspended) VIRTUAL,
  created_at INTEGER NOT NULL,
  since INTEGER NOT NULL,
  next_at INTEGER,
  due_at INTEGER
) WITHOUT ROWID;
CREATE UNIQUE INDEX triggers_of_owner ON triggers (owner_kind, owner_id, id);
CREATE UNIQUE INDEX triggers_by_key ON triggers (key) WHERE key IS NOT NULL;
CREATE INDEX triggers_by_tenant ON triggers (tenant_id, row);
CREATE INDEX triggers_due ON triggers (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX triggers_listening ON triggers (row) WHERE type = 'event';

-- Leads that one process at a time has, each with a text (how far it is). The row 'listeners' is never held: its text
-- counts the changes of triggers and subscriptions.
CREATE TABLE leads (
  name TEXT NOT NULL PRIMARY KEY,
  text TEXT NOT NULL DEFAULT '',
  holder TEXT,
  held_until INTEGER
) WITHOUT ROWID;

-- What became of times, events and deliveries. trigger: what expressions saw, where no run keeps it. hops: how many
-- starts led to this one.
CREATE TABLE firings (
  id TEXT NOT NULL PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  owner_kind TEXT NOT NULL,
  owner_id TEXT NOT NULL,
  trigger_id TEXT NOT NULL,
  type TEXT NOT NULL,
  at INTEGER NOT NULL,
  verdict TEXT NOT NULL,
  reason TEXT NOT NULL DEFAULT '',
  fire_at INTEGER,
  event_id TEXT,
  delivery_id TEXT,
  backfill TEXT,
  hops INTEGER NOT NULL DEFAULT 0,
  trigger TEXT,
  detail TEXT,
  run_id TEXT
) WITHOUT ROWID;
CREATE INDEX firings_by_tenant ON firings (tenant_id, at, id);
CREATE INDEX firings_by_owner ON firings (owner_kind, owner_id, at, id);
CREATE INDEX firings_apart ON firings (tenant_id, verdict, at, id) WHERE verdict <> 'started';
CREATE INDEX firings_apart_by_owner ON firings (owner_kind, owner_id, verdict, at, id) WHERE verdict <> 'started';
-- What strangers sent: only the newest of these are kept.
CREATE INDEX firings_of_strangers ON firings (owner_kind, owner_id, trigger_id, verdict, at, id)
  WHERE verdict <> 'started' AND event_id IS NULL AND fire_at IS NULL;
-- Those of runs go with their runs.
CREATE INDEX firings_by_time ON firings (at) WHERE run_id IS NULL;
CREATE UNIQUE INDEX firings_by_run ON firings (run_id) WHERE run_id IS NOT NULL;
CREATE INDEX firings_of_backfill ON firings (backfill, at, id) WHERE backfill IS NOT NULL;

-- The jobs that a rule's firing inserted.
CREATE TABLE firing_jobs (
  job_id TEXT NOT NULL PRIMARY KEY,
  firing_id TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX firing_jobs_by_firing ON firing_jobs (firing_id, job_id);

-- Events put aside for a trigger that starts once for many, each once; met ones stay until they are old. batch: the
-- handful that they were closed into.
CREATE TABLE gathered (
  trigger_row TEXT NOT NULL,
  event_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  hops INTEGER NOT NULL DEFAULT 0,
  event TEXT,
  batch TEXT,
  dropped INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (trigger_row, event_id)
) WITHOUT ROWID;
CREATE INDEX gathered_open ON gathered (trigger_row, seq) WHERE batch IS NULL;
CREATE INDEX gathered_closed ON gathered (batch, seq) WHERE batch IS NOT NULL AND dropped = 0;
CREATE INDEX gathered_dropped ON gathered (at) WHERE dropped = 1;

-- When a trigger that has gathered something starts.
CREATE TABLE gatherings (
  trigger_row TEXT NOT NULL PRIMARY KEY,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  count INTEGER NOT NULL,
  size INTEGER NOT NULL,
  due_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX gatherings_due ON gatherings (due_at);

CREATE TABLE backfills (
  id TEXT NOT NULL PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  trigger_row TEXT NOT NULL,
  from_at INTEGER NOT NULL,
  to_at INTEGER NOT NULL,
  concurrency INTEGER NOT NULL CHECK (concurrency > 0),
  created_at INTEGER NOT NULL,
  next_at INTEGER,
  started INTEGER NOT NULL DEFAULT 0,
  finished_at INTEGER,
  cancelled_at INTEGER
) WITHOUT ROWID;
CREATE INDEX backfills_by_trigger ON backfills (trigger_row, id);
CREATE INDEX backfills_open ON backfills (id) WHERE finished_at IS NULL;

CREATE TABLE rules (
  id TEXT NOT NULL PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  name TEXT NOT NULL,
  enabled INTEGER NOT NULL DEFAULT 1,
  priority INTEGER NOT NULL DEFAULT 0,
  document TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX rules_by_name ON rules (tenant_id, name);

-- A tenant's attributes when the rule last inserted jobs for it. count: how often they were written.
CREATE TABLE rule_memories (
  rule_id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  attributes TEXT NOT NULL,
  at INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (rule_id, tenant_id)
) WITHOUT ROWID;

CREATE TABLE subscriptions (
  id TEXT NOT NULL PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  title TEXT NOT NULL DEFAULT '',
  url TEXT NOT NULL,
  types TEXT NOT NULL,
  condition TEXT,
  enabled INTEGER NOT NULL DEFAULT 1,
  reason TEXT NOT NULL DEFAULT '',
  sealed BLOB NOT NULL,
  previous BLOB,
  previous_until INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  since INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX subscriptions_by_tenant ON subscriptions (tenant_id, id);

CREATE TABLE deliveries (
  subscription_id TEXT NOT NULL,
  job_id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  event_type TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (subscription_id, job_id)
) WITHOUT ROWID;
CREATE INDEX deliveries_by_job ON deliveries (job_id);

-- Write-only values, sealed with the instance's key for their tenant and id.
CREATE TABLE secrets (
  id TEXT NOT NULL PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  name TEXT NOT NULL,
  sealed BLOB NOT NULL,
  type TEXT NOT NULL DEFAULT 'text',
  hosts TEXT,
  kinds TEXT,
  description TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX secrets_by_name ON secrets (tenant_id, name);

-- body: the map or loop node whose body this run executes (null: a whole workflow); such runs are never listed.
-- parent_node, parent_index: which child of its parent it is. ending: the state it ends in once compensation is through.
-- A run that is PENDING with started_at null waits for a place (limit_count: how many of its workflow may go at once).
CREATE TABLE runs (
  id TEXT NOT NULL PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  workflow_id TEXT NOT NULL,
  workflow TEXT NOT NULL,
  version INTEGER NOT NULL,
  version_id TEXT NOT NULL,
  state TEXT NOT NULL,
  input TEXT,
  output TEXT,
  error TEXT,
  trigger TEXT NOT NULL,
  parent_id TEXT,
  correlation_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  finished_at INTEGER,
  deadline_at INTEGER,
  ending TEXT,
  parent_node TEXT,
  parent_index INTEGER,
  depth INTEGER NOT NULL DEFAULT 0,
  body TEXT,
  rerun_of TEXT,
  keep_items INTEGER NOT NULL DEFAULT 0,
  limit_count INTEGER
) WITHOUT ROWID;
CREATE INDEX runs_tenant ON runs (tenant_id, id) WHERE body IS NULL;
CREATE INDEX runs_workflow ON runs (workflow_id, id) WHERE body IS NULL;
CREATE INDEX runs_going ON runs (workflow_id, id)
  WHERE finished_at IS NULL AND started_at IS NOT NULL AND body IS NULL;
CREATE INDEX runs_queued ON runs (workflow_id, id) WHERE finished_at IS NULL AND started_at IS NULL;
CREATE INDEX runs_drafts ON runs (version_id) WHERE version = 0;
CREATE INDEX runs_tests ON runs (tenant_id, id) WHERE version = 0 AND body IS NULL;
CREATE INDEX runs_deadline ON runs (deadline_at) WHERE finished_at IS NULL AND deadline_at IS NOT NULL;

-- A node from the moment it is started (ACTIVE) or decided. A run's job keeps its result here only.
CREATE TABLE run_nodes (
  run_id TEXT NOT NULL,
  node_id TEXT NOT NULL,
  state TEXT NOT NULL,
  ports TEXT,
  job_id TEXT,
  attempts INTEGER NOT NULL DEFAULT 0,
  output TEXT,
  error TEXT,
  started_at INTEGER,
  finished_at INTEGER,
  family TEXT,
  closure TEXT,
  PRIMARY KEY (run_id, node_id)
) WITHOUT ROWID;

-- Children of a map, loop or call. Written only under the parent's lock; see model.spawn for the states.
CREATE TABLE run_children (
  run_id TEXT NOT NULL,
  node_id TEXT NOT NULL,
  idx INTEGER NOT NULL,
  item TEXT,
  child_id TEXT,
  state TEXT NOT NULL,
  output TEXT,
  error TEXT,
  PRIMARY KEY (run_id, node_id, idx)
) WITHOUT ROWID;
CREATE INDEX run_children_new ON run_children (run_id, node_id, idx) WHERE state = 'NEW';

-- What one run has to tell another: no transaction locks both. To a parent: 'child' (one of its children ended). To a
-- child: 'cancel', 'pause', 'resume'. To oneself: 'spawn' (begin with the children). Read and deleted under the lock of
-- the run it is addressed to.
CREATE TABLE inbox (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  node_id TEXT,
  idx INTEGER,
  state TEXT,
  output TEXT,
  error TEXT
);
CREATE INDEX inbox_run ON inbox (run_id, seq);

-- What a parked node waits for from outside. wait: model.wait.Wait as JSON.
CREATE TABLE waits (
  job_id TEXT NOT NULL PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  run_id TEXT NOT NULL,
  node_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  wait TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX waits_run ON waits (run_id, name);
CREATE INDEX waits_events ON waits (job_id) WHERE kind = 'event';

-- Signals that came before anything waited for them or while the run was paused, oldest first. job_id: the parked job
-- that it is for (null: any that waits for the name).
CREATE TABLE signals (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id TEXT NOT NULL,
  job_id TEXT,
  name TEXT NOT NULL,
  port TEXT NOT NULL,
  output TEXT,
  by TEXT,
  at INTEGER NOT NULL
);
CREATE INDEX signals_run ON signals (run_id, name, seq);
CREATE UNIQUE INDEX signals_job ON signals (job_id) WHERE job_id IS NOT NULL;

-- A key that makes a repeated request the same request, and the first answer given to it. object_ids: a JSON list of
-- what the request was answered with, in order.
CREATE TABLE dedupe (
  tenant_id TEXT NOT NULL,
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  object_ids TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  status INTEGER,
  answer TEXT,
  PRIMARY KEY (tenant_id, scope, key)
) WITHOUT ROWID;
CREATE INDEX dedupe_expires ON dedupe (expires_at);

-- Results of named steps that a job's handler has kept, so that a later attempt doesn't repeat them.
CREATE TABLE job_steps (
  job_id TEXT NOT NULL,
  name TEXT NOT NULL,
  result TEXT,
  lease INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (job_id, name)
) WITHOUT ROWID;

CREATE TABLE workers (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  host TEXT NOT NULL,
  pid INTEGER NOT NULL,
  boot TEXT NOT NULL,
  queues TEXT NOT NULL,
  tags TEXT NOT NULL DEFAULT '[]',
  concurrency INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  heartbeat_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('ALIVE', 'DEAD', 'GONE'))
) WITHOUT ROWID;
CREATE INDEX workers_alive ON workers (expires_at) WHERE state = 'ALIVE';

-- People, who sign in, and service accounts, which only have keys. password_hash: argon2id. totp: the sealed seed of
-- one-time codes; code_step: the newest step whose code was used. recovery: hashes of unused recovery codes.
CREATE TABLE users (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('person', 'service')),
  email TEXT,
  name TEXT NOT NULL,
  password_hash TEXT,
  totp BLOB,
  code_step INTEGER NOT NULL DEFAULT 0,
  recovery TEXT NOT NULL DEFAULT '[]',
  instance_admin INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  disabled_at INTEGER,
  signed_in_at INTEGER,
  CHECK ((kind = 'person') = (email IS NOT NULL))
) WITHOUT ROWID;
CREATE UNIQUE INDEX users_by_email ON users (email) WHERE email IS NOT NULL;
CREATE INDEX users_admins ON users (id) WHERE instance_admin = 1;

-- Who a subject of an OpenID provider is here.
CREATE TABLE identities (
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  user_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (issuer, subject)
) WITHOUT ROWID;
CREATE UNIQUE INDEX identities_by_user ON identities (user_id, issuer);

CREATE TABLE memberships (
  tenant_id TEXT NOT NULL REFERENCES tenants (id),
  user_id TEXT NOT NULL REFERENCES users (id),
  role TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, user_id)
) WITHOUT ROWID;
CREATE INDEX memberships_by_user ON memberships (user_id);

CREATE TABLE sessions (
  id TEXT NOT NULL PRIMARY KEY,
  token_hash BLOB NOT NULL UNIQUE,
  user_id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  address TEXT NOT NULL DEFAULT '',
  agent TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Links that may be used once: to become a member of a tenant, or to choose a new password (tenant_id null).
CREATE TABLE invites (
  id TEXT NOT NULL PRIMARY KEY,
  token_hash BLOB NOT NULL UNIQUE,
  purpose TEXT NOT NULL CHECK (purpose IN ('member', 'password')),
  tenant_id TEXT,
  email TEXT NOT NULL,
  role TEXT,
  user_id TEXT,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER,
  CHECK ((purpose = 'member') = (tenant_id IS NOT NULL))
) WITHOUT ROWID;
CREATE UNIQUE INDEX invites_open ON invites (purpose, coalesce(tenant_id, ''), email) WHERE used_at IS NULL;
CREATE INDEX invites_by_tenant ON invites (tenant_id, id);
CREATE INDEX invites_by_expiry ON invites (expires_at);

-- user_id: the service account that a key belongs to. scopes: null, or a JSON list of what the key may do at most.
CREATE TABLE api_keys (
  id TEXT NOT NULL PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants (id),
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  scopes TEXT,
  user_id TEXT,
  instance_admin INTEGER NOT NULL DEFAULT 0,
  secret_hash BLOB NOT NULL UNIQUE,
  created_by TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER,
  used_at INTEGER,
  used_from TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX api_keys_by_tenant ON api_keys (tenant_id, id);

-- What failed lately, such as sign-ins: until holds the next try back; forget_at: when it is as if it never happened.
CREATE TABLE throttles (
  key TEXT NOT NULL PRIMARY KEY,
  failures INTEGER NOT NULL,
  until INTEGER,
  forget_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX throttles_by_time ON throttles (forget_at);

-- Who did what (model.audit): a chain per tenant, which is only appended to. detail is text: the hash is over its bytes.
CREATE TABLE audit (
  tenant_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT NOT NULL,
  outcome TEXT NOT NULL,
  address TEXT NOT NULL,
  correlation_id TEXT NOT NULL,
  detail TEXT NOT NULL,
  previous BLOB NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (tenant_id, seq)
) WITHOUT ROWID;
CREATE INDEX audit_by_time ON audit (tenant_id, at, seq);

-- Where each chain ends; the row is locked to append. anchor: the hash that the first kept entry follows.
CREATE TABLE audit_heads (
  tenant_id TEXT NOT NULL PRIMARY KEY,
  seq INTEGER NOT NULL,
  hash BLOB NOT NULL,
  first INTEGER NOT NULL,
  anchor BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE mail (
  id TEXT NOT NULL PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  sender TEXT NOT NULL,
  recipients TEXT NOT NULL,
  subject TEXT NOT NULL,
  text TEXT,
  html TEXT,
  at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX mail_tenant ON mail (tenant_id, at, id);

CREATE TABLE instance (
  key TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

-- Figures of what went on (model.statistics), by tenant, minute and queue ('': of runs). wait_n, ran_n: how many first
-- starts waited, and how many attempts ran, from 2^(n-1) to 2^n milliseconds.
CREATE TABLE statistics (
  tenant_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  queue TEXT NOT NULL,
  started INTEGER NOT NULL DEFAULT 0, succeeded INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0,
  dead INTEGER NOT NULL DEFAULT 0, cancelled INTEGER NOT NULL DEFAULT 0, retried INTEGER NOT NULL DEFAULT 0,
  runs_started INTEGER NOT NULL DEFAULT 0, runs_succeeded INTEGER NOT NULL DEFAULT 0,
  runs_failed INTEGER NOT NULL DEFAULT 0, runs_cancelled INTEGER NOT NULL DEFAULT 0,
  wait_0 INTEGER NOT NULL DEFAULT 0, wait_1 INTEGER NOT NULL DEFAULT 0, wait_2 INTEGER NOT NULL DEFAULT 0,
  wait_3 INTEGER NOT NULL DEFAULT 0, wait_4 INTEGER NOT NULL DEFAULT 0, wait_5 INTEGER NOT NULL DEFAULT 0,
  wait_6 INTEGER NOT NULL DEFAULT 0, wait_7 INTEGER NOT NULL DEFAULT 0, wait_8 INTEGER NOT NULL DEFAULT 0,
  wait_9 INTEGER NOT NULL DEFAULT 0, wait_10 INTEGER NOT NULL DEFAULT 0, wait_11 INTEGER NOT NULL DEFAULT 0,
  wait_12 INTEGER NOT NULL DEFAULT 0, wait_13 INTEGER NOT NULL DEFAULT 0, wait_14 INTEGER NOT NULL DEFAULT 0,
  wait_15 INTEGER NOT NULL DEFAULT 0, wait_16 INTEGER NOT NULL DEFAULT 0, wait_17 INTEGER NOT NULL DEFAULT 0,
  wait_18 INTEGER NOT NULL DEFAULT 0, wait_19 INTEGER NOT NULL DEFAULT 0, wait_20 INTEGER NOT NULL DEFAULT 0,
  wait_21 INTEGER NOT NULL DEFAULT 0, wait_22 INTEGER NOT NULL DEFAULT 0, wait_23 INTEGER NOT NULL DEFAULT 0,
  ran_0 INTEGER NOT NULL DEFAULT 0, ran_1 INTEGER NOT NULL DEFAULT 0, ran_2 INTEGER NOT NULL DEFAULT 0,
  ran_3 INTEGER NOT NULL DEFAULT 0, ran_4 INTEGER NOT NULL DEFAULT 0, ran_5 INTEGER NOT NULL DEFAULT 0,
  ran_6 INTEGER NOT NULL DEFAULT 0, ran_7 INTEGER NOT NULL DEFAULT 0, ran_8 INTEGER NOT NULL DEFAULT 0,
  ran_9 INTEGER NOT NULL DEFAULT 0, ran_10 INTEGER NOT NULL DEFAULT 0, ran_11 INTEGER NOT NULL DEFAULT 0,
  ran_12 INTEGER NOT NULL DEFAULT 0, ran_13 INTEGER NOT NULL DEFAULT 0, ran_14 INTEGER NOT NULL DEFAULT 0,
  ran_15 INTEGER NOT NULL DEFAULT 0, ran_16 INTEGER NOT NULL DEFAULT 0, ran_17 INTEGER NOT NULL DEFAULT 0,
  ran_18 INTEGER NOT NULL DEFAULT 0, ran_19 INTEGER NOT NULL DEFAULT 0, ran_20 INTEGER NOT NULL DEFAULT 0,
  ran_21 INTEGER NOT NULL DEFAULT 0, ran_22 INTEGER NOT NULL DEFAULT 0, ran_23 INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, at, queue)
) WITHOUT ROWID;
CREATE INDEX statistics_by_time ON statistics (at);
-- Those that are added to others when they are older.
CREATE INDEX statistics_between ON statistics (at) WHERE at % 900000000 <> 0;

-- What lay in each tenant's queues, minute by minute; nothing is kept of what is empty.
CREATE TABLE queue_depths (
  tenant_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  queue TEXT NOT NULL,
  pending INTEGER NOT NULL,
  running INTEGER NOT NULL,
  scheduled INTEGER NOT NULL,
  oldest INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, at, queue)
) WITHOUT ROWID;
CREATE INDEX queue_depths_by_time ON queue_depths (at);
-- Those that don't stay as long as the others.
CREATE INDEX queue_depths_between ON queue_depths (at) WHERE at % 900000000 <> 0;

-- What the code of attempts logged (model.log_line).
CREATE TABLE attempt_logs (
  job_id TEXT NOT NULL,
  lease INTEGER NOT NULL,
  number INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  at INTEGER NOT NULL,
  level TEXT NOT NULL,
  message TEXT NOT NULL,
  fields TEXT NOT NULL,
  PRIMARY KEY (job_id, lease, number)
) WITHOUT ROWID;
