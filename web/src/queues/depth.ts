/** What stands in a queue as parts of a bar, and the settings as one types them. Pure. */
import type { Queue } from '../api/queues'

export interface Part {
  state: string
  label: string
  count: number
}

/** In the order in which a job goes through them; what waits for its key is told apart from what is free to start. */
export function partsOf(queue: Queue): Part[] {
  return [
    { state: 'RUNNING', label: 'running', count: queue.running },
    { state: 'PENDING', label: 'pending', count: Math.max(0, queue.pending - queue.blocked) },
    { state: 'PAUSED', label: 'waiting for their key', count: queue.blocked },
    { state: 'WAITING', label: 'waiting for a signal', count: queue.waiting },
    { state: 'SCHEDULED', label: 'scheduled', count: queue.scheduled },
  ].filter((part) => part.count > 0)
}

export function depthOf(queue: Queue): number {
  return queue.pending + queue.scheduled + queue.running + queue.waiting
}

/** `12 pending, 3 running`; `empty`. */
export function described(queue: Queue): string {
  const parts = partsOf(queue).map((part) => `${part.count} ${part.label}`)
  return parts.length === 0 ? 'empty' : parts.join(', ')
}

export type Read<T> = { value: T } | { wrong: string }

const MOST = 1_000_000
const RATE = /^\d+\/\d+(\.\d+)?(ms|s|m|h|d)$/

/** Nothing means no limit. */
export function readConcurrency(text: string): Read<number | null> {
  if (text.trim() === '') return { value: null }
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= MOST) return { value }
  return { wrong: 'A whole number from 1, or nothing for no limit' }
}

/** `100/1m`; blanks are passed over, and a unit alone means one of it. */
export function readRate(text: string): Read<string | null> {
  const bare = text.replaceAll(/\s+/g, '').replace(/\/(ms|s|m|h|d)$/, '/1$1')
  if (bare === '') return { value: null }
  if (RATE.test(bare)) return { value: bare }
  return { wrong: 'So many in a time, such as 100/1m; or nothing for no limit' }
}

export function readPriority(text: string): Read<number> {
  const value = text.trim() === '' ? 0 : Number(text)
  if (Number.isInteger(value) && value >= -100 && value <= 100) return { value }
  return { wrong: 'A whole number from −100 to 100' }
}
