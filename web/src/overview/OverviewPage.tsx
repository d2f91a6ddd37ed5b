/** How it goes: figures over a window of time that stands in the address, of all queues or one. */
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo } from 'react'

import { queuesQuery } from '../api/queues'
import { statisticsQuery, WINDOWS, type Statistics, type StatisticsWindow } from '../api/statistics'
import { JOB_EVENTS } from '../api/stream'
import { useLive } from '../api/useLive'
import { QueueChoice } from '../jobs/Filters'
import { duration } from '../ui/format'
import { Page, Panel } from '../ui/Page'
import { ErrorState, Skeleton } from '../ui/states'
import { Chart } from './Chart'
import { depths, figure, percent, runRates, successRates, throughput, tick, times, timesOf } from './figures'
import { Tiles } from './Tiles'

/** Figures are written every ten seconds, so asking more often would tell nothing new. */
const EVERY = 10_000
const KEYS = [['queues']] as const
const WORDS: Record<StatisticsWindow, string> = {
  '1h': 'The last hour',
  '6h': 'The last 6 hours',
  '24h': 'The last 24 hours',
  '7d': 'The last 7 days',
}

export function OverviewPage() {
  const search = useSearch({ from: '/overview' })
  const navigate = useNavigate({ from: '/overview' })
  const window = WINDOWS.find((each) => each === search.window) ?? '1h'
  const statistics = useQuery({ ...statisticsQuery(window, search.queue), refetchInterval: EVERY })
  const queues = useQuery(queuesQuery())
  // Only what lies in the queues now follows events.
  useLive({ types: JOB_EVENTS, keys: KEYS, wait: 1_000 })
  return (
    <Page
      title="Overview"
      actions={
        <>
          <QueueChoice
            value={search.queue ?? ''}
            onChange={(queue) => void navigate({ search: { ...search, queue }, replace: true })}
          />
          <Windows window={window} />
        </>
      }
    >
      {statistics.isPending && (
        <Panel>
          <Skeleton />
        </Panel>
      )}
      {statistics.isLoadingError && (
        <Panel>
          <ErrorState error={statistics.error} retry={() => void statistics.refetch()} />
        </Panel>
      )}
      {statistics.data && (
        <>
          <Tiles statistics={statistics.data} queues={queues.data} queue={search.queue} />
          <Charts statistics={statistics.data} />
        </>
      )}
    </Page>
  )
}

function Windows({ window }: { window: StatisticsWindow }) {
  return (
    <nav
      aria-label="Window of time"
      className="flex rounded-md border border-line-strong bg-panel p-0.5 shadow-card"
    >
      {WINDOWS.map((each) => (
        <Link
          key={each}
          to="/overview"
          search={(now) => ({ ...now, window: each })}
          replace
          title={WORDS[each]}
          aria-current={each === window ? 'true' : undefined}
          className="rounded px-2.5 py-1 text-xs font-medium text-ink-soft tabular-nums hover:text-ink aria-[current]:bg-accent-soft aria-[current]:text-accent"
        >
          {each}
        </Link>
      ))}
    </nav>
  )
}

const RATE = { format: figure }
const SHARE = { format: percent, most: 100 }
const [S, M, H] = [1_000, 60_000, 3_600_000]
/** Round lengths of time. */
const LENGTHS = [
  ...[0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, S, 2 * S, 5 * S, 10 * S, 15 * S, 30 * S],
  ...[M, 2 * M, 5 * M, 10 * M, 15 * M, 30 * M, H, 2 * H, 3 * H, 6 * H, 12 * H, 24 * H, 48 * H, 168 * H],
]
const TIME = { format: duration, tick, steps: LENGTHS }
const QUIET = 'Nothing happened in this window.'

function Charts({ statistics }: { statistics: Statistics }) {
  // The same arrays while the figures are the same: a chart is only given what is new.
  const drawn = useMemo(
    () => ({
      times: timesOf(statistics),
      throughput: throughput(statistics),
      success: successRates(statistics),
      wait: times(statistics, 'wait_ms'),
      run: times(statistics, 'run_ms'),
      depths: depths(statistics),
      runs: runRates(statistics),
    }),
    [statistics],
  )
  const at = { times: drawn.times, none: QUIET }
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <Chart {...at} title="Throughput" unit="jobs a minute" series={drawn.throughput} scale={RATE} />
      <Chart
        {...at}
        title="Success rate"
        unit="of the jobs that ended"
        series={drawn.success}
        scale={SHARE}
      />
      <Chart {...at} title="Wait" unit="from insert to the first start" series={drawn.wait} scale={TIME} />
      <Chart {...at} title="Run time" unit="of an attempt" series={drawn.run} scale={TIME} />
      <Chart
        {...at}
        title="Depth"
        unit="pending jobs by queue"
        series={drawn.depths}
        scale={RATE}
        none="No queue had anything pending."
      />
      <Chart {...at} title="Runs" unit="runs a minute" series={drawn.runs} scale={RATE} />
    </div>
  )
}
