// pg-boss in batches of 500 that are fetched without a pause while they come full; a batch has one outcome.
import { batches, finish, load, tick, url } from "../stopwatch.mjs";

const { PgBoss } = await load("pg-boss");
const { default: pg } = await load("pg");

const boss = new PgBoss({ connectionString: url, schedule: false });
boss.on("error", (error) => console.error(error));
await boss.start();
await boss.createQueue("noop");
for (const size of batches()) await boss.insert("noop", Array.from({ length: size }, () => ({ data: {} })));
const pool = new pg.Pool({ connectionString: url, max: 1 });
await pool.query("ANALYZE");

const options = { batchSize: 500, pollingIntervalSeconds: 0.5, burstWhenBatchFull: true };
await boss.work("noop", options, async (jobs) => tick(jobs.length));
const left = "SELECT 1 FROM pgboss.job WHERE name = 'noop' AND state < 'completed' LIMIT 1";
await finish(async () => (await pool.query(left)).rowCount === 0);
process.exit(0);
