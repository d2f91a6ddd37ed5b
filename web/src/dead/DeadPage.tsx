/** Dead letters: what used up its tries and waits for somebody; replay or discard one, those chosen, or all that match. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { ChevronDown, PartyPopper, RotateCcw, Skull, Trash2 } from 'lucide-react'
import { useReducer, useState } from 'react'

import { Allowed } from '../access/Allowed'
import { useCan } from '../access/useCan'
import { deadQuery, replayAll, type DeadFilter } from '../api/dead'
import { changeJobs, type BulkAction } from '../api/jobs'
import { BACKSTOP, useLive } from '../api/useLive'
import { BulkDialog, type Asked } from '../jobs/BulkDialog'
import { KindField, QueueChoice } from '../jobs/Filters'
import { JobTable, NotLive } from '../jobs/JobTable'
import { LIST_KEYS } from '../jobs/keys'
import { chosenOf, NOTHING, step, type Selection, type Step } from '../jobs/selection'
import { SelectionBar } from '../jobs/SelectionBar'
import { Button } from '../ui/Button'
import { LoadMore } from '../ui/LoadMore'
import { Menu, MenuItem } from '../ui/Menu'
import { Page, Panel } from '../ui/Page'
import { Empty, ErrorState, Skeleton } from '../ui/states'
import { DEAD_COLUMNS } from './columns'
import { Reasons } from './Reasons'

const NOUN = 'dead letter'
/** What makes or unmakes a dead letter. */
const EVENTS = ['job.dead', 'job.scheduled', 'job.cancelled'] as const
const LIVE_PAGES = 4

export function DeadPage() {
  const filter = useSearch({ from: '/dead' })
  const navigate = useNavigate({ from: '/dead' })
  const [asked, ask] = useState<Asked | null>(null)
  const choose = (part: DeadFilter) => void navigate({ search: { ...filter, ...part }, replace: true })
  return (
    <Page
      title="Dead letters"
      actions={
        <>
          <KindField
            key={filter.kind ?? ''}
            value={filter.kind ?? ''}
            onChange={(kind) => choose({ kind })}
          />
          <QueueChoice value={filter.queue ?? ''} onChange={(queue) => choose({ queue })} />
          <Allowed area="dead-letters" role="operator">
            <AllMenu onAsk={(action) => ask({ action, filter: { ...filter, state: 'DEAD' } })} />
          </Allowed>
        </>
      }
    >
      <DeadList key={JSON.stringify(filter)} filter={filter} asked={asked} ask={ask} />
    </Page>
  )
}

function AllMenu({ onAsk }: { onAsk: (action: BulkAction) => void }) {
  return (
    <Menu
      trigger={
        <Button aria-label="Actions on every dead letter that matches">
          Actions
          <ChevronDown size={14} aria-hidden />
        </Button>
      }
    >
      <MenuItem Icon={RotateCcw} onSelect={() => onAsk('retry')}>
        Replay all that match…
      </MenuItem>
      <MenuItem Icon={Trash2} danger onSelect={() => onAsk('discard')}>
        Discard all that match…
      </MenuItem>
    </Menu>
  )
}

interface ListProps {
  filter: DeadFilter
  asked: Asked | null
  ask: (asked: Asked | null) => void
}

function DeadList({ filter, asked, ask }: ListProps) {
  const list = useInfiniteQuery({ ...deadQuery(filter), refetchInterval: BACKSTOP })
  const pages = list.data?.pages
  useLive({ types: EVENTS, keys: LIST_KEYS, wait: 1_000, enabled: (pages?.length ?? 0) <= LIVE_PAGES })
  const jobs = pages?.flatMap((page) => page.items) ?? []
  const ids = jobs.map((job) => job.id)
  const mayChange = useCan('dead-letters', 'operator')
  const [selection, act] = useReducer((now: Selection, action: Step) => step(now, ids, action), NOTHING)
  if (list.isPending) {
    return (
      <Panel>
        <Skeleton rows={8} />
      </Panel>
    )
  }
  if (list.isLoadingError) {
    return (
      <Panel>
        <ErrorState error={list.error} retry={() => void list.refetch()} />
      </Panel>
    )
  }
  const chosen = chosenOf(selection, ids)
  const onChosen = (action: BulkAction) =>
    ask({ action, filter: selection.all ? { ...filter, state: 'DEAD' } : { ids: chosen } })
  return (
    <>
      <Reasons jobs={jobs} more={list.hasNextPage} />
      <Panel>
        {jobs.length === 0 ? (
          <NoDead filtered={filter.queue !== undefined || filter.kind !== undefined} />
        ) : (
          <JobTable
            label="Dead letters"
            noun={NOUN}
            jobs={jobs}
            columns={DEAD_COLUMNS}
            selection={selection}
            act={act}
            choosing={mayChange}
          />
        )}
        <LoadMore query={list} />
        {(pages?.length ?? 0) > LIVE_PAGES && <NotLive />}
      </Panel>
      {chosen.length > 0 && mayChange && (
        <SelectionBar
          count={chosen.length}
          noun={NOUN}
          all={selection.all}
          mayMeanAll={list.hasNextPage}
          act={act}
        >
          <Button onClick={() => onChosen('retry')}>
            <RotateCcw size={14} aria-hidden />
            Replay
          </Button>
          <Button look="danger" onClick={() => onChosen('discard')}>
            <Trash2 size={14} aria-hidden />
            Discard
          </Button>
        </SelectionBar>
      )}
      <BulkDialog
        asked={asked}
        noun={NOUN}
        verbs={{ retry: 'Replay' }}
        run={change}
        onClose={() => ask(null)}
        onDone={() => act({ type: 'clear' })}
      />
    </>
  )
}

/** A replay has an address of its own; a discard is the bulk call of jobs. */
function change({ action, filter }: Asked, reason: string) {
  if (action !== 'retry') return changeJobs({ action, filter, reason })
  const { queue, kind, ids } = filter
  return replayAll({ queue, kind, ids })
}

function NoDead({ filtered }: { filtered: boolean }) {
  if (filtered) {
    return (
      <Empty title="No dead letter matches" Icon={Skull}>
        <p>Take a filter away to see the others.</p>
      </Empty>
    )
  }
  return (
    <Empty title="No dead letters" Icon={PartyPopper}>
      <p>A job that has used up its tries comes here, and waits until somebody replays or discards it.</p>
    </Empty>
  )
}
