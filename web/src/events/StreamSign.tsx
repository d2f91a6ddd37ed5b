/** Whether the stream runs, as a dot and a word. */
import type { StreamState } from '../api/stream'

const SIGNS = {
  open: { tone: 'success', word: 'Live' },
  connecting: { tone: 'neutral', word: 'Connecting' },
  away: { tone: 'failure', word: 'Away' },
  paused: { tone: 'waiting', word: 'Paused' },
} as const

export function StreamSign({ state, paused }: { state: StreamState; paused: boolean }) {
  const { tone, word } = SIGNS[paused && state === 'open' ? 'paused' : state]
  return (
    <span role="status" data-tone={tone} className="inline-flex items-center gap-1.5 px-1 text-xs text-tone">
      <span aria-hidden className="size-2 rounded-full bg-tone-mark" />
      {word}
    </span>
  )
}
