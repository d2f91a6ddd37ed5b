/** What happens, as it happens: filtered by type, run or job, paused and resumed; one event beside the list. */
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Eraser, Pause, Play, Send } from 'lucide-react'
import { useState } from 'react'

import { Allowed } from '../access/Allowed'
import { JOB_EVENTS, RUN_EVENTS } from '../api/stream'
import type { HoldfastEvent } from '../api/types'
import { Beside } from '../ui/Beside'
import { Button } from '../ui/Button'
import { plural } from '../ui/format'
import { Page, Panel } from '../ui/Page'
import { Command, Empty, ErrorState } from '../ui/states'
import { EventFilters } from './EventFilters'
import { EventView } from './EventView'
import { PostEvent } from './PostEvent'
import { StreamSign } from './StreamSign'
import { fits, wholeType, type Tail } from './tail'
import { TailList } from './TailList'
import { useTail } from './useTail'

const KNOWN: readonly string[] = [...RUN_EVENTS, ...JOB_EVENTS]

export function EventsPage() {
  const filter = useSearch({ from: '/events' })
  const navigate = useNavigate({ from: '/events' })
  const { type = '', run, job } = filter
  const { tail, change, state, refused } = useTail({ type: wholeType(type, KNOWN), run, job })
  const [open, setOpen] = useState<HoldfastEvent | null>(null)
  const [posting, post] = useState(false)
  const shown = type ? tail.events.filter((event) => fits(event.type, type)) : tail.events
  return (
    <Page
      title="Events"
      actions={
        <>
          <StreamSign state={refused ? 'away' : state} paused={tail.paused} />
          <PauseButton tail={tail} onChange={(does) => change({ does })} />
          <Button onClick={() => change({ does: 'clear' })} disabled={tail.events.length === 0}>
            <Eraser size={14} aria-hidden /> Clear
          </Button>
          <Allowed area="events" role="operator">
            <Button onClick={() => post(true)}>
              <Send size={14} aria-hidden /> Post an event
            </Button>
          </Allowed>
        </>
      }
    >
      <EventFilters
        filter={filter}
        types={KNOWN}
        onChange={(part) => void navigate({ search: { ...filter, ...part }, replace: true })}
      />
      <div className={open ? 'grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_minmax(380px,460px)]' : ''}>
        <Panel className={open ? 'max-xl:order-2' : ''}>
          {refused ? (
            <ErrorState error={refused} />
          ) : shown.length === 0 ? (
            <Waiting filtered={Boolean(type || run || job)} />
          ) : (
            <TailList events={shown} open={open} onOpen={setOpen} />
          )}
        </Panel>
        {open && (
          <Beside>
            <EventView event={open} onClose={() => setOpen(null)} />
          </Beside>
        )}
      </div>
      <Told tail={tail} shown={shown.length} />
      <PostEvent open={posting} onOpenChange={post} />
    </Page>
  )
}

interface PauseProps {
  tail: Tail
  onChange: (does: 'pause' | 'resume') => void
}

function PauseButton({ tail, onChange }: PauseProps) {
  if (!tail.paused) {
    return (
      <Button onClick={() => onChange('pause')}>
        <Pause size={14} aria-hidden /> Pause
      </Button>
    )
  }
  return (
    <Button look="primary" onClick={() => onChange('resume')}>
      <Play size={14} aria-hidden /> Resume
      {tail.held.length > 0 && ` (${tail.held.length} new)`}
    </Button>
  )
}

function Told({ tail, shown }: { tail: Tail; shown: number }) {
  return (
    <p className="text-xs text-ink-faint">
      {plural(shown, 'event')} shown{shown < tail.events.length && ` of ${tail.events.length} kept`}.
      {tail.forgotten > 0 && ` ${plural(tail.forgotten, 'older event')} fell out of the list.`}
      {tail.gap && ' Some were deleted by retention before they could be read.'}
    </p>
  )
}

function Waiting({ filtered }: { filtered: boolean }) {
  return (
    <Empty title={filtered ? 'No such event yet' : 'Waiting for events'}>
      <p>What happens to runs and jobs, and what is posted, appears here as it happens.</p>
      <Command>{`holdfast events post order.paid --data '{"order": 1}'`}</Command>
    </Empty>
  )
}
