/** One run in a list: state, what started it, how long it took and when it began. Memoised: only what changed is drawn. */
import { Link } from '@tanstack/react-router'
import { memo } from 'react'

import type { Run } from '../api/types'
import { Ago, Took } from '../ui/Ago'
import { shortId } from '../ui/format'
import { StateBadge } from '../ui/StateBadge'
import { VersionTag } from '../workflows/labels'
import { TriggerIcon } from '../workflows/TriggerKinds'
import { TestTag } from './TestTag'
import { triggerOf } from './trigger'

interface Props {
  run: Run
  named: boolean
  selected: boolean
  selectable: boolean
  onToggle: (id: string) => void
}

export const RunRow = memo(function RunRow({ run, named, selected, selectable, onToggle }: Props) {
  const trigger = triggerOf(run.trigger)
  return (
    <li className="group flex items-center pl-4 hover:bg-raised has-checked:bg-accent-soft">
      <input
        type="checkbox"
        checked={selected}
        disabled={!selectable}
        onChange={() => onToggle(run.id)}
        aria-label={`Select the run ${shortId(run.id)} to compare`}
        title="Select to compare"
        className="size-3.5 shrink-0 accent-[var(--accent-solid)] disabled:opacity-40"
      />
      <Link
        to="/runs/$id"
        params={{ id: run.id }}
        className="flex min-w-0 flex-1 flex-wrap items-center gap-x-4 gap-y-1 py-2.5 pr-4 pl-3 focus-visible:-outline-offset-2"
      >
        <span className="w-[6.5rem]">
          <StateBadge state={run.state} />
        </span>
        <span className="flex min-w-0 flex-[1_1_9rem] items-center gap-2">
          {named && <span className="truncate font-medium">{run.workflow}</span>}
          <span
            title={run.id}
            className={`font-mono text-xs whitespace-nowrap ${named ? 'text-ink-faint max-sm:hidden' : ''}`}
          >
            {shortId(run.id)}
          </span>
          {run.test ? <TestTag /> : <VersionTag version={run.version} />}
        </span>
        <span className="flex w-40 items-center max-sm:w-auto gap-1.5 text-xs text-ink-soft">
          <TriggerIcon type={trigger.type} />
          <span className="truncate" title={trigger.label}>
            {trigger.label}
          </span>
        </span>
        <span className="ml-auto flex items-center gap-4 text-xs text-ink-soft">
          <span className="w-16 text-right">
            <Took from={run.started_at} to={run.finished_at} />
          </span>
          <span className="w-[4.5rem] text-right">
            <Ago at={run.started_at ?? run.created_at} />
          </span>
        </span>
      </Link>
    </li>
  )
})
