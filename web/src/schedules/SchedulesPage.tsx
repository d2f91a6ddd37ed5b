/** Every clock of workflows and rules: when it fires next, pause and resume, its coming times and its backfills. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { CalendarClock } from 'lucide-react'
import { useState } from 'react'

import { schedulesQuery, type Clock } from '../api/schedules'
import { SearchField } from '../ui/Fields'
import { LoadMore } from '../ui/LoadMore'
import { Page, Panel } from '../ui/Page'
import { Command, Empty, ErrorState, Skeleton } from '../ui/states'
import { Table, type Column } from '../ui/Table'
import { ClockRow } from './ClockRow'
import { wordsOf } from './times'

const REFRESH = 10_000
const COLUMNS: readonly Column[] = [
  { key: 'open', title: '', label: 'Details', width: '36px' },
  { key: 'owner', title: 'Owner' },
  { key: 'clock', title: 'Fires' },
  { key: 'next', title: 'Next time' },
  { key: 'active', title: 'Active', width: '90px' },
  { key: 'actions', title: '', label: 'Actions', width: '48px' },
]

export function SchedulesPage() {
  const list = useInfiniteQuery({ ...schedulesQuery(), refetchInterval: REFRESH })
  const [search, find] = useState('')
  const clocks = list.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <Page title="Schedules" actions={<SearchField label="Search schedules" value={search} onChange={find} />}>
      <Panel>
        {list.isPending ? (
          <Skeleton />
        ) : list.isLoadingError ? (
          <ErrorState error={list.error} retry={() => void list.refetch()} />
        ) : clocks.length === 0 ? (
          <NoClock />
        ) : (
          <Clocks clocks={clocks} search={search} />
        )}
        <LoadMore query={list} />
      </Panel>
    </Page>
  )
}

function Clocks({ clocks, search }: { clocks: Clock[]; search: string }) {
  const wanted = search.trim().toLowerCase()
  const found = clocks.filter((clock) =>
    `${clock.owner.name} ${clock.id} ${wordsOf(clock.definition)}`.toLowerCase().includes(wanted),
  )
  if (found.length === 0) {
    return (
      <Empty title="No schedule matches" Icon={CalendarClock}>
        <p>No clock here answers to “{search}”.</p>
      </Empty>
    )
  }
  return (
    <Table label="Schedules" columns={COLUMNS}>
      {found.map((clock) => (
        <ClockRow key={clock.row} clock={clock} columns={COLUMNS.length} />
      ))}
    </Table>
  )
}

function NoClock() {
  return (
    <Empty title="No schedule yet" Icon={CalendarClock}>
      <p>
        Give a workflow or a rule a trigger of the type cron, every or at: in the workflow’s editor under
        Triggers, on a rule’s page, or in a file.
      </p>
      <Command>{'{id: nightly, type: cron, cron: "30 2 * * *"}'}</Command>
    </Empty>
  )
}
