-- The first tables.
-- How the previous version behaves on this schema: there is no previous version.
--
-- Rules that hold for every table: times are microseconds since the epoch; keys compare bytewise (COLLATE "C"), which
-- is quicker than a language's order and the same on every server; no foreign keys on the hot path.

CREATE TABLE tenants (
    id text COLLATE "C" PRIMARY KEY,
    name text NOT NULL,
    weight double precision NOT NULL DEFAULT 1 CHECK (weight > 0),
    max_running integer CHECK (max_running >= 0),
    attributes json NOT NULL DEFAULT '{}',
    retention json NOT NULL DEFAULT '{}',
    egress json NOT NULL DEFAULT '{}',
    suspended_at bigint,
    delete_at bigint,
    -- What a claim goes by: nothing of a suspended tenant is claimed.
    running_limit integer GENERATED ALWAYS AS (CASE WHEN suspended_at IS NULL THEN max_running ELSE 0 END) STORED,
    created_at bigint NOT NULL
);
CREATE UNIQUE INDEX tenants_by_name ON tenants (name);
INSERT INTO tenants (id, name, created_at)
VALUES ('default', 'default', (extract(epoch FROM clock_timestamp()) * 1000000)::bigint);

CREATE TABLE queues (
    name text COLLATE "C" PRIMARY KEY,
    paused boolean NOT NULL DEFAULT false,
    concurrency integer CHECK (concurrency >= 0),
    priority integer NOT NULL DEFAULT 0,
    rate_count integer,
    rate_per bigint,
    credit bigint NOT NULL DEFAULT 0,
    credited_at bigint NOT NULL DEFAULT 0,
    retention json NOT NULL DEFAULT '{}',
    created_at bigint NOT NULL
);

-- What holds jobs of one concurrency key back: a limit on how many go at once (null: none) and a rate (see
-- model.limits; null: none). wake_at: when the next token comes for work that waits for one.
CREATE TABLE gates (
    tenant_id text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    concurrency integer CHECK (concurrency > 0),
    rate_count integer,
    rate_per bigint,
    credit bigint NOT NULL DEFAULT 0,
    credited_at bigint NOT NULL DEFAULT 0,
    wake_at bigint,
    PRIMARY KEY (tenant_id, key)
);
CREATE INDEX gates_waking ON gates (wake_at) WHERE wake_at IS NOT NULL;

-- How far each tenant got in a queue, kept only while at least two tenants wait in it (see model.fairness).
CREATE TABLE lanes (
    queue text COLLATE "C" NOT NULL,
    tenant_id text COLLATE "C" NOT NULL,
    passed double precision NOT NULL,
    PRIMARY KEY (queue, tenant_id)
);

-- What a job is and how it ended; state is null while it is live. No index names a column that changes, and the pages
-- keep room for the one update of a job's end, so that it stays on its page and touches no index.
CREATE TABLE jobs (
    id uuid NOT NULL,
    tenant_id text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    queue text COLLATE "C" NOT NULL,
    priority integer NOT NULL,
    payload json,
    retry json NOT NULL,
    timeout bigint NOT NULL,
    due_at bigint NOT NULL,
    deadline_at bigint,
    run_id uuid,
    node_id text COLLATE "C",
    unique_key text COLLATE "C",
    unique_until bigint,
    concurrency_key text COLLATE "C",
    tag text COLLATE "C",
    correlation_id text NOT NULL,
    created_at bigint NOT NULL,
    state text COLLATE "C",
    result json,
    error json,
    attempt integer NOT NULL DEFAULT 0,
    base_attempt integer NOT NULL DEFAULT 0,
    lost integer NOT NULL DEFAULT 0,
    lease integer NOT NULL DEFAULT 0,
    worker_id uuid,
    started_at bigint,
    finished_at bigint,
    PRIMARY KEY (tenant_id, id)
) WITH (fillfactor = 45);
CREATE UNIQUE INDEX jobs_of_runs ON jobs (run_id, node_id) WHERE run_id IS NOT NULL;

