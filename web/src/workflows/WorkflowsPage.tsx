/** All workflows: what each is, what starts it, and how its last runs went. Current while it is open. */
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Workflow as WorkflowIcon } from 'lucide-react'

import { fetchRuns, workflowsQuery } from '../api/queries'
import type { Run, Workflow } from '../api/types'
import { BACKSTOP, useLive } from '../api/useLive'
import { SearchField } from '../ui/Fields'
import { LoadMore } from '../ui/LoadMore'
import { Page, Panel } from '../ui/Page'
import { Command, Empty, ErrorState, Skeleton } from '../ui/states'
import { recentRuns } from './recent'
import { titleOf } from './title'
import { WorkflowRow } from './WorkflowRow'

const STARTS_AND_ENDS = ['workflow.started', 'workflow.finished'] as const
const KEYS = [['workflows'], ['recent']] as const
const nothing: Record<string, Run[]> = {}

export function WorkflowsPage() {
  const list = useInfiniteQuery(workflowsQuery())
  const workflows = list.data?.pages.flatMap((page) => page.items) ?? []
  const recent = useRecent(workflows)
  useLive({ types: STARTS_AND_ENDS, keys: KEYS, wait: 1_500 })
  const { q = '' } = useSearch({ from: '/' })
  const navigate = useNavigate({ from: '/' })
  const search = (text: string) => void navigate({ search: { q: text || undefined }, replace: true })
  return (
    <Page title="Workflows" actions={<SearchField label="Search workflows" value={q} onChange={search} />}>
      <Panel>
        {list.isPending ? (
          <Skeleton />
        ) : list.isLoadingError ? (
          <ErrorState error={list.error} retry={() => void list.refetch()} />
        ) : workflows.length === 0 ? (
          <NoWorkflows />
        ) : (
          <Rows workflows={workflows} search={q} recent={recent} />
        )}
        <LoadMore query={list} />
      </Panel>
    </Page>
  )
}

function useRecent(workflows: Workflow[]): Record<string, Run[]> {
  const names = workflows.map((workflow) => workflow.name)
  const { data } = useQuery({
    queryKey: ['recent', names],
    enabled: names.length > 0,
    placeholderData: keepPreviousData,
    refetchInterval: BACKSTOP,
    queryFn: ({ signal }) => recentRuns(names, (workflow, limit) => fetchRuns({ workflow }, limit, signal)),
  })
  return data ?? nothing
}

interface RowsProps {
  workflows: Workflow[]
  search: string
  recent: Record<string, Run[]>
}

function Rows({ workflows, search, recent }: RowsProps) {
  const wanted = search.trim().toLowerCase()
  const found = workflows.filter((item) => `${item.name} ${titleOf(item)}`.toLowerCase().includes(wanted))
  if (found.length === 0) {
    return (
      <Empty title="No workflow matches">
        <p>Nothing here is called “{search}”.</p>
      </Empty>
    )
  }
  return (
    <ul className="divide-y divide-line">
      {found.map((workflow) => (
        <WorkflowRow key={workflow.id} workflow={workflow} recent={recent[workflow.name]} />
      ))}
    </ul>
  )
}

function NoWorkflows() {
  return (
    <Empty title="No workflow yet" Icon={WorkflowIcon}>
      <p>Write one as YAML and apply it:</p>
      <Command>holdfast apply file.yaml</Command>
      <p>or start the server with the samples:</p>
      <Command>holdfast up --samples</Command>
    </Empty>
  )
}
