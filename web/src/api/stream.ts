/**
 * The live event stream (SSE) as hints: it says *that* something changed, and the page reads it again.
 *
 * Modes: open, or away (the browser reconnects by itself, with `Last-Event-ID`). A stream that the server refused for
 * good is opened again with a growing delay. While the tab is hidden the stream is closed, because a browser grants one
 * origin few connections and a second tab would starve; coming back opens it anew and reports `onOpen`, on which the
 * page reads everything again. So a missed event costs latency only.
 */
import { query } from './http'
import type { HoldfastEvent } from './types'

export const RUN_EVENTS = [
  'workflow.started',
  'workflow.paused',
  'workflow.resumed',
  'workflow.compensating',
  'workflow.finished',
  'node.started',
  'node.waiting',
  'node.completed',
  'node.failed',
  'node.skipped',
] as const

export const JOB_EVENTS = [
  'job.scheduled',
  'job.started',
  'job.waiting',
  'job.succeeded',
  'job.failed',
  'job.retrying',
  'job.dead',
  'job.cancelled',
] as const

export type StreamState = 'connecting' | 'open' | 'away'

interface StreamOptions {
  run?: string | undefined
  types: readonly string[]
  onEvent: (event: HoldfastEvent) => void
  /** Opened, opened again, or told `reset`: whatever was read before may be old. */
  onOpen: () => void
  onState: (state: StreamState) => void
}

const FIRST_DELAY = 1_000
const LONGEST_DELAY = 30_000

/** Opens the stream; the answer closes it. */
export function openStream(options: StreamOptions): () => void {
  let source: EventSource | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let delay = FIRST_DELAY

  const close = () => {
    clearTimeout(timer)
    source?.close()
    source = undefined
  }
  const open = () => {
    close()
    options.onState('connecting')
    source = new EventSource(`/api/v1/events/stream${query({ run: options.run })}`)
    source.onopen = () => {
      delay = FIRST_DELAY
      options.onState('open')
      options.onOpen()
    }
    source.onerror = () => {
      options.onState('away')
      if (source?.readyState !== EventSource.CLOSED) return
      timer = setTimeout(open, delay)
      delay = Math.min(delay * 2, LONGEST_DELAY)
    }
    for (const type of options.types) source.addEventListener(type, deliver)
    source.addEventListener('reset', options.onOpen)
  }
  const deliver = (message: MessageEvent<string>) => {
    const event = parse(message.data)
    if (event) options.onEvent(event)
  }
  const onVisibility = () => {
    if (document.hidden) close()
    else open()
  }

  document.addEventListener('visibilitychange', onVisibility)
  if (!document.hidden) open()
  return () => {
    document.removeEventListener('visibilitychange', onVisibility)
    close()
  }
}

function parse(data: string): HoldfastEvent | null {
  try {
    return JSON.parse(data) as HoldfastEvent
  } catch {
    return null
  }
}