-- One narrow row per job that hasn't ended: all that a claim, a finish and a rescue look at. gated: its concurrency key
-- has no place for it yet, so it is in no index that a claim looks into; otherwise a job with a key holds one of the
-- key's places. metered: its start takes a token of its key's rate; a gated job that is metered keeps its place (its
-- key's only one) and waits for a token to start again.
CREATE TABLE live (
    job_id uuid PRIMARY KEY,
    tenant_id text COLLATE "C" NOT NULL,
    queue text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL,
    due_at bigint NOT NULL,
    rank bigint NOT NULL,
    priority integer NOT NULL,
    attempt integer NOT NULL DEFAULT 0,
    base_attempt integer NOT NULL DEFAULT 0,
    lost integer NOT NULL DEFAULT 0,
    lease integer NOT NULL DEFAULT 0,
    timeout bigint NOT NULL,
    worker_id uuid,
    started_at bigint,
    hung_at bigint,
    deadline_at bigint,
    cancel_requested boolean NOT NULL DEFAULT false,
    unique_key text COLLATE "C",
    concurrency_key text COLLATE "C",
    gated boolean NOT NULL DEFAULT false,
    metered boolean NOT NULL DEFAULT false,
    tag text COLLATE "C",
    progress json,
    run_id uuid,
    node_id text COLLATE "C"
) WITH (
    fillfactor = 70,
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_insert_scale_factor = 0.1,
    autovacuum_analyze_scale_factor = 0.1,
    autovacuum_vacuum_cost_delay = 0
);
CREATE INDEX live_ready ON live (queue, tenant_id, rank, job_id) WHERE state = 'PENDING' AND NOT gated;
CREATE INDEX live_scheduled ON live (queue, due_at) WHERE state = 'SCHEDULED' AND NOT gated;
CREATE INDEX live_gated ON live (tenant_id, concurrency_key, state, due_at, job_id) WHERE gated;
CREATE INDEX live_gated_by_rank ON live (tenant_id, concurrency_key, rank, job_id) WHERE gated AND state = 'PENDING';
CREATE INDEX live_gated_scheduled ON live (queue, due_at) WHERE gated AND state = 'SCHEDULED';
CREATE INDEX live_holding ON live (tenant_id, concurrency_key) WHERE concurrency_key IS NOT NULL AND NOT gated;
CREATE INDEX live_returning ON live (tenant_id, concurrency_key) WHERE gated AND metered;
CREATE INDEX live_running ON live (worker_id) WHERE state = 'RUNNING';
CREATE INDEX live_parked ON live (due_at) WHERE state = 'WAITING';
CREATE INDEX live_deadlines ON live (deadline_at) WHERE deadline_at IS NOT NULL;

-- Ended FAILED, DEAD or CANCELLED: lists of these need no index on jobs.state.
CREATE TABLE unhappy (
    tenant_id text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL,
    job_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, state, job_id)
);

-- A key is taken while held (its job is live) or until the given time, whichever is later.
CREATE TABLE unique_keys (
    tenant_id text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    job_id uuid NOT NULL,
    held boolean NOT NULL,
    until bigint,
    PRIMARY KEY (tenant_id, key)
);
CREATE INDEX unique_keys_until ON unique_keys (until) WHERE until IS NOT NULL;

-- Appended facts; a job's events are its transition records. They are read in order of (xid, seq), and only below the
-- oldest open transaction. xid is the writer's transaction id, or the newest that had ended before it wrote if that is
-- greater: what a transaction saw done by one that began after it comes before its own events. Never less than the
-- writer's id, it is below no reader's horizon while the writer is open.
CREATE TABLE events (
    seq bigint GENERATED ALWAYS AS IDENTITY,
    xid xid8 NOT NULL DEFAULT CASE
        WHEN pg_snapshot_xmax(pg_current_snapshot()) > pg_current_xact_id()
        THEN (pg_snapshot_xmax(pg_current_snapshot())::text::bigint - 1)::text::xid8
        ELSE pg_current_xact_id()
    END,
    tenant_id text COLLATE "C" NOT NULL,
    type text COLLATE "C" NOT NULL,
    at bigint NOT NULL,
    run_id uuid,
    node_id text COLLATE "C",
    job_id uuid,
    data json NOT NULL,
    subject text
);
CREATE INDEX events_in_order ON events (tenant_id, xid, seq);
CREATE INDEX events_of_jobs ON events (job_id, xid, seq) WHERE job_id IS NOT NULL;
CREATE INDEX events_of_nothing ON events (tenant_id, xid, seq) WHERE job_id IS NULL AND run_id IS NULL;
CREATE INDEX events_of_runs ON events (run_id, xid, seq) WHERE run_id IS NOT NULL;

