/** Firings of a filter, newest first. Each row's time opens it; the open one is marked. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Webhook } from 'lucide-react'
import type { ReactNode } from 'react'

import { firingsQuery, type Firing, type FiringFilter } from '../api/firings'
import { Ago } from '../ui/Ago'
import { shortId } from '../ui/format'
import { LoadMore } from '../ui/LoadMore'
import { OwnerLink } from '../ui/OwnerLink'
import { Empty, ErrorState, Skeleton } from '../ui/states'
import { Cell, Row, Table, type Column } from '../ui/Table'
import { VerdictBadge } from './VerdictBadge'

const REFRESH = 4_000
const AT: Column = { key: 'at', title: 'When', width: '100px' }
const VERDICT: Column = { key: 'verdict', title: 'Verdict', width: '110px' }
const TRIGGER: Column = { key: 'trigger', title: 'Trigger' }
const OUTCOME: Column = { key: 'outcome', title: 'What came of it' }
const NAMED = [AT, VERDICT, TRIGGER, OUTCOME]
const BARE = [AT, VERDICT, OUTCOME]

interface Props {
  filter: FiringFilter
  open: string | null
  onOpen: (id: string) => void
  /** Whether each row names its trigger. */
  named: boolean
  empty: ReactNode
}

export function FiringList({ filter, open, onOpen, named, empty }: Props) {
  const list = useInfiniteQuery({ ...firingsQuery(filter), refetchInterval: REFRESH })
  if (list.isPending) return <Skeleton rows={5} />
  if (list.isLoadingError) return <ErrorState error={list.error} retry={() => void list.refetch()} />
  const firings = list.data.pages.flatMap((page) => page.items)
  if (firings.length === 0) {
    return (
      <Empty title="Nothing yet" Icon={Webhook}>
        {empty}
      </Empty>
    )
  }
  return (
    <>
      <Table label="Deliveries" columns={named ? NAMED : BARE}>
        {firings.map((firing) => (
          <FiringRow
            key={firing.id}
            firing={firing}
            named={named}
            current={firing.id === open}
            onOpen={() => onOpen(firing.id)}
          />
        ))}
      </Table>
      <LoadMore query={list} />
    </>
  )
}

interface RowProps {
  firing: Firing
  named: boolean
  current: boolean
  onOpen: () => void
}

function FiringRow({ firing, named, current, onOpen }: RowProps) {
  return (
    <Row aria-selected={current} onClick={onOpen} className="cursor-pointer">
      <Cell>
        <button type="button" aria-pressed={current} className="rounded text-ink-soft hover:text-ink">
          <span className="sr-only">Open the firing of </span>
          <Ago at={firing.at} />
        </button>
      </Cell>
      <Cell>
        <VerdictBadge verdict={firing.verdict} />
      </Cell>
      {named && (
        <Cell>
          <div className="flex flex-col items-start" onClick={(event) => event.stopPropagation()}>
            <OwnerLink owner={firing.owner} />
            <span className="text-xs whitespace-nowrap text-ink-faint">
              {firing.type}
              {firing.trigger !== 'trigger' && ` · ${firing.trigger}`}
            </span>
          </div>
        </Cell>
      )}
      <Cell>
        <Outcome firing={firing} />
      </Cell>
    </Row>
  )
}

const LINK = 'rounded text-accent hover:underline'

/** The run or the jobs that it started, or why it started nothing. */
export function Outcome({ firing }: { firing: Firing }) {
  if (firing.run === null && firing.jobs.length === 0) {
    return <span className="line-clamp-2 break-words text-ink-soft">{firing.reason || '–'}</span>
  }
  return (
    <span
      className="inline-flex flex-wrap gap-x-2 whitespace-nowrap"
      onClick={(event) => event.stopPropagation()}
    >
      {firing.run !== null && (
        <Link to="/runs/$id" params={{ id: firing.run }} className={LINK}>
          run {shortId(firing.run)}
        </Link>
      )}
      {firing.jobs.slice(0, 3).map((id) => (
        <Link key={id} to="/jobs/$id" params={{ id }} className={LINK}>
          job {shortId(id)}
        </Link>
      ))}
      {firing.jobs.length > 3 && <span className="text-ink-faint">+{firing.jobs.length - 3}</span>}
    </span>
  )
}
