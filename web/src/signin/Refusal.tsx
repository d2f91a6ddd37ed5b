/** Why one may not come in; held back, it counts down to when one may try again. */
import { useEffect, useState } from 'react'

import { asProblem } from '../api/http'
import { Refusal as Refused } from '../ui/FormFoot'
import { waitText } from './waiting'

interface Props {
  error: unknown
  /** When it was told, in ms. */
  at: number
  onOver: () => void
}

export function Refusal({ error, at, onOver }: Props) {
  const { status, retryAfter } = asProblem(error)
  if (status !== 429 || retryAfter === null) return <Refused error={error} />
  return <Held key={at} until={at + retryAfter * 1_000} onOver={onOver} />
}

function Held({ until, onOver }: { until: number; onOver: () => void }) {
  const [left, setLeft] = useState(() => secondsTo(until))
  useEffect(() => {
    const timer = setInterval(() => {
      setLeft(secondsTo(until))
      if (secondsTo(until) === 0) onOver()
    }, 250)
    return () => clearInterval(timer)
  }, [until, onOver])
  return (
    <div data-tone="waiting" className="rounded-md bg-tone-soft px-2.5 py-1.5 text-tone">
      {/* Said once; the seconds are for the eye. */}
      <p role="alert">Too many attempts. Wait a moment before the next one.</p>
      <p aria-hidden className="text-xs tabular-nums">
        {waitText(left)}
      </p>
    </div>
  )
}

function secondsTo(until: number): number {
  return Math.max(0, Math.ceil((until - Date.now()) / 1_000))
}