-- The last of a tenant's events that were pruned: who has read less than up to there may have missed some.
CREATE TABLE events_pruned (
    tenant_id text COLLATE "C" PRIMARY KEY,
    xid xid8 NOT NULL,
    seq bigint NOT NULL
);

CREATE TABLE workflows (
    id uuid PRIMARY KEY,
    tenant_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    enabled boolean NOT NULL DEFAULT true,
    version integer NOT NULL,
    version_id uuid NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    deleted_at bigint
);
CREATE UNIQUE INDEX workflows_by_name ON workflows (tenant_id, name) WHERE deleted_at IS NULL;
CREATE INDEX workflows_by_any_name ON workflows (tenant_id, name);

CREATE TABLE workflow_versions (
    id uuid PRIMARY KEY,
    workflow_id uuid NOT NULL REFERENCES workflows (id),
    tenant_id text COLLATE "C" NOT NULL,
    version integer NOT NULL,
    definition json NOT NULL,
    created_at bigint NOT NULL,
    author text,
    message text NOT NULL DEFAULT '',
    UNIQUE (workflow_id, version)
);

-- The definitions of tests: no versions, but known by an id as these are. One goes when no run has it any more.
CREATE TABLE drafts (
    id uuid PRIMARY KEY,
    workflow_id uuid NOT NULL,
    tenant_id text COLLATE "C" NOT NULL,
    definition json NOT NULL,
    created_at bigint NOT NULL
);
CREATE INDEX drafts_by_time ON drafts (created_at);

-- What starts work by itself, of workflows and rules (model.trigger). A row stays when its owner is saved without it or
-- deleted (not present). enabled: its owner's. suspended: its tenant is. due_at: when a clock must be looked at next; only
-- of acting clocks.
CREATE TABLE triggers (
    row uuid PRIMARY KEY,
    tenant_id text COLLATE "C" NOT NULL,
    owner_kind text COLLATE "C" NOT NULL CHECK (owner_kind IN ('workflow', 'rule')),
    owner_id uuid NOT NULL,
    id text COLLATE "C" NOT NULL,
    type text COLLATE "C" NOT NULL,
    document json NOT NULL,
    timing text,
    key text COLLATE "C",
    present boolean NOT NULL DEFAULT true,
    enabled boolean NOT NULL DEFAULT true,
    paused boolean NOT NULL DEFAULT false,
    suspended boolean NOT NULL DEFAULT false,
    acting boolean NOT NULL GENERATED ALWAYS AS (present AND enabled AND NOT paused AND NOT suspended) STORED,
    created_at bigint NOT NULL,
    since bigint NOT NULL,
    next_at bigint,
    due_at bigint
);
CREATE UNIQUE INDEX triggers_of_owner ON triggers (owner_kind, owner_id, id);
CREATE UNIQUE INDEX triggers_by_key ON triggers (key) WHERE key IS NOT NULL;
CREATE INDEX triggers_by_tenant ON triggers (tenant_id, row);
CREATE INDEX triggers_due ON triggers (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX triggers_listening ON triggers (row) WHERE type = 'event';

-- Leads that one process at a time has, each with a text (how far it is). The row 'listeners' is never held: its text
-- counts the changes of triggers and subscriptions.
CREATE TABLE leads (
    name text COLLATE "C" PRIMARY KEY,
    text text NOT NULL DEFAULT '',
    holder text,
    held_until bigint
);

-- What became of times, events and deliveries. trigger: what expressions saw, where no run keeps it. hops: how many
-- starts led to this one.
CREATE TABLE firings (
    id uuid PRIMARY KEY,
    tenant_id text COLLATE "C" NOT NULL,
    owner_kind text COLLATE "C" NOT NULL,
    owner_id uuid NOT NULL,
    trigger_id text COLLATE "C" NOT NULL,
    type text COLLATE "C" NOT NULL,
    at bigint NOT NULL,
    verdict text COLLATE "C" NOT NULL,
    reason text NOT NULL DEFAULT '',
    fire_at bigint,
    event_id text COLLATE "C",
    delivery_id text COLLATE "C",
    backfill uuid,
    hops integer NOT NULL DEFAULT 0,
    trigger json,
    detail json,
    run_id uuid
);
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
    job_id uuid PRIMARY KEY,
    firing_id uuid NOT NULL
);
CREATE INDEX firing_jobs_by_firing ON firing_jobs (firing_id, job_id);

