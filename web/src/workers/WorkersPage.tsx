/** The worker processes: which are alive, what they serve, how busy they are and when they last gave a sign of life. */
import { useQuery } from '@tanstack/react-query'
import { Cpu } from 'lucide-react'

import { workersQuery, type Worker } from '../api/workers'
import { Ago } from '../ui/Ago'
import { CopyButton } from '../ui/CopyButton'
import { plural } from '../ui/format'
import { Page, Panel } from '../ui/Page'
import { Command, Empty, ErrorState, Skeleton } from '../ui/states'
import { Cell, Row, Table, type Column } from '../ui/Table'
import { useNow } from '../ui/useNow'
import { inOrder, isLate, summed } from './alive'

/** Workers tell no events; they give a sign of life every few seconds. */
const EVERY = 2_000
const COLUMNS: readonly Column[] = [
  { key: 'name', title: 'Worker', width: '16rem' },
  { key: 'state', title: 'State', width: '7rem' },
  { key: 'busy', title: 'Running' },
  { key: 'queues', title: 'Queues' },
  { key: 'host', title: 'Host', width: '11rem' },
  { key: 'started', title: 'Started', width: '7rem', align: 'right' },
  { key: 'heartbeat', title: 'Heartbeat', width: '7rem', align: 'right' },
]

export function WorkersPage() {
  const workers = useQuery({ ...workersQuery(), refetchInterval: EVERY })
  return (
    <Page title="Workers" actions={workers.data && <Summary workers={workers.data} />}>
      <Panel>
        {workers.isPending && <Skeleton rows={3} />}
        {workers.isLoadingError && <ErrorState error={workers.error} retry={() => void workers.refetch()} />}
        {workers.data?.length === 0 && <NoWorkers />}
        {workers.data && workers.data.length > 0 && (
          <Table label="Workers" columns={COLUMNS}>
            {inOrder(workers.data).map((worker) => (
              <WorkerRow key={worker.id} worker={worker} />
            ))}
          </Table>
        )}
      </Panel>
    </Page>
  )
}

function Summary({ workers }: { workers: readonly Worker[] }) {
  const { alive, gone, running, places } = summed(workers)
  return (
    <p className="flex flex-wrap gap-x-4 text-xs text-ink-soft tabular-nums">
      <span>{alive} alive</span>
      {gone > 0 && <span>{gone} gone</span>}
      <span>
        {plural(running, 'job')} at work, {plural(places, 'place')}
      </span>
    </p>
  )
}

function WorkerRow({ worker }: { worker: Worker }) {
  return (
    <Row className={worker.alive ? '' : 'text-ink-faint'}>
      <Cell>
        <span className="flex items-center gap-1.5">
          <span className="min-w-0">
            <span className="block font-medium whitespace-nowrap">{worker.name}</span>
            <span className="block font-mono text-[11px] leading-4 whitespace-nowrap text-ink-faint">
              {worker.id}
            </span>
          </span>
          <CopyButton text={worker.id} label={`Copy the id of ${worker.name}`} />
        </span>
      </Cell>
      <Cell>
        <Sign worker={worker} />
      </Cell>
      <Cell>
        <Load worker={worker} />
      </Cell>
      <Cell>
        <Serves worker={worker} />
      </Cell>
      <Cell className="text-xs whitespace-nowrap">
        {worker.host} <span className="text-ink-faint">pid {worker.pid}</span>
      </Cell>
      <Cell right className="text-xs">
        <Ago at={worker.started_at} />
      </Cell>
      <Cell right className="text-xs">
        <Ago at={worker.heartbeat_at} />
      </Cell>
    </Row>
  )
}

function Sign({ worker }: { worker: Worker }) {
  const late = isLate(worker, useNow(5_000))
  const [tone, word] = worker.alive
    ? late
      ? ['waiting', 'late']
      : ['success', 'alive']
    : ['neutral', 'gone']
  return (
    <span
      data-tone={tone}
      className="inline-flex items-center gap-1.5 rounded-full bg-tone-soft px-2.5 py-0.5 text-xs font-medium text-tone"
    >
      <span aria-hidden className="size-1.5 rounded-full bg-tone-mark" />
      {word}
    </span>
  )
}

function Load({ worker }: { worker: Worker }) {
  if (!worker.alive) return <span className="text-xs">–</span>
  const share = Math.min(1, worker.running / Math.max(1, worker.concurrency))
  return (
    <span className="flex min-w-40 items-center gap-3 text-xs tabular-nums">
      <span aria-hidden data-tone="running" className="h-1.5 w-24 overflow-hidden rounded-full bg-raised">
        <span className="block h-full rounded-full bg-tone-mark" style={{ width: `${share * 100}%` }} />
      </span>
      {worker.running} of {worker.concurrency}
    </span>
  )
}

function Serves({ worker }: { worker: Worker }) {
  const all = worker.queues.includes('*')
  return (
    <span className="flex flex-wrap gap-1 text-xs">
      {all ? (
        <span className="text-ink-soft">every queue</span>
      ) : (
        worker.queues.map((name) => <Chip key={name} text={name} />)
      )}
      {worker.tags.map((tag) => (
        <Chip key={tag} text={`tag ${tag}`} />
      ))}
    </span>
  )
}

function Chip({ text }: { text: string }) {
  return <span className="rounded border border-line bg-raised px-1.5 whitespace-nowrap">{text}</span>
}

function NoWorkers() {
  return (
    <Empty title="No worker" Icon={Cpu}>
      <p>Jobs wait until one comes. Start one with</p>
      <Command>holdfast worker</Command>
    </Empty>
  )
}
