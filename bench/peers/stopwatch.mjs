// The runners' side of the protocol for peers on Node: see stopwatch.py.
// `node bench/peers/NAME/run.mjs URL JOBS WARM_UP`; the peer's packages lie below PEER_MODULES.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [url, jobs, warmUp] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
export { url, jobs, warmUp };
export const total = jobs + warmUp;

const require = createRequire(`${process.env.PEER_MODULES}/`);
/** A package of the peer's environment. */
export const load = (name) => import(pathToFileURL(require.resolve(name)));

let handled = 0;
let left = 0;
let began;

/** `count` handlers were called, or one call handled so many jobs. */
export function tick(count = 1) {
  handled += count;
  if (began === undefined && handled >= warmUp) {
    left = total - handled;
    began = performance.now();
    console.log("begin");
  }
}

/** All handlers were called; what remains is that the store says so too. */
export const allHandled = () => handled >= total;

/** Waits until `done()` holds, then tells the result and ends the process. */
export async function finish(done) {
  while (!allHandled() || !(await done())) await new Promise((resolve) => setTimeout(resolve, 10));
  console.log(JSON.stringify({ jobs: left, seconds: (performance.now() - began) / 1000 }));
}

/** The sizes of the batches in which to insert. */
export function* batches(size = 1000) {
  for (let remaining = total; remaining > 0; remaining -= size) yield Math.min(size, remaining);
}