-- Events put aside for a trigger that starts once for many, each once; met ones stay until they are old. batch: the
-- handful that they were closed into.
CREATE TABLE gathered (
    trigger_row uuid NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    at bigint NOT NULL,
    hops integer NOT NULL DEFAULT 0,
    event json,
    batch uuid,
    dropped boolean NOT NULL DEFAULT false,
    PRIMARY KEY (trigger_row, event_id)
);
CREATE INDEX gathered_open ON gathered (trigger_row, seq) WHERE batch IS NULL;
CREATE INDEX gathered_closed ON gathered (batch, seq) WHERE batch IS NOT NULL AND NOT dropped;
CREATE INDEX gathered_dropped ON gathered (at) WHERE dropped;

-- When a trigger that has gathered something starts.
CREATE TABLE gatherings (
    trigger_row uuid PRIMARY KEY,
    first_at bigint NOT NULL,
    last_at bigint NOT NULL,
    count integer NOT NULL,
    size integer NOT NULL,
    due_at bigint NOT NULL
);
CREATE INDEX gatherings_due ON gatherings (due_at);

CREATE TABLE backfills (
    id uuid PRIMARY KEY,
    tenant_id text COLLATE "C" NOT NULL,
    trigger_row uuid NOT NULL,
    from_at bigint NOT NULL,
    to_at bigint NOT NULL,
    concurrency integer NOT NULL CHECK (concurrency > 0),
    created_at bigint NOT NULL,
    next_at bigint,
    started integer NOT NULL DEFAULT 0,
    finished_at bigint,
    cancelled_at bigint
);
CREATE INDEX backfills_by_trigger ON backfills (trigger_row, id);
CREATE INDEX backfills_open ON backfills (id) WHERE finished_at IS NULL;

CREATE TABLE rules (
    id uuid PRIMARY KEY,
    tenant_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    enabled boolean NOT NULL DEFAULT true,
    priority integer NOT NULL DEFAULT 0,
    document json NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);
CREATE UNIQUE INDEX rules_by_name ON rules (tenant_id, name);

-- A tenant's attributes when the rule last inserted jobs for it. count: how often they were written.
CREATE TABLE rule_memories (
    rule_id uuid NOT NULL,
    tenant_id text COLLATE "C" NOT NULL,
    attributes json NOT NULL,
    at bigint NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (rule_id, tenant_id)
);

CREATE TABLE subscriptions (
    id uuid PRIMARY KEY,
    tenant_id text COLLATE "C" NOT NULL,
    title text NOT NULL DEFAULT '',
    url text NOT NULL,
    types json NOT NULL,
    condition text,
    enabled boolean NOT NULL DEFAULT true,
    reason text NOT NULL DEFAULT '',
    sealed bytea NOT NULL,
    previous bytea,
    previous_until bigint,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    since bigint NOT NULL
);
CREATE INDEX subscriptions_by_tenant ON subscriptions (tenant_id, id);

CREATE TABLE deliveries (
    subscription_id uuid NOT NULL,
    job_id uuid NOT NULL,
    tenant_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    event_type text COLLATE "C" NOT NULL,
    at bigint NOT NULL,
    PRIMARY KEY (subscription_id, job_id)
);
CREATE INDEX deliveries_by_job ON deliveries (job_id);

