/** The two runs, A and B, each with its state, version and times; and a button that swaps them. */
import { useNavigate } from '@tanstack/react-router'
import { ArrowLeftRight } from 'lucide-react'

import type { Run } from '../../api/types'
import { Ago, Took } from '../../ui/Ago'
import { StateBadge } from '../../ui/StateBadge'
import { VersionTag } from '../../workflows/labels'
import { RunLink } from '../Lineage'
import { TestTag } from '../TestTag'

export function CompareHeading({ a, b }: { a: Run; b: Run }) {
  const navigate = useNavigate({ from: '/compare' })
  const swap = () => void navigate({ search: (old) => ({ ...old, a: old.b, b: old.a }), replace: true })
  return (
    <div className="space-y-2">
      <h1 className="text-base font-semibold tracking-tight">
        Compare{' '}
        <span className="font-normal text-ink-soft">
          {a.workflow === b.workflow ? `two runs of ${a.workflow}` : `${a.workflow} with ${b.workflow}`}
        </span>
      </h1>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <Side letter="A" run={a} />
        <button
          type="button"
          aria-label="Swap the runs"
          title="Swap the runs"
          onClick={swap}
          className="rounded p-1 text-ink-faint hover:bg-raised hover:text-ink"
        >
          <ArrowLeftRight size={14} aria-hidden />
        </button>
        <Side letter="B" run={b} />
      </div>
    </div>
  )
}

function Side({ letter, run }: { letter: string; run: Run }) {
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1 rounded-md border border-line bg-panel px-2.5 py-1.5 text-xs">
      <Letter letter={letter} />
      <StateBadge state={run.state} />
      <RunLink id={run.id} />
      {run.test ? <TestTag /> : <VersionTag version={run.version} />}
      <span className="text-ink-soft">
        <Took from={run.started_at} to={run.finished_at} />
      </span>
      <span className="text-ink-faint">
        <Ago at={run.started_at ?? run.created_at} />
      </span>
    </div>
  )
}

export function Letter({ letter }: { letter: string }) {
  return (
    <span className="inline-flex size-5 shrink-0 items-center justify-center rounded bg-raised text-[11px] font-semibold text-ink-soft">
      {letter}
    </span>
  )
}
