/** The history of a workflow: every version, what changed from one to another, and the way back. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { Pencil } from 'lucide-react'
import type { ReactNode } from 'react'

import { workflowQuery } from '../api/queries'
import { versionsQuery, type SavedVersion } from '../api/versions'
import { buttonLook } from '../ui/Button'
import { Choice } from '../ui/Fields'
import { LoadMore } from '../ui/LoadMore'
import { Page, Panel } from '../ui/Page'
import { ErrorState, Skeleton } from '../ui/states'
import { titleOf } from '../workflows/title'
import { Comparison } from './Comparison'
import { RestoreButton } from './RestoreButton'
import { VersionList } from './VersionList'

export function VersionsPage() {
  const { name } = useParams({ from: '/workflows/$name/versions' })
  const workflow = useQuery(workflowQuery(name))
  const list = useInfiniteQuery(versionsQuery(name))
  const versions = list.data?.pages.flatMap((page) => page.items) ?? []
  const title = workflow.data ? titleOf(workflow.data) : name
  return (
    <Page
      title={`Versions of ${title}`}
      heading={
        <h1 className="truncate text-base font-semibold tracking-tight">
          <Link to="/workflows/$name" params={{ name }} className="rounded hover:text-accent">
            {title}
          </Link>
          <span className="text-ink-faint"> · Versions</span>
        </h1>
      }
      actions={
        <Link to="/workflows/$name/edit" params={{ name }} search={{}} className={buttonLook('plain')}>
          <Pencil size={13} aria-hidden /> Edit
        </Link>
      }
    >
      {list.isPending ? (
        <Panel>
          <Skeleton />
        </Panel>
      ) : list.isLoadingError ? (
        <Panel>
          <ErrorState
            error={list.error}
            retry={() => void list.refetch()}
            back={{ to: '/', label: 'To the workflows' }}
          />
        </Panel>
      ) : (
        <History name={name} versions={versions} more={<LoadMore query={list} />} />
      )}
    </Page>
  )
}

interface HistoryProps {
  name: string
  versions: readonly SavedVersion[]
  more: ReactNode
}

function History({ name, versions, more }: HistoryProps) {
  const search = useSearch({ from: '/workflows/$name/versions' })
  const navigate = useNavigate({ from: '/workflows/$name/versions' })
  const newest = versions[0]?.version ?? 1
  const to = numberOf(search.to, newest) ?? newest
  const from = to === 1 && !search.from ? null : (numberOf(search.from, newest) ?? to - 1)
  const look = (next: { from?: string | undefined; to: string }) =>
    void navigate({ search: next, replace: true })
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(240px,320px)_minmax(0,1fr)]">
      <Panel className="lg:max-h-[calc(100vh-7rem)] lg:overflow-y-auto">
        <VersionList
          {...{ versions, newest, from, to }}
          onChoose={(version) => look({ to: String(version) })}
        />
        {more}
      </Panel>
      <Panel>
        <div className="flex flex-wrap items-center gap-x-3 gap-y-2 border-b border-line px-4 py-2">
          <h2 className="font-semibold">Version {to}</h2>
          {newest > 1 && (
            <Choice
              label="Compare with"
              value={from === null ? '' : String(from)}
              options={optionsOf(newest, to, from)}
              onChange={(version) => look({ to: String(to), from: version })}
            />
          )}
          <span className="ml-auto">
            {to !== newest && (
              <RestoreButton
                key={to}
                name={name}
                version={to}
                onRestored={(version) => look({ to: String(version) })}
              />
            )}
          </span>
        </div>
        {from === null ? (
          <p className="px-4 py-4 text-ink-soft">
            The first version: nothing stands before it.
            {newest > 1 && ' Choose another to compare it with.'}
          </p>
        ) : (
          <Comparison key={`${from}-${to}`} name={name} from={from} to={to} />
        )}
      </Panel>
    </div>
  )
}

/** A version that exists; anything else in the address counts as none. */
function numberOf(text: string | undefined, newest: number): number | null {
  const number = Number(text)
  return Number.isInteger(number) && number >= 1 && number <= newest ? number : null
}

/** Enough to choose from; older ones are reached by the address. */
const MOST = 200

function optionsOf(newest: number, to: number, from: number | null) {
  const numbers = Array.from({ length: Math.min(newest, MOST) }, (_, index) => newest - index)
  if (from !== null && !numbers.includes(from)) numbers.push(from)
  const options = numbers
    .filter((version) => version !== to)
    .map((version) => ({ value: String(version), label: `against version ${version}` }))
  return from === null ? [{ value: '', label: 'against …' }, ...options] : options
}