-- Write-only values, sealed with the instance's key for their tenant and id.
CREATE TABLE secrets (
    id uuid PRIMARY KEY,
    tenant_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    sealed bytea NOT NULL,
    type text COLLATE "C" NOT NULL DEFAULT 'text',
    hosts json,
    kinds json,
    description text NOT NULL DEFAULT '',
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);
CREATE UNIQUE INDEX secrets_by_name ON secrets (tenant_id, name);


-- body: the map or loop node whose body this run executes (null: a whole workflow); such runs are never listed.
-- parent_node, parent_index: which child of its parent it is. ending: the state it ends in once compensation is through.
-- A run that is PENDING with started_at null waits for a place (limit_count: how many of its workflow may go at once).
CREATE TABLE runs (
    id uuid PRIMARY KEY,
    tenant_id text COLLATE "C" NOT NULL,
    workflow_id uuid NOT NULL,
    workflow text COLLATE "C" NOT NULL,
    version integer NOT NULL,
    version_id uuid NOT NULL,
    state text COLLATE "C" NOT NULL,
    input json,
    output json,
    error json,
    trigger json NOT NULL,
    parent_id uuid,
    correlation_id text NOT NULL,
    created_at bigint NOT NULL,
    started_at bigint,
    finished_at bigint,
    deadline_at bigint,
    ending text COLLATE "C",
    parent_node text COLLATE "C",
    parent_index integer,
    depth integer NOT NULL DEFAULT 0,
    body text COLLATE "C",
    rerun_of uuid,
    keep_items boolean NOT NULL DEFAULT false,
    limit_count integer
) WITH (fillfactor = 70);
CREATE INDEX runs_by_tenant ON runs (tenant_id, id) WHERE body IS NULL;
CREATE INDEX runs_by_workflow ON runs (workflow_id, id) WHERE body IS NULL;
CREATE INDEX runs_of_bodies ON runs (id) WHERE body IS NOT NULL;
CREATE INDEX runs_going ON runs (workflow_id, id) WHERE finished_at IS NULL AND started_at IS NOT NULL AND body IS NULL;
CREATE INDEX runs_queued ON runs (workflow_id, id) WHERE finished_at IS NULL AND started_at IS NULL;
CREATE INDEX runs_by_deadline ON runs (deadline_at) WHERE finished_at IS NULL AND deadline_at IS NOT NULL;
CREATE INDEX runs_of_drafts ON runs (version_id) WHERE version = 0;
CREATE INDEX runs_of_tests ON runs (tenant_id, id) WHERE version = 0 AND body IS NULL;
CREATE INDEX runs_open ON runs (id) WHERE finished_at IS NULL AND body IS NULL;

CREATE TABLE run_nodes (
    run_id uuid NOT NULL,
    node_id text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL,
    ports text NOT NULL DEFAULT '',
    job_id uuid,
    attempts integer NOT NULL DEFAULT 0,
    output json,
    error json,
    started_at bigint,
    finished_at bigint,
    family json,
    closure json,
    PRIMARY KEY (run_id, node_id)
) WITH (fillfactor = 70);

-- Children of a map, loop or call. Written only under the parent's lock; see model.spawn for the states.
CREATE TABLE run_children (
    run_id uuid NOT NULL,
    node_id text COLLATE "C" NOT NULL,
    idx integer NOT NULL,
    item json,
    child_id uuid,
    state text COLLATE "C" NOT NULL,
    output json,
    error json,
    PRIMARY KEY (run_id, node_id, idx)
) WITH (fillfactor = 70);

-- What one run has to tell another: no transaction locks both. To a parent: 'child' (one of its children ended). To a
-- child: 'cancel', 'pause', 'resume'. To oneself: 'spawn' (begin with the children). Read and deleted under the lock of
-- the run it is addressed to.
CREATE TABLE inbox (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id uuid NOT NULL,
    kind text COLLATE "C" NOT NULL,
    node_id text COLLATE "C",
    idx integer,
    state text COLLATE "C",
    output json,
    error json
) WITH (
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_cost_delay = 0
);
CREATE INDEX inbox_by_run ON inbox (run_id, seq);

