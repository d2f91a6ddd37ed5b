/**
 * What the readiness answer means to a reader: what isn't well, what that costs meanwhile, and what to do about it.
 *
 * The form of a check is open: a word, a flag, or an object with `status` and perhaps `detail`. What doesn't say that it
 * is well is told; a check that this build doesn't know by its own name and words.
 */
import type { Json, Readiness } from '../api/types'

const WELL = new Set(['ok', 'up', 'ready', 'disabled', 'off', 'not_configured'])

export interface Trouble {
  check: string
  /** What is the matter. */
  title: string
  /** What that means meanwhile, and what helps. */
  meaning: string
  /** What the server itself says of it; empty when that adds nothing. */
  detail: string
}

export interface Health {
  level: 'ok' | 'degraded' | 'down'
  troubles: Trouble[]
}

const KNOWN: Record<string, { title: string; meaning: string; told?: true }> = {
  store: {
    title: "The database can't be reached",
    meaning: 'Nothing can be read or accepted until it is back. What was accepted is safe in it.',
  },
  migrations: {
    title: 'The database is behind this version',
    meaning: 'Nothing is accepted until it is brought up to date: run `holdfast migrate`.',
  },
  workers: {
    title: 'No worker is running',
    meaning: 'Work is accepted and waits. It goes on when a worker starts: `holdfast worker`.',
  },
  redis: {
    title: "Redis can't be used",
    meaning: 'Nothing is lost: workers claim directly from the database until it is back.',
    told: true,
  },
  notifier: {
    title: "News doesn't travel between processes",
    meaning: 'Work is found by polling meanwhile, so it may start a few seconds later.',
  },
  threads: {
    title: 'Too many tasks ignore that they were stopped',
    meaning: 'This process runs no jobs until they end; other workers go on.',
  },
}

export function healthOf(ready: Readiness): Health {
  const troubles = Object.entries(ready.checks ?? {}).flatMap(([name, check]) => trouble(name, check))
  const level = ready.status === 'ok' ? 'ok' : ready.status === 'degraded' ? 'degraded' : 'down'
  return { level, troubles }
}

function trouble(check: string, value: Json): Trouble[] {
  const said = wordsOf(value)
  if (said === null) return []
  const known = Object.hasOwn(KNOWN, check) ? KNOWN[check] : undefined
  if (!known) return [{ check, title: said ? `${check}: ${said}` : check, meaning: '', detail: '' }]
  return [{ check, title: known.title, meaning: known.meaning, detail: known.told ? said : '' }]
}

/** What a check says, empty when it is wordless; null when it is well. */
function wordsOf(value: Json): string | null {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    if (isWell(value['status'] ?? value['ok'] ?? null)) return null
    const detail = value['detail'] ?? value['message'] ?? value['error'] ?? value['status']
    return typeof detail === 'string' ? detail : ''
  }
  if (isWell(value)) return null
  return typeof value === 'string' ? value : ''
}

function isWell(value: Json): boolean {
  return value === true || (typeof value === 'string' && WELL.has(value.toLowerCase()))
}
