/** How workers are: alive ones first, then the newest; and how old a sign of life may be. Pure. */
import type { Worker } from '../api/workers'

export function inOrder(workers: readonly Worker[]): Worker[] {
  return [...workers].sort(
    (a, b) => Number(b.alive) - Number(a.alive) || b.started_at.localeCompare(a.started_at),
  )
}

export interface Sum {
  alive: number
  gone: number
  running: number
  places: number
}

/** Over those alive: what a worker that has gone could run counts for nothing. */
export function summed(workers: readonly Worker[]): Sum {
  const alive = workers.filter((worker) => worker.alive)
  return {
    alive: alive.length,
    gone: workers.length - alive.length,
    running: alive.reduce((sum, worker) => sum + worker.running, 0),
    places: alive.reduce((sum, worker) => sum + worker.concurrency, 0),
  }
}

/** `late` when more than half of the time until its lease expires has passed without a sign of life. */
export function isLate(worker: Worker, now: number): boolean {
  const [last, end] = [Date.parse(worker.heartbeat_at), Date.parse(worker.expires_at)]
  return worker.alive && now - last > (end - last) / 2
}
