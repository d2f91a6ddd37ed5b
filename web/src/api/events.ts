/**
 * Events of any type, live, and events that one posts.
 *
 * The stream is resumed after its last id when it breaks, with a delay that grows, so nothing is missed while a page is
 * open. Modes: connecting, open, away (it tries again, or waits until its tab is shown). A refusal that won't change (401,
 * 422) ends it with the error.
 */
import { asProblem, call, newKey, Problem, query } from './http'
import { FrameReader, type Frame } from './sse'
import type { StreamState } from './stream'
import type { HoldfastEvent, Json } from './types'

export interface TailFilter {
  /** One whole type; patterns are the reader's business. */
  type?: string | undefined
  run?: string | undefined
  job?: string | undefined
}

interface TailOptions {
  filter: TailFilter
  /** Resume after this id; null: what comes from now on. */
  after: string | null
  onEvents: (events: HoldfastEvent[]) => void
  /** Events behind the cursor were deleted before they were read. */
  onGap: () => void
  onState: (state: StreamState) => void
  onRefused: (problem: Problem) => void
}

const FIRST_DELAY = 1_000
const LONGEST_DELAY = 30_000

/** Follows the stream; the answer ends it. */
export function followEvents(options: TailOptions): () => void {
  const stop = new AbortController()
  void follow(options, stop.signal)
  return () => stop.abort()
}

async function follow(options: TailOptions, signal: AbortSignal): Promise<void> {
  const place = { after: options.after }
  let delay = FIRST_DELAY
  while (!stopped(signal)) {
    if (document.hidden) await shown(signal)
    options.onState('connecting')
    const reading = whileShown(signal)
    try {
      await readOnce(options, place, reading.signal, () => {
        delay = FIRST_DELAY
        options.onState('open')
      })
    } catch (error) {
      if (stopped(signal)) return
      const problem = asProblem(error)
      if (problem.status >= 400 && problem.status < 500) {
        options.onRefused(problem)
        return
      }
    } finally {
      reading.end()
    }
    options.onState('away')
    if (document.hidden) continue
    await pause(delay, signal)
    delay = Math.min(delay * 2, LONGEST_DELAY)
  }
}

/** Asked anew: it may have become true while something was awaited. */
function stopped(signal: AbortSignal): boolean {
  return signal.aborted
}

/** A signal that ends with `signal`, and when the tab is hidden: a browser grants one origin few connections. */
function whileShown(signal: AbortSignal): { signal: AbortSignal; end: () => void } {
  const reading = new AbortController()
  const end = () => {
    document.removeEventListener('visibilitychange', onVisibility)
    signal.removeEventListener('abort', onStop)
  }
  const onStop = () => reading.abort()
  const onVisibility = () => {
    if (document.hidden) reading.abort()
  }
  document.addEventListener('visibilitychange', onVisibility)
  signal.addEventListener('abort', onStop)
  return { signal: reading.signal, end }
}

function shown(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (document.hidden && !signal.aborted) return
      document.removeEventListener('visibilitychange', look)
      resolve()
    }
    document.addEventListener('visibilitychange', look)
    signal.addEventListener('abort', look)
  })
}

async function readOnce(
  options: TailOptions,
  place: { after: string | null },
  signal: AbortSignal,
  onOpen: () => void,
): Promise<void> {
  const response = await fetch(`/api/v1/events/stream${query({ ...options.filter, after: place.after })}`, {
    headers: { Accept: 'text/event-stream' },
    credentials: 'same-origin',
    signal,
  })
  if (!response.ok || !response.body) throw await refused(response)
  onOpen()
  const reader = new FrameReader()
  const text = new TextDecoder()
  const body = response.body.getReader()
  for (;;) {
    const { done, value } = await body.read()
    if (done) return
    take(reader.read(text.decode(value, { stream: true })), options, place)
  }
}

function take(frames: Frame[], options: TailOptions, place: { after: string | null }): void {
  const events: HoldfastEvent[] = []
  for (const frame of frames) {
    if (frame.id !== null) place.after = frame.id
    if (frame.event === 'reset') options.onGap()
    else if (frame.data) events.push(JSON.parse(frame.data) as HoldfastEvent)
  }
  if (events.length > 0) options.onEvents(events)
}

async function refused(response: Response): Promise<Problem> {
  const body = (await response.json().catch(() => null)) as { title?: string; detail?: string } | null
  return new Problem(response.status, body?.title ?? response.statusText, body?.detail ?? '')
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

export function postEvent(type: string, data: Json, subject: string | null): Promise<{ id: string }> {
  return call('/api/v1/events', {
    method: 'POST',
    body: subject ? { type, data, subject } : { type, data },
    idempotencyKey: newKey(),
  })
}
