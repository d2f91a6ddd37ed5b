// graphile-worker with its local queue and batched completions, the settings of its own performance test.
import { allHandled, batches, finish, load, tick, url } from "../stopwatch.mjs";

const { Logger, makeWorkerUtils, run } = await load("graphile-worker");
const { default: pg } = await load("pg");
const logger = new Logger(() => () => {});

const utils = await makeWorkerUtils({ connectionString: url, logger });
await utils.migrate();
const pool = new pg.Pool({ connectionString: url, max: 1 });
for (const size of batches()) {
  await pool.query(
    "SELECT graphile_worker.add_jobs(array(SELECT row('noop', '{}'::json, null, null, null, null, null, null)" +
      "::graphile_worker.job_spec FROM generate_series(1, $1)))",
    [size],
  );
}
await pool.query("ANALYZE");

const preset = {
  worker: {
    connectionString: url,
    concurrentJobs: 24,
    maxPoolSize: 10,
    pollInterval: 2000,
    localQueue: { size: 500 },
    completeJobBatchDelay: 0,
    failJobBatchDelay: 0,
  },
};
await run({ preset, logger, noHandleSignals: true, taskList: { noop: () => tick() } });
const left = "SELECT 1 FROM graphile_worker._private_jobs LIMIT 1";
await finish(async () => allHandled() && (await pool.query(left)).rowCount === 0);
process.exit(0);
