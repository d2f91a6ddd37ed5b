/** A clock's words, times in a zone, and how far a backfill has come. Pure. */
import type { Backfill, Clock } from '../api/schedules'
import type { Json } from '../api/types'

/** `0 7 * * 1-5`, `every 15m`, `once, Thu 24 Dec 2026, 18:00`. */
export function wordsOf(definition: Clock['definition']): string {
  const { cron, every, at } = definition
  if (typeof cron === 'string') return cron
  if (isText(every)) return `every ${every}`
  if (typeof at === 'string') return `once, ${inZone(at, zoneOf(definition)) ?? at}`
  return '?'
}

function isText(value: Json | undefined): value is string | number {
  return typeof value === 'string' || typeof value === 'number'
}

export function zoneOf(definition: Clock['definition']): string {
  return typeof definition['timezone'] === 'string' ? definition['timezone'] : 'UTC'
}

/** `Mon 23 Nov 2026, 07:00`, with seconds where it has some; null for a zone that this browser doesn't know. */
export function inZone(at: string, zone: string | undefined): string | null {
  const time = new Date(at)
  if (Number.isNaN(time.getTime())) return null
  try {
    const parts = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      weekday: 'short',
      day: '2-digit',
      month: 'short',
      year: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    }).formatToParts(time)
    const part = (type: string) => parts.find((each) => each.type === type)?.value ?? ''
    const date = `${part('weekday')} ${part('day')} ${part('month')} ${part('year')}`
    const seconds = part('second') === '00' ? '' : `:${part('second')}`
    return `${date}, ${part('hour')}:${part('minute')}${seconds}`
  } catch {
    return null
  }
}

/** The reader's own zone. */
export function localZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone
}

/** Why a clock doesn't fire, or null while it does. */
export function idleReason(clock: Clock): string | null {
  if (clock.paused) return 'paused'
  if (!clock.active) return `the ${clock.owner.kind} is off, or no longer has it`
  return clock.next_at === null || clock.next_at === undefined ? 'never again' : null
}

/** How much of its range a backfill has passed, 0 to 1. */
export function progressOf(backfill: Backfill): number {
  if (backfill.state === 'FINISHED') return 1
  const [from, to] = [Date.parse(backfill.from), Date.parse(backfill.to)]
  if (backfill.next_at === null) return backfill.started > 0 && backfill.state === 'RUNNING' ? 1 : 0
  const share = to > from ? (Date.parse(backfill.next_at) - from) / (to - from) : 0
  return Math.min(1, Math.max(0, share))
}

/** What a `datetime-local` field holds as an instant; null while it holds none. */
export function instantOf(field: string): string | null {
  const time = new Date(field)
  return field && !Number.isNaN(time.getTime()) ? time.toISOString() : null
}

/** An instant as a `datetime-local` field holds it, in the reader's zone. */
export function fieldOf(time: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`
  return `${date}T${two(time.getHours())}:${two(time.getMinutes())}`
}