-- What a parked node waits for from outside. wait: model.wait.Wait as JSON.
CREATE TABLE waits (
    job_id uuid PRIMARY KEY,
    tenant_id text COLLATE "C" NOT NULL,
    run_id uuid NOT NULL,
    node_id text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    wait json NOT NULL
);
CREATE INDEX waits_by_run ON waits (run_id, name);
CREATE INDEX waits_for_events ON waits (job_id) WHERE kind = 'event';

-- Signals that came before anything waited for them, or while their run was paused, oldest first. job_id: the one parked
-- job that it is for (null: whichever waits for the name).
CREATE TABLE signals (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id uuid NOT NULL,
    job_id uuid,
    name text COLLATE "C" NOT NULL,
    port text COLLATE "C" NOT NULL,
    output json,
    by text,
    at bigint NOT NULL
);
CREATE INDEX signals_by_run ON signals (run_id, name, seq);

-- A key that makes a repeated request the same request, and the first answer given to it. object_ids: a JSON list of
-- what the request was answered with, in order.
CREATE TABLE dedupe (
    tenant_id text COLLATE "C" NOT NULL,
    scope text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    fingerprint text COLLATE "C" NOT NULL,
    object_ids json NOT NULL,
    expires_at bigint NOT NULL,
    status integer,
    answer json,
    PRIMARY KEY (tenant_id, scope, key)
);
CREATE INDEX dedupe_by_expiry ON dedupe (expires_at);

-- Results of named steps that a job's handler has kept, so that a later attempt doesn't repeat them.
CREATE TABLE job_steps (
    job_id uuid NOT NULL,
    name text COLLATE "C" NOT NULL,
    result json,
    lease integer NOT NULL,
    at bigint NOT NULL,
    PRIMARY KEY (job_id, name)
);

CREATE TABLE workers (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    host text NOT NULL,
    pid integer NOT NULL,
    boot text NOT NULL,
    queues json NOT NULL,
    tags json NOT NULL DEFAULT '[]',
    concurrency integer NOT NULL,
    started_at bigint NOT NULL,
    heartbeat_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    state text COLLATE "C" NOT NULL
) WITH (fillfactor = 50);

-- People, who sign in, and service accounts, which only have keys. password_hash: argon2id. totp: the sealed seed of
-- one-time codes; code_step: the newest step whose code was used. recovery: hashes of unused recovery codes.
CREATE TABLE users (
    id uuid PRIMARY KEY,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('person', 'service')),
    email text COLLATE "C",
    name text NOT NULL,
    password_hash text,
    totp bytea,
    code_step bigint NOT NULL DEFAULT 0,
    recovery json NOT NULL DEFAULT '[]',
    instance_admin boolean NOT NULL DEFAULT false,
    created_at bigint NOT NULL,
    disabled_at bigint,
    signed_in_at bigint,
    CHECK ((kind = 'person') = (email IS NOT NULL))
);
CREATE UNIQUE INDEX users_by_email ON users (email) WHERE email IS NOT NULL;
CREATE INDEX users_admins ON users (id) WHERE instance_admin;

-- Who a subject of an OpenID provider is here.
CREATE TABLE identities (
    issuer text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    user_id uuid NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE UNIQUE INDEX identities_by_user ON identities (user_id, issuer);

CREATE TABLE memberships (
    tenant_id text COLLATE "C" NOT NULL REFERENCES tenants (id),
    user_id uuid NOT NULL REFERENCES users (id),
    role text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (tenant_id, user_id)
);
CREATE INDEX memberships_by_user ON memberships (user_id);

CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE,
    user_id uuid NOT NULL,
    tenant_id text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    seen_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    address text NOT NULL DEFAULT '',
    agent text NOT NULL DEFAULT ''
);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Links that may be used once: to become a member of a tenant, or to choose a new password (tenant_id null).
CREATE TABLE invites (
    id uuid PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE,
    purpose text COLLATE "C" NOT NULL CHECK (purpose IN ('member', 'password')),
    tenant_id text COLLATE "C",
    email text COLLATE "C" NOT NULL,
    role text COLLATE "C",
    user_id uuid,
    created_by text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    used_at bigint,
    CHECK ((purpose = 'member') = (tenant_id IS NOT NULL))
);
CREATE UNIQUE INDEX invites_open ON invites (purpose, coalesce(tenant_id, ''), email) WHERE used_at IS NULL;
CREATE INDEX invites_by_tenant ON invites (tenant_id, id);
CREATE INDEX invites_by_expiry ON invites (expires_at);

