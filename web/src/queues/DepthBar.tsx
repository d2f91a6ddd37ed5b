/** What stands in a queue: a bar as long as its share of the deepest queue, cut by state; the same in words beside it. */
import { Link } from '@tanstack/react-router'

import type { Queue } from '../api/queues'
import { toneOf } from '../graph/states'
import { compact } from '../jobs/counts'
import { depthOf, described, partsOf } from './depth'

/** Where the jobs of a part are listed. What waits for its key is pending. */
const LISTED: Record<string, string> = { PAUSED: 'PENDING' }

export function DepthBar({ queue, deepest }: { queue: Queue; deepest: number }) {
  const parts = partsOf(queue)
  const depth = depthOf(queue)
  if (parts.length === 0) return <span className="text-xs text-ink-faint">empty</span>
  return (
    <div className="flex min-w-48 max-sm:min-w-32 flex-col gap-1.5">
      <div role="img" aria-label={described(queue)} className="h-2 w-full rounded-full bg-raised">
        <div
          className="flex h-full min-w-2 gap-px overflow-hidden rounded-full"
          style={{ width: `${(depth / Math.max(1, deepest)) * 100}%` }}
        >
          {parts.map((part) => (
            <span
              key={part.state}
              data-tone={toneOf(part.state)}
              className="h-full min-w-0.5 bg-tone-mark"
              style={{ flexGrow: part.count }}
            />
          ))}
        </div>
      </div>
      <div className="flex flex-wrap gap-x-3 gap-y-0.5 text-xs text-ink-soft">
        {parts.map((part) => (
          <Link
            key={part.state}
            to="/jobs"
            search={{ state: LISTED[part.state] ?? part.state, queue: queue.name }}
            data-tone={toneOf(part.state)}
            className="inline-flex items-center gap-1.5 rounded whitespace-nowrap hover:underline"
          >
            <span aria-hidden className="size-1.5 rounded-full bg-tone-mark" />
            <span className="tabular-nums">{compact(part.count)}</span> {part.label}
          </Link>
        ))}
      </div>
    </div>
  )
}
