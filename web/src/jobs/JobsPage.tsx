/** Every job: by state, queue, kind and run, all in the address; what can be done to those chosen, or to all that match. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Ban, ChevronDown, ListChecks, RotateCcw, Trash2, type LucideIcon } from 'lucide-react'
import { useReducer, useState } from 'react'

import { Allowed } from '../access/Allowed'
import { useCan } from '../access/useCan'
import { jobsQuery, type BulkAction, type JobFilter, type JobRecord } from '../api/jobs'
import { JOB_EVENTS } from '../api/stream'
import { BACKSTOP, useLive } from '../api/useLive'
import { Button } from '../ui/Button'
import { LoadMore } from '../ui/LoadMore'
import { Menu, MenuItem } from '../ui/Menu'
import { Page, Panel } from '../ui/Page'
import { Command, Empty, ErrorState, Skeleton } from '../ui/states'
import { can, canFind, WORDS } from './actions'
import { BulkDialog, type Asked } from './BulkDialog'
import { JOB_COLUMNS } from './columns'
import { Filters } from './Filters'
import { JobTable, NotLive } from './JobTable'
import { LIST_KEYS } from './keys'
import { chosenOf, NOTHING, step, type Selection, type Step } from './selection'
import { SelectionBar } from './SelectionBar'
import { StateTabs } from './StateTabs'

const ICONS: Record<BulkAction, LucideIcon> = { retry: RotateCcw, cancel: Ban, discard: Trash2 }
const ACTIONS = ['retry', 'cancel', 'discard'] as const
/** Reading more pages than this again with each event would be unkind; then the list only polls. */
const LIVE_PAGES = 4

export function JobsPage() {
  const filter = useSearch({ from: '/jobs' })
  const navigate = useNavigate({ from: '/jobs' })
  const [asked, ask] = useState<Asked | null>(null)
  const choose = (part: JobFilter) => void navigate({ search: { ...filter, ...part }, replace: true })
  return (
    <Page
      title="Jobs"
      actions={
        <>
          <Filters filter={filter} onChange={choose} />
          <Allowed area="jobs" role="operator">
            <AllMenu filter={filter} onAsk={ask} />
          </Allowed>
        </>
      }
    >
      <StateTabs filter={filter} />
      {/* A new filter begins with nothing chosen. */}
      <JobList key={JSON.stringify(filter)} filter={filter} asked={asked} ask={ask} />
    </Page>
  )
}

/** What can be done to all jobs that match, without choosing one. */
function AllMenu({ filter, onAsk }: { filter: JobFilter; onAsk: (asked: Asked) => void }) {
  return (
    <Menu
      trigger={
        <Button aria-label="Actions on every job that matches">
          Actions
          <ChevronDown size={14} aria-hidden />
        </Button>
      }
    >
      {ACTIONS.map((action) => (
        <MenuItem
          key={action}
          Icon={ICONS[action]}
          danger={action !== 'retry'}
          disabled={!canFind(action, filter)}
          onSelect={() => onAsk({ action, filter })}
        >
          {WORDS[action].verb} all that match…
        </MenuItem>
      ))}
      {!ACTIONS.some((action) => canFind(action, filter)) && (
        <p className="max-w-52 px-2 py-1.5 text-xs text-ink-faint">
          {filter.state
            ? 'Nothing can be done to jobs in this state.'
            : 'Choose a state, a queue or a kind first.'}
        </p>
      )}
    </Menu>
  )
}

interface ListProps {
  filter: JobFilter
  asked: Asked | null
  ask: (asked: Asked | null) => void
}

function JobList({ filter, asked, ask }: ListProps) {
  const list = useInfiniteQuery({ ...jobsQuery(filter), refetchInterval: BACKSTOP })
  const pages = list.data?.pages
  useLive({ types: JOB_EVENTS, keys: LIST_KEYS, wait: 1_000, enabled: (pages?.length ?? 0) <= LIVE_PAGES })
  const jobs = pages?.flatMap((page) => page.items) ?? []
  const ids = jobs.map((job) => job.id)
  const mayChange = useCan('jobs', 'operator')
  const [selection, act] = useReducer((now: Selection, action: Step) => step(now, ids, action), NOTHING)
  if (list.isPending) return <Panel children={<Skeleton rows={10} />} />
  if (list.isLoadingError) {
    return <Panel children={<ErrorState error={list.error} retry={() => void list.refetch()} />} />
  }
  return (
    <>
      <Panel>
        {jobs.length === 0 ? (
          <NoJobs filter={filter} />
        ) : (
          <JobTable
            label="Jobs"
            noun="job"
            jobs={jobs}
            columns={JOB_COLUMNS}
            selection={selection}
            act={act}
            choosing={mayChange}
          />
        )}
        <LoadMore query={list} />
        {(pages?.length ?? 0) > LIVE_PAGES && <NotLive />}
      </Panel>
      <Chosen filter={filter} jobs={jobs} selection={selection} act={act} ask={ask} more={list.hasNextPage} />
      <BulkDialog asked={asked} noun="job" onClose={() => ask(null)} onDone={() => act({ type: 'clear' })} />
    </>
  )
}

interface ChosenProps {
  filter: JobFilter
  jobs: readonly JobRecord[]
  selection: Selection
  act: (step: Step) => void
  ask: (asked: Asked) => void
  more: boolean
}

function Chosen({ filter, jobs, selection, act, ask, more }: ChosenProps) {
  const ids = new Set(
    chosenOf(
      selection,
      jobs.map((job) => job.id),
    ),
  )
  const mayChange = useCan('jobs', 'operator')
  if (ids.size === 0 || !mayChange) return null
  const chosen = jobs.filter((job) => ids.has(job.id))
  const possible = (action: BulkAction) =>
    selection.all ? canFind(action, filter) : chosen.some((job) => can(action, job.state))
  const named = Object.values(filter).some((part) => part !== undefined)
  return (
    <SelectionBar count={ids.size} noun="job" all={selection.all} mayMeanAll={more && named} act={act}>
      {ACTIONS.map((action) => {
        const Icon = ICONS[action]
        return (
          <Button
            key={action}
            look={action === 'retry' ? 'plain' : 'danger'}
            disabled={!possible(action)}
            onClick={() => ask({ action, filter: selection.all ? filter : { ids: [...ids] } })}
          >
            <Icon size={14} aria-hidden />
            {WORDS[action].verb}
          </Button>
        )
      })}
    </SelectionBar>
  )
}

function NoJobs({ filter }: { filter: JobFilter }) {
  if (Object.values(filter).some((part) => part !== undefined)) {
    return (
      <Empty title="No job matches" Icon={ListChecks}>
        <p>Choose another state, or take a filter away.</p>
      </Empty>
    )
  }
  return (
    <Empty title="No job yet" Icon={ListChecks}>
      <p>Each step of a run is a job. One alone is inserted with</p>
      <Command>holdfast jobs insert noop</Command>
    </Empty>
  )
}
