/** The queues: what stands in each and how long, its limits edited in place, pause and resume. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Layers } from 'lucide-react'
import { useState, type ComponentProps } from 'react'

import { useCan } from '../access/useCan'
import { changeQueue, queuesQuery, type Queue, type QueueChange } from '../api/queues'
import { statisticsQuery, type QueuePoint } from '../api/statistics'
import { JOB_EVENTS } from '../api/stream'
import { BACKSTOP, useLive } from '../api/useLive'
import { Took } from '../ui/Ago'
import { Page, Panel } from '../ui/Page'
import { Empty, ErrorState, Skeleton } from '../ui/states'
import { Switch } from '../ui/Switch'
import { Cell, Row, Table, type Column } from '../ui/Table'
import { useMutate } from '../ui/useMutate'
import { depthOf, readConcurrency, readPriority, readRate } from './depth'
import { DepthBar } from './DepthBar'
import { EditableCell } from './EditableCell'
import { QueueMenu } from './QueueMenu'
import { RetentionDialog } from './RetentionDialog'
import { Sparkline } from './Sparkline'

const KEYS = [['queues']] as const
const STATISTICS_EVERY = 30_000
const COLUMNS: readonly Column[] = [
  { key: 'name', title: 'Queue', width: '13rem' },
  { key: 'depth', title: 'Depth' },
  { key: 'oldest', title: 'Oldest waiting', width: '8rem' },
  { key: 'hour', title: 'Pending, last hour', width: '9rem' },
  { key: 'concurrency', title: 'Concurrency', width: '7rem' },
  { key: 'rate', title: 'Rate', width: '7rem' },
  { key: 'priority', title: 'Priority', width: '6rem' },
  { key: 'active', title: 'Active', width: '5rem' },
  { key: 'more', title: <span className="sr-only">Actions</span>, width: '3rem' },
]

export function QueuesPage() {
  const queues = useQuery({ ...queuesQuery(), refetchInterval: BACKSTOP })
  const statistics = useQuery({ ...statisticsQuery('1h'), refetchInterval: STATISTICS_EVERY })
  useLive({ types: JOB_EVENTS, keys: KEYS, wait: 1_000 })
  const over = new Map(statistics.data?.queues.map((queue) => [queue.name, queue.points]))
  return (
    <Page title="Queues">
      <Panel>
        {queues.isPending && <Skeleton rows={5} />}
        {queues.isLoadingError && <ErrorState error={queues.error} retry={() => void queues.refetch()} />}
        {queues.data?.length === 0 && <NoQueues />}
        {queues.data && queues.data.length > 0 && <QueueTable queues={queues.data} over={over} />}
      </Panel>
    </Page>
  )
}

interface TableProps {
  queues: readonly Queue[]
  over: ReadonlyMap<string, readonly QueuePoint[]>
}

function QueueTable({ queues, over }: TableProps) {
  const [retention, setRetention] = useState<Queue | null>(null)
  const deepest = Math.max(...queues.map(depthOf))
  return (
    <>
      <Table label="Queues" columns={COLUMNS}>
        {queues.map((queue) => (
          <QueueRow
            key={queue.name}
            queue={queue}
            deepest={deepest}
            points={over.get(queue.name)}
            onRetention={() => setRetention(queue)}
          />
        ))}
      </Table>
      {retention && <RetentionDialog queue={retention} onClose={() => setRetention(null)} />}
    </>
  )
}

interface RowProps {
  queue: Queue
  deepest: number
  points: readonly QueuePoint[] | undefined
  onRetention: () => void
}

function QueueRow({ queue, deepest, points, onRetention }: RowProps) {
  // What goes wrong is told at the field, so this doesn't tell it a second time.
  const change = useChange(queue.name)
  return (
    <Row className="[&>td]:py-2.5">
      <Cell>
        <Link
          to="/jobs"
          search={{ state: undefined, queue: queue.name }}
          className="rounded font-medium whitespace-nowrap hover:underline"
        >
          {queue.name}
        </Link>
        {queue.paused && <PausedTag />}
      </Cell>
      <Cell>
        <DepthBar queue={queue} deepest={deepest} />
      </Cell>
      <Cell className="text-xs text-ink-soft">
        <Took from={queue.oldest_due_at} to={null} />
      </Cell>
      <Cell>
        <Hour name={queue.name} points={points} />
      </Cell>
      <Cell>
        <Setting
          label={`Concurrency of ${queue.name}`}
          text={queue.concurrency === null ? '' : String(queue.concurrency)}
          none="no limit"
          placeholder="no limit"
          read={readConcurrency}
          save={(concurrency) => change({ concurrency })}
        />
      </Cell>
      <Cell>
        <Setting
          label={`Rate of ${queue.name}`}
          text={queue.rate ?? ''}
          none="no limit"
          placeholder="100/1m"
          read={readRate}
          save={(rate) => change({ rate })}
        />
      </Cell>
      <Cell>
        <Setting
          label={`Priority of ${queue.name}`}
          text={String(queue.priority)}
          none="0"
          placeholder="0"
          read={readPriority}
          save={(priority) => change({ priority })}
        />
      </Cell>
      <Cell>
        <div className="flex">
          <Active queue={queue} />
        </div>
      </Cell>
      <Cell>
        <QueueMenu queue={queue} onRetention={onRetention} />
      </Cell>
    </Row>
  )
}

/** Queues are the instance's: others see what they are set to. */
function Setting<Value>(props: ComponentProps<typeof EditableCell<Value>>) {
  if (useCan('queues', 'instance')) return <EditableCell {...props} />
  return <span className={props.text ? '' : 'text-ink-faint'}>{props.text || props.none}</span>
}

function useChange(name: string) {
  const saved = useMutate({
    run: () => Promise.resolve(),
    keys: KEYS,
    done: () => `Changed ${name}`,
  })
  return async (change: QueueChange) => {
    await changeQueue(name, change)
    await saved.startAsync(undefined)
  }
}

function PausedTag() {
  return (
    <span
      data-tone="waiting"
      className="ml-2 rounded-full bg-tone-soft max-sm:ml-0 max-sm:block max-sm:w-fit px-2 py-0.5 text-xs font-medium text-tone"
    >
      paused
    </span>
  )
}

function Active({ queue }: { queue: Queue }) {
  const maySwitch = useCan('queues', 'instance')
  const pause = useMutate({
    run: (paused: boolean) => changeQueue(queue.name, { paused }),
    keys: KEYS,
    done: (changed) => (changed.paused ? `Paused ${queue.name}; what runs goes on` : `Resumed ${queue.name}`),
  })
  if (!maySwitch) return <span className="text-ink-soft">{queue.paused ? 'no' : 'yes'}</span>
  return (
    <Switch
      label={`${queue.name} starts jobs`}
      hidden
      disabled={pause.busy}
      checked={!queue.paused}
      onChange={(active) => pause.start(!active)}
    />
  )
}

function Hour({ name, points }: { name: string; points: readonly QueuePoint[] | undefined }) {
  if (!points || points.length < 2) return <span className="text-xs text-ink-faint">–</span>
  const values = points.map((point) => point.pending)
  const label = `Pending in ${name} over the last hour: ${values.at(-1) ?? 0} now, ${Math.max(...values)} at most`
  return <Sparkline values={values} label={label} />
}

function NoQueues() {
  return (
    <Empty title="No queue yet" Icon={Layers}>
      <p>A queue comes with its first job or its first setting.</p>
    </Empty>
  )
}
