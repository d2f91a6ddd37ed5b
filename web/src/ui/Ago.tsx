/** A time, relative to now; the exact one on hover and for screen readers. */
import { absolute, durationBetween, relative } from './format'
import { useNow } from './useNow'

export function Ago({ at }: { at: string | null }) {
  const now = useNow(5_000)
  if (at === null) return <span className="text-ink-faint">–</span>
  const exact = absolute(at)
  return (
    <time dateTime={at} title={exact} className="whitespace-nowrap tabular-nums">
      {relative(at, now)}
    </time>
  )
}

interface TookProps {
  from: string | null
  to: string | null
  /** Shown when nothing started. */
  none?: string
}

/** How long something took; counting while it goes on. */
export function Took({ from, to, none = '–' }: TookProps) {
  return to === null && from !== null ? (
    <Counting from={from} />
  ) : (
    <span className="tabular-nums">{durationBetween(from, to, 0) ?? none}</span>
  )
}

function Counting({ from }: { from: string }) {
  const now = useNow(1_000)
  const text = durationBetween(from, null, Math.max(now, Date.parse(from)))
  return <span className="tabular-nums">{text}</span>
}
