/** The window in a few figures, each leading to the list that it was counted from. */
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import type { Queue } from '../api/queues'
import type { Statistics } from '../api/statistics'
import { liveCounts } from '../jobs/counts'
import { duration } from '../ui/format'
import { figure, percent, perMinute, successRate } from './figures'

interface Props {
  statistics: Statistics
  queues: readonly Queue[] | undefined
  queue: string | undefined
}

export function Tiles({ statistics, queues, queue }: Props) {
  const { totals } = statistics
  const rate = successRate(totals)
  const lost = totals.failed + totals.dead
  return (
    <ul aria-label="Figures" className="grid grid-cols-2 gap-3 sm:grid-cols-3 xl:grid-cols-6">
      <Tile
        name="Throughput"
        value={figure(perMinute(statistics))}
        unit="/ min"
        more={`${figure(totals.succeeded + lost)} jobs ended`}
      >
        {(look) => <Link to="/jobs" search={{ state: undefined, queue }} {...look} />}
      </Tile>
      <Tile
        name="Success rate"
        value={rate === null ? '–' : percent(rate)}
        tone={rate !== null && rate < 95 ? 'failure' : undefined}
        more={lost === 0 ? 'none failed' : `${figure(lost)} failed or died`}
      >
        {(look) => <Link to="/jobs" search={{ state: 'FAILED', queue }} {...look} />}
      </Tile>
      <TimeTile name="Wait" quantiles={totals.wait_ms} state="PENDING" queue={queue} />
      <TimeTile name="Run time" quantiles={totals.run_ms} state="RUNNING" queue={queue} />
      <DepthTile queues={queues} queue={queue} />
      <Tile
        name="Runs"
        value={figure(totals.runs.started)}
        unit="started"
        tone={totals.runs.failed > 0 ? 'failure' : undefined}
        more={totals.runs.failed > 0 ? `${figure(totals.runs.failed)} failed` : 'none failed'}
      >
        {(look) => (
          <Link
            to="/runs"
            search={{ state: totals.runs.failed > 0 ? 'FAILED' : undefined, workflow: undefined }}
            {...look}
          />
        )}
      </Tile>
    </ul>
  )
}

interface TimeProps {
  name: string
  quantiles: { p50: number; p95: number } | null
  state: string
  queue: string | undefined
}

function TimeTile({ name, quantiles, state, queue }: TimeProps) {
  return (
    <Tile
      name={name}
      value={quantiles ? duration(quantiles.p50) : '–'}
      unit={quantiles ? 'median' : ''}
      more={quantiles ? `95 % within ${duration(quantiles.p95)}` : 'nothing measured'}
    >
      {(look) => <Link to="/jobs" search={{ state, queue }} {...look} />}
    </Tile>
  )
}

function DepthTile({ queues, queue }: { queues: readonly Queue[] | undefined; queue: string | undefined }) {
  const counts = queues && liveCounts(queues, queue)
  const scheduled = counts?.['SCHEDULED'] ?? 0
  return (
    <Tile
      name="Depth"
      value={counts ? figure(counts['PENDING'] ?? 0) : '–'}
      unit="pending now"
      more={`${figure(counts?.['RUNNING'] ?? 0)} running, ${figure(scheduled)} scheduled`}
    >
      {(look) => <Link to="/jobs" search={{ state: 'PENDING', queue }} {...look} />}
    </Tile>
  )
}

interface TileProps {
  name: string
  value: string
  unit?: string
  more: string
  tone?: 'failure' | undefined
  children: (look: { className: string; children: ReactNode }) => ReactNode
}

function Tile({ name, value, unit = '', more, tone, children }: TileProps) {
  const inside = (
    <>
      <span className="text-xs text-ink-faint">{name}</span>
      <span className="flex items-baseline gap-1.5">
        <span className="text-xl leading-7 font-semibold tracking-tight whitespace-nowrap tabular-nums">
          {value}
        </span>
        <span className="truncate text-xs text-ink-soft">{unit}</span>
      </span>
      <span data-tone={tone} className={`truncate text-xs ${tone ? 'text-tone' : 'text-ink-faint'}`}>
        {more}
      </span>
    </>
  )
  const className =
    'flex h-full flex-col gap-0.5 rounded-lg border border-line bg-panel px-4 py-3 shadow-card hover:border-line-strong'
  return <li className="min-w-0">{children({ className, children: inside })}</li>
}
