/** Says when the server is degraded, not ready or away. Nothing while all is well or the first answer is awaited. */
import { useQuery } from '@tanstack/react-query'
import { TriangleAlert } from 'lucide-react'

import { asProblem } from '../api/http'
import { readyQuery } from '../api/queries'
import { healthOf, type Health } from './health'

const WORDS: Record<Health['level'], string> = {
  ok: '',
  degraded: 'Holdfast works, but degraded.',
  down: 'Holdfast takes no work right now.',
}

export function HealthBanner() {
  const { data, error } = useQuery(readyQuery())
  const health: Health | null = error
    ? { level: 'down', troubles: [asProblem(error).message] }
    : data
      ? healthOf(data)
      : null
  if (!health || health.level === 'ok') return null
  return (
    <div
      role="status"
      data-tone={health.level === 'degraded' ? 'waiting' : 'failure'}
      className="flex flex-wrap items-center gap-x-2 bg-tone-soft px-4 py-2 text-tone md:px-6"
    >
      <TriangleAlert size={14} aria-hidden />
      <strong className="font-semibold">
        {asProblem(error).status === 0 ? "The server can't be reached." : WORDS[health.level]}
      </strong>
      <span>{health.troubles.join(' · ')}</span>
    </div>
  )
}
