/** Times, durations and small texts for people. Pure: `now` is given. */

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** `840 ms`, `2.4 s`, `3 m 05 s`, `2 h 10 m`, `4 d 3 h`. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return '–'
  if (ms < SECOND) return `${Math.max(0, Math.round(ms))} ms`
  // Rounded first: 59.97 s is one minute, not "60.0 s".
  if (ms < MINUTE - 50) return `${(ms / SECOND).toFixed(1)} s`
  if (ms < HOUR) return pair(ms, MINUTE, 'm', SECOND, 's')
  if (ms < DAY) return pair(ms, HOUR, 'h', MINUTE, 'm')
  return pair(ms, DAY, 'd', HOUR, 'h')
}

function pair(ms: number, big: number, bigUnit: string, small: number, smallUnit: string): string {
  const rounded = Math.round(ms / small) * small
  const rest = String(Math.floor((rounded % big) / small)).padStart(2, '0')
  return `${Math.floor(rounded / big)} ${bigUnit} ${rest} ${smallUnit}`
}

/** Between two times, the second being `now` when there is none yet; null before the first. */
export function durationBetween(from: string | null, to: string | null, now: number): string | null {
  if (from === null) return null
  return duration((to === null ? now : Date.parse(to)) - Date.parse(from))
}

/** `just now`, `14 s ago`, `3 m ago`, `in 2 h`. */
export function relative(at: string, now: number): string {
  const distance = now - Date.parse(at)
  const size = Math.abs(distance)
  if (!Number.isFinite(size)) return at
  if (size < 5 * SECOND) return 'just now'
  const text = unitOf(size)
  return distance > 0 ? `${text} ago` : `in ${text}`
}

function unitOf(size: number): string {
  if (size < MINUTE) return `${Math.floor(size / SECOND)} s`
  if (size < HOUR) return `${Math.floor(size / MINUTE)} m`
  if (size < DAY) return `${Math.floor(size / HOUR)} h`
  return `${Math.floor(size / DAY)} d`
}

/** The reader's own date and time, with the zone named. */
export function absolute(at: string): string {
  const time = new Date(at)
  if (Number.isNaN(time.getTime())) return at
  return time.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'long' })
}

/** `14:03:27.120`, for lists whose day is known. */
export function clockTime(at: string): string {
  const time = new Date(at)
  if (Number.isNaN(time.getTime())) return at
  const two = (value: number) => String(value).padStart(2, '0')
  const ms = String(time.getMilliseconds()).padStart(3, '0')
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${ms}`
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** Enough of an id to tell it from others. Ids that sort by time differ at their end, so the end is what is kept. */
export function shortId(id: string): string {
  return id.length > 12 ? `…${id.slice(-8)}` : id
}
