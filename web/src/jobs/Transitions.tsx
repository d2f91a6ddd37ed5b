/** Every move of a job as a vertical line of time, with the reason and how long it had been where it was. */
import { CirclePlay } from 'lucide-react'

import type { JobTransition } from '../api/jobs'
import { labelOf, toneOf } from '../graph/states'
import { absolute, clockTime, durationBetween, shortId } from '../ui/format'
import { StateIcon } from '../ui/StateBadge'
import { reasonOf } from './brief'

export function Transitions({ transitions }: { transitions: readonly JobTransition[] }) {
  if (transitions.length === 0) {
    return <p className="px-4 py-3 text-xs text-ink-faint">Nothing is on record any more.</p>
  }
  return (
    <ol className="px-4 py-3">
      {transitions.map((transition, index) => (
        <Move
          key={index}
          transition={transition}
          before={transitions[index - 1]}
          last={index === transitions.length - 1}
        />
      ))}
    </ol>
  )
}

interface MoveProps {
  transition: JobTransition
  before: JobTransition | undefined
  last: boolean
}

function Move({ transition, before, last }: MoveProps) {
  const stayed = before && durationBetween(before.at, transition.at, 0)
  return (
    <li data-tone={toneOf(transition.to)} className="relative flex gap-3 pb-3 last:pb-0">
      {!last && <span aria-hidden className="absolute top-5 bottom-0 left-[6.5px] w-px bg-line-strong" />}
      <span className="z-10 mt-0.5 self-start bg-panel py-0.5">
        {/* What ran is past: only the last move may turn. */}
        {!last && transition.to === 'RUNNING' ? (
          <CirclePlay size={14} aria-hidden className="text-tone" />
        ) : (
          <StateIcon state={transition.to} />
        )}
      </span>
      <div className="min-w-0 flex-1 text-xs leading-5">
        <div className="flex items-baseline gap-2">
          <span className="text-[13px] font-medium text-tone">{labelOf(transition.to)}</span>
          <time
            dateTime={transition.at}
            title={absolute(transition.at)}
            className="ml-auto font-mono text-[11px] text-ink-faint tabular-nums"
          >
            {clockTime(transition.at)}
          </time>
        </div>
        <p className="text-ink-soft">
          {reasonOf(transition.reason)}
          {stayed && (
            <span className="text-ink-faint">
              {' '}
              after {stayed} {labelOf(before.to).toLowerCase()}
            </span>
          )}
        </p>
        {transition.message && (
          <p className="line-clamp-3 font-mono break-words text-ink-faint" title={transition.message}>
            {transition.message}
          </p>
        )}
        {transition.worker && transition.to === 'RUNNING' && (
          <p className="text-ink-faint" title={transition.worker}>
            worker <span className="font-mono">{shortId(transition.worker)}</span>
          </p>
        )}
      </div>
    </li>
  )
}