-- user_id: the service account that a key belongs to. scopes: null, or a JSON list of what the key may do at most.
CREATE TABLE api_keys (
    id uuid PRIMARY KEY,
    tenant_id text COLLATE "C" NOT NULL REFERENCES tenants (id),
    name text NOT NULL,
    role text COLLATE "C" NOT NULL,
    scopes json,
    user_id uuid,
    instance_admin boolean NOT NULL DEFAULT false,
    secret_hash bytea NOT NULL UNIQUE,
    created_by text NOT NULL DEFAULT '',
    created_at bigint NOT NULL,
    expires_at bigint,
    revoked_at bigint,
    used_at bigint,
    used_from text NOT NULL DEFAULT ''
);
CREATE INDEX api_keys_by_tenant ON api_keys (tenant_id, id);

-- What failed lately, such as sign-ins: until holds the next try back; forget_at: when it is as if it never happened.
CREATE TABLE throttles (
    key text COLLATE "C" PRIMARY KEY,
    failures integer NOT NULL,
    until bigint,
    forget_at bigint NOT NULL
);
CREATE INDEX throttles_by_time ON throttles (forget_at);

-- Who did what (model.audit): a chain per tenant, which is only appended to. detail is text: the hash is over its bytes.
CREATE TABLE audit (
    tenant_id text COLLATE "C" NOT NULL,
    seq bigint NOT NULL,
    at bigint NOT NULL,
    actor_kind text COLLATE "C" NOT NULL,
    actor_id text COLLATE "C" NOT NULL,
    actor text NOT NULL,
    action text COLLATE "C" NOT NULL,
    target text NOT NULL,
    outcome text COLLATE "C" NOT NULL,
    address text NOT NULL,
    correlation_id text NOT NULL,
    detail text NOT NULL,
    previous bytea NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (tenant_id, seq)
);
CREATE INDEX audit_by_time ON audit (tenant_id, at, seq);

-- Where each chain ends; the row is locked to append. anchor: the hash that the first kept entry follows.
CREATE TABLE audit_heads (
    tenant_id text COLLATE "C" PRIMARY KEY,
    seq bigint NOT NULL,
    hash bytea NOT NULL,
    first bigint NOT NULL,
    anchor bytea NOT NULL
);

CREATE TABLE mail (
    id text COLLATE "C" PRIMARY KEY,
    tenant_id text COLLATE "C" NOT NULL,
    sender text NOT NULL,
    recipients json NOT NULL,
    subject text NOT NULL,
    text text,
    html text,
    at bigint NOT NULL
);
CREATE INDEX mail_by_tenant ON mail (tenant_id, at, id);

CREATE TABLE instance (
    key text COLLATE "C" PRIMARY KEY,
    value text NOT NULL
);

