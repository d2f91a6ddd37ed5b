/** The last line of a card: the node's state in a run; how far its children are; or its states in two runs. */
import { ArrowRight, RotateCw } from 'lucide-react'

import { labelOf, toneOf } from '../graph/states'
import type { Against, ViewNode } from '../graph/view'
import type { Items } from '../api/types'
import { Took } from '../ui/Ago'
import { plural } from '../ui/format'
import { Progress } from '../ui/Progress'
import { StateIcon } from '../ui/StateBadge'

const LINE = 'mt-1.5 flex items-center gap-1.5 px-3 text-[11px] leading-4'

export function CardState({ view }: { view: ViewNode }) {
  if (view.against) return <ComparedLine state={view.state} against={view.against} />
  if (!view.state) return null
  if (view.items && view.items.total > 0) return <ItemsLine state={view.state} items={view.items} />
  return (
    <div className={LINE}>
      <StateIcon state={view.state} size={13} />
      <span className="font-medium text-tone">{waitingFor(view) ?? labelOf(view.state)}</span>
      {view.attempts > 1 && (
        <span
          title={plural(view.attempts, 'attempt')}
          className="inline-flex items-center gap-0.5 text-ink-soft"
        >
          <RotateCw size={10} aria-hidden />
          {view.attempts}
          <span className="sr-only">attempts</span>
        </span>
      )}
      <span className="ml-auto text-ink-faint">
        <Took from={view.startedAt} to={view.finishedAt} none="" />
      </span>
    </div>
  )
}

const WAITS: Record<string, string> = {
  approval: 'Needs approval',
  event: 'Waits for an event',
  callback: 'Waits for a call',
}

function waitingFor(view: ViewNode): string | null {
  return view.state === 'WAITING' && view.waits ? (WAITS[view.waits] ?? null) : null
}

function ItemsLine({ state, items }: { state: string; items: Items }) {
  return (
    <div className="mt-1 px-3 text-[11px] leading-4">
      <div className="flex items-center gap-1.5">
        <StateIcon state={state} size={13} />
        <span className="font-medium text-tone tabular-nums">
          {items.done.toLocaleString('en')} / {items.total.toLocaleString('en')}
        </span>
        {items.failed > 0 && (
          <span data-tone="failure" className="ml-auto text-tone tabular-nums">
            {items.failed.toLocaleString('en')} failed
          </span>
        )}
      </div>
      <Progress items={items} className="mt-0.5 h-1" />
    </div>
  )
}

function ComparedLine({ state, against }: { state: string | null; against: Against }) {
  return (
    <div className={LINE}>
      <OneState state={against.state} run="A" />
      <ArrowRight size={11} aria-label="and" className="text-ink-faint" />
      <OneState state={state} run="B" />
      <span className="ml-auto truncate pl-1 text-ink-soft" title={against.differs}>
        {against.differs ? shortly(against.differs) : 'same'}
      </span>
    </div>
  )
}

function OneState({ state, run }: { state: string | null; run: string }) {
  const label = `${run}: ${state ? labelOf(state) : 'not there'}`
  return (
    <span data-tone={state ? toneOf(state) : 'neutral'} title={label} className="inline-flex">
      {state ? <StateIcon state={state} size={13} /> : <span aria-hidden>–</span>}
      <span className="sr-only">{label}</span>
    </span>
  )
}

/** One word has room on a card, and how many more there are. */
function shortly(differs: string): string {
  const [first, ...more] = differs.split(', ')
  return more.length > 0 ? `${first ?? ''} +${more.length}` : (first ?? '')
}
