/** All workflows: what each is, what starts it, and how its last runs went. Current while it is open. */
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { SearchX, Workflow as WorkflowIcon } from 'lucide-react'
import { useEffect } from 'react'

import { fetchRuns, workflowsQuery } from '../api/queries'
import type { Run, Workflow } from '../api/types'
import { BACKSTOP, useLive } from '../api/useLive'
import { Button } from '../ui/Button'
import { SearchField } from '../ui/Fields'
import { LoadMore } from '../ui/LoadMore'
import { Page, Panel } from '../ui/Page'
import { Command, Empty, ErrorState, Skeleton } from '../ui/states'
import { allTags, found, type Wanted } from './filter'
import { NewMenu } from './NewMenu'
import { recentRuns } from './recent'
import { WorkflowRow } from './WorkflowRow'

const STARTS_AND_ENDS = ['workflow.started', 'workflow.finished'] as const
const KEYS = [['workflows'], ['recent']] as const
const nothing: Record<string, Run[]> = {}

export function WorkflowsPage() {
  const list = useInfiniteQuery(workflowsQuery())
  const workflows = list.data?.pages.flatMap((page) => page.items) ?? []
  const recent = useRecent(workflows)
  useLive({ types: STARTS_AND_ENDS, keys: KEYS, wait: 1_500 })
  const { q = '', tag } = useSearch({ from: '/' })
  const navigate = useNavigate({ from: '/' })
  const look = (wanted: { q?: string | undefined; tag?: string | undefined }) =>
    void navigate({ search: { q: q || undefined, tag, ...wanted }, replace: true })
  useWhole(list, q !== '' || tag !== undefined)
  return (
    <Page
      title="Workflows"
      actions={
        <>
          <SearchField
            label="Search workflows"
            value={q}
            onChange={(text) => look({ q: text || undefined })}
          />
          <NewMenu />
        </>
      }
    >
      <Tags workflows={workflows} chosen={tag} onChoose={(next) => look({ tag: next })} />
      <Panel>
        {list.isPending ? (
          <Skeleton />
        ) : list.isLoadingError ? (
          <ErrorState error={list.error} retry={() => void list.refetch()} />
        ) : workflows.length === 0 ? (
          <NoWorkflows />
        ) : (
          <Rows
            workflows={workflows}
            wanted={{ q, tag }}
            recent={recent}
            onClear={() => look({ q: undefined, tag: undefined })}
          />
        )}
        <LoadMore query={list} />
      </Panel>
    </Page>
  )
}

interface Pages {
  hasNextPage: boolean
  isFetching: boolean
  isFetchNextPageError: boolean
  fetchNextPage: () => unknown
}

/** Reads the list to its end while something is looked for in it. */
function useWhole({ hasNextPage, isFetching, isFetchNextPageError, fetchNextPage }: Pages, wanted: boolean) {
  const more = wanted && hasNextPage && !isFetching && !isFetchNextPageError
  useEffect(() => {
    if (more) void fetchNextPage()
  }, [more, fetchNextPage])
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
  wanted: Wanted
  recent: Record<string, Run[]>
  onClear: () => void
}

function Rows({ workflows, wanted, recent, onClear }: RowsProps) {
  const shown = found(workflows, wanted)
  const names = workflows.map((workflow) => workflow.name)
  if (shown.length === 0) {
    return (
      <Empty title="No workflow matches" Icon={SearchX}>
        <p>
          {wanted.q ? `Nothing here is called or tagged “${wanted.q}”` : 'Nothing here has this tag'}
          {wanted.q && wanted.tag ? ` among those with the tag “${wanted.tag}”.` : '.'}
        </p>
        <Button onClick={onClear}>Show all</Button>
      </Empty>
    )
  }
  return (
    <ul className="divide-y divide-line">
      {shown.map((workflow) => (
        <WorkflowRow key={workflow.id} workflow={workflow} recent={recent[workflow.name]} names={names} />
      ))}
    </ul>
  )
}

interface TagsProps {
  workflows: Workflow[]
  chosen: string | undefined
  onChoose: (tag: string | undefined) => void
}

function Tags({ workflows, chosen, onChoose }: TagsProps) {
  const tags = allTags(workflows)
  if (tags.length === 0) return null
  return (
    <div role="group" aria-label="Tags" className="-mt-1 flex flex-wrap gap-1.5">
      {tags.map(({ tag, count }) => (
        <button
          key={tag}
          type="button"
          aria-pressed={tag === chosen}
          onClick={() => onChoose(tag === chosen ? undefined : tag)}
          className="inline-flex h-6 items-center gap-1.5 rounded-full border border-line bg-panel px-2.5 text-xs text-ink-soft hover:bg-raised hover:text-ink aria-pressed:border-accent aria-pressed:bg-accent-soft aria-pressed:text-ink"
        >
          {tag}
          <span className="text-ink-faint tabular-nums">{count}</span>
        </button>
      ))}
    </div>
  )
}

function NoWorkflows() {
  return (
    <Empty title="No workflow yet" Icon={WorkflowIcon}>
      <p>Draw one on the canvas, begin with a sample, or import a YAML or JSON file.</p>
      <NewMenu />
      <p>A file can be applied from a terminal, too:</p>
      <Command>holdfast apply file.yaml</Command>
    </Empty>
  )
}