-- Figures of what went on (model.statistics), by tenant, minute and queue ('': of runs). wait_n, ran_n: how many first
-- starts waited, and how many attempts ran, from 2^(n-1) to 2^n milliseconds.
CREATE TABLE statistics (
    tenant_id text COLLATE "C" NOT NULL,
    at bigint NOT NULL,
    queue text COLLATE "C" NOT NULL,
    started integer NOT NULL DEFAULT 0, succeeded integer NOT NULL DEFAULT 0, failed integer NOT NULL DEFAULT 0,
    dead integer NOT NULL DEFAULT 0, cancelled integer NOT NULL DEFAULT 0, retried integer NOT NULL DEFAULT 0,
    runs_started integer NOT NULL DEFAULT 0, runs_succeeded integer NOT NULL DEFAULT 0,
    runs_failed integer NOT NULL DEFAULT 0, runs_cancelled integer NOT NULL DEFAULT 0,
    wait_0 integer NOT NULL DEFAULT 0, wait_1 integer NOT NULL DEFAULT 0, wait_2 integer NOT NULL DEFAULT 0,
    wait_3 integer NOT NULL DEFAULT 0, wait_4 integer NOT NULL DEFAULT 0, wait_5 integer NOT NULL DEFAULT 0,
    wait_6 integer NOT NULL DEFAULT 0, wait_7 integer NOT NULL DEFAULT 0, wait_8 integer NOT NULL DEFAULT 0,
    wait_9 integer NOT NULL DEFAULT 0, wait_10 integer NOT NULL DEFAULT 0, wait_11 integer NOT NULL DEFAULT 0,
    wait_12 integer NOT NULL DEFAULT 0, wait_13 integer NOT NULL DEFAULT 0, wait_14 integer NOT NULL DEFAULT 0,
    wait_15 integer NOT NULL DEFAULT 0, wait_16 integer NOT NULL DEFAULT 0, wait_17 integer NOT NULL DEFAULT 0,
    wait_18 integer NOT NULL DEFAULT 0, wait_19 integer NOT NULL DEFAULT 0, wait_20 integer NOT NULL DEFAULT 0,
    wait_21 integer NOT NULL DEFAULT 0, wait_22 integer NOT NULL DEFAULT 0, wait_23 integer NOT NULL DEFAULT 0,
    ran_0 integer NOT NULL DEFAULT 0, ran_1 integer NOT NULL DEFAULT 0, ran_2 integer NOT NULL DEFAULT 0,
    ran_3 integer NOT NULL DEFAULT 0, ran_4 integer NOT NULL DEFAULT 0, ran_5 integer NOT NULL DEFAULT 0,
    ran_6 integer NOT NULL DEFAULT 0, ran_7 integer NOT NULL DEFAULT 0, ran_8 integer NOT NULL DEFAULT 0,
    ran_9 integer NOT NULL DEFAULT 0, ran_10 integer NOT NULL DEFAULT 0, ran_11 integer NOT NULL DEFAULT 0,
    ran_12 integer NOT NULL DEFAULT 0, ran_13 integer NOT NULL DEFAULT 0, ran_14 integer NOT NULL DEFAULT 0,
    ran_15 integer NOT NULL DEFAULT 0, ran_16 integer NOT NULL DEFAULT 0, ran_17 integer NOT NULL DEFAULT 0,
    ran_18 integer NOT NULL DEFAULT 0, ran_19 integer NOT NULL DEFAULT 0, ran_20 integer NOT NULL DEFAULT 0,
    ran_21 integer NOT NULL DEFAULT 0, ran_22 integer NOT NULL DEFAULT 0, ran_23 integer NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, at, queue)
) WITH (fillfactor = 80);
CREATE INDEX statistics_by_time ON statistics (at);
-- Those that are added to others when they are older.
CREATE INDEX statistics_between ON statistics (at) WHERE at % 900000000 <> 0;

-- What lay in each tenant's queues, minute by minute; nothing is kept of what is empty.
CREATE TABLE queue_depths (
    tenant_id text COLLATE "C" NOT NULL,
    at bigint NOT NULL,
    queue text COLLATE "C" NOT NULL,
    pending integer NOT NULL,
    running integer NOT NULL,
    scheduled integer NOT NULL,
    oldest bigint NOT NULL,
    PRIMARY KEY (tenant_id, at, queue)
);
CREATE INDEX queue_depths_by_time ON queue_depths (at);
-- Those that don't stay as long as the others.
CREATE INDEX queue_depths_between ON queue_depths (at) WHERE at % 900000000 <> 0;

-- What the code of attempts logged (model.log_line).
CREATE TABLE attempt_logs (
    job_id uuid NOT NULL,
    lease integer NOT NULL,
    number integer NOT NULL,
    attempt integer NOT NULL,
    at bigint NOT NULL,
    level text COLLATE "C" NOT NULL,
    message text NOT NULL,
    fields text NOT NULL,
    PRIMARY KEY (job_id, lease, number)
);
