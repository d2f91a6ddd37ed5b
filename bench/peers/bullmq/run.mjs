// BullMQ: one worker with a high concurrency, finished jobs kept in its own set as by default.
import { batches, finish, load, tick, url } from "../stopwatch.mjs";

const { Queue, Worker } = await load("bullmq");
const { hostname, port } = new URL(url);
const connection = { host: hostname, port: Number(port), maxRetriesPerRequest: null };

const queue = new Queue("noop", { connection });
for (const size of batches()) await queue.addBulk(Array.from({ length: size }, () => ({ name: "noop", data: {} })));

const worker = new Worker("noop", async () => tick(), { connection, concurrency: 200 });
worker.on("error", (error) => console.error(error));
await finish(async () => (await queue.getJobCountByTypes("waiting", "active", "prioritized", "delayed")) === 0);
process.exit(0);
