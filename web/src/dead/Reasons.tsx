/** What the listed letters died of, so that one storm of one error is seen as one; a reason narrows the list to its kind. */
import { Link } from '@tanstack/react-router'

import type { JobRecord } from '../api/jobs'
import { reasonsOf } from './reasons'

const SHOWN = 6

export function Reasons({ jobs, more }: { jobs: readonly JobRecord[]; more: boolean }) {
  const reasons = reasonsOf(jobs)
  if (reasons.length < 2) return null
  return (
    <ul
      aria-label={more ? `Reasons of the ${jobs.length} newest` : 'Reasons'}
      className="-mb-1 flex flex-wrap gap-2"
    >
      {reasons.slice(0, SHOWN).map(({ kind, error, count }) => (
        <li key={`${kind} ${error}`}>
          <Link
            to="/dead"
            search={(now) => ({ ...now, kind })}
            title={`Only the kind ${kind}`}
            className="inline-flex h-7 items-center gap-2 rounded-md border border-line bg-panel px-2.5 text-xs hover:bg-raised"
          >
            <span className="font-medium tabular-nums">{count}</span>
            <span className="text-ink-soft">{kind}</span>
            <span data-tone="failure" className="font-mono text-tone">
              {error}
            </span>
          </Link>
        </li>
      ))}
    </ul>
  )
}
