/**
 * Says when the server is degraded, not ready or away: what is the matter, what it costs, and what helps.
 *
 * Nothing while all is well or the first answer is awaited. What was read stays on the page meanwhile.
 */
import { useQuery } from '@tanstack/react-query'
import { CloudOff, TriangleAlert } from 'lucide-react'

import { asProblem } from '../api/http'
import { readyQuery } from '../api/queries'
import { healthOf, type Health, type Trouble } from './health'

const AWAY: Trouble = {
  check: 'server',
  title: "The server can't be reached",
  meaning: 'What you see is what was read last. The page tries again by itself.',
  detail: '',
}

export function HealthBanner() {
  const { data, error } = useQuery(readyQuery())
  const health = error ? unreachable(error) : data ? healthOf(data) : null
  if (!health || health.level === 'ok') return null
  const Icon = error ? CloudOff : TriangleAlert
  return (
    <div
      role="status"
      aria-label="Health"
      data-tone={health.level === 'degraded' ? 'waiting' : 'failure'}
      className="flex gap-2.5 bg-tone-soft px-4 py-2 text-tone md:px-6"
    >
      <Icon size={15} aria-hidden className="mt-0.5 shrink-0" />
      <div className="min-w-0 space-y-1">
        {health.level === 'down' && !error && (
          <p className="font-semibold">Holdfast takes no work right now.</p>
        )}
        {health.troubles.map((trouble) => (
          <p key={trouble.check} className="break-words">
            <strong className="font-semibold">{trouble.title}.</strong> <Words text={words(trouble)} />
          </p>
        ))}
        {health.troubles.length === 0 && <p>Something isn’t well; the server doesn’t say what.</p>}
      </div>
    </div>
  )
}

function unreachable(error: unknown): Health {
  const problem = asProblem(error)
  const trouble: Trouble =
    problem.status === 0 ? AWAY : { ...AWAY, title: problem.title, detail: problem.detail }
  return { level: 'down', troubles: [trouble] }
}

function words({ meaning, detail }: Trouble): string {
  return detail ? `${meaning} (${detail})` : meaning
}

/** What stands between backticks is a command. */
function Words({ text }: { text: string }) {
  return text.split('`').map((part, index) =>
    index % 2 === 1 ? (
      <code key={index} className="font-mono text-xs">
        {part}
      </code>
    ) : (
      part
    ),
  )
}
