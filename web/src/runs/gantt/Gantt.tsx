/**
 * The run's timeline: a row for each node, a bar for each stretch of its life, on one axis that can be zoomed.
 *
 * Where a bar stands is worked out by CSS from three numbers on the frame (`--from`, `--span`, `--now`), so zooming,
 * panning and the live right edge draw no row anew: a row is drawn again only when its own stretches changed.
 * Keys: `+` `-` zoom, `0` shows all, arrows step through a row's stretches and through the rows, Enter selects the node.
 */
import { useQuery } from '@tanstack/react-query'
import { memo, useMemo, useRef, useState, type CSSProperties, type KeyboardEvent } from 'react'

import { timelineQuery } from '../../api/runs'
import type { Definition, Run } from '../../api/types'
import { ganttOf, keepRows, type Gantt as Rows } from '../../graph/gantt'
import { isEnd } from '../../graph/states'
import { ErrorState, Skeleton } from '../../ui/states'
import { useNow } from '../../ui/useNow'
import './gantt.css'
import { Axis } from './Axis'
import { GanttLegend } from './GanttLegend'
import { GanttRowLine } from './GanttRowLine'
import { StretchCard } from './StretchCard'
import { usePointed } from './usePointed'
import { useSpan } from './useSpan'
import { useWheel } from './useWheel'
import { ZoomButtons } from './ZoomButtons'

interface Props {
  run: Run
  definition: Definition
  selected: string | undefined
  onSelect: (node: string) => void
}

/** A tick of the live edge styles every row in sight anew; among this many it comes once a second. */
const MANY = 50

export function Gantt(props: Props) {
  // What stayed the same is found row by row below.
  const timeline = useQuery({ ...timelineQuery(props.run.id), structuralSharing: false })
  const gantt = useGantt(props.run, timeline.data)
  if (timeline.isLoadingError) {
    return <ErrorState error={timeline.error} retry={() => void timeline.refetch()} />
  }
  if (!gantt) return <Skeleton rows={4} />
  if (gantt.rows.length === 0) return <p className="px-4 py-4 text-ink-soft">No node has started yet.</p>
  return isEnd(props.run.state) ? (
    <Chart {...props} gantt={gantt} end={gantt.end} />
  ) : (
    <Live {...props} gantt={gantt} />
  )
}

function Live(props: Props & { gantt: Rows }) {
  const every = props.gantt.rows.length > MANY ? 1_000 : 250
  const now = useNow(every) + every
  return <Chart {...props} end={Math.max(props.gantt.end, now - props.gantt.zero)} />
}

/** The rows, in which whatever says the same as before is the same object. */
function useGantt(run: Run, segments: Parameters<typeof ganttOf>[1] | undefined): Rows | null {
  const { started_at, created_at, finished_at } = run
  const next = useMemo(
    () => (segments ? ganttOf({ started_at, created_at, finished_at }, segments) : null),
    [segments, started_at, created_at, finished_at],
  )
  const [held, hold] = useState(next)
  const [seen, see] = useState(next)
  if (seen === next || next === null) return held
  const kept = { ...next, rows: keepRows(next.rows, held?.zero === next.zero ? held.rows : []) }
  see(next)
  hold(kept)
  return kept
}

function Chart({ run, definition, selected, onSelect, gantt, end }: Props & { gantt: Rows; end: number }) {
  const control = useSpan(end)
  const frame = useRef<HTMLDivElement>(null)
  const { pointed, handlers } = usePointed(gantt.rows, frame)
  useWheel(frame, control)
  const { span } = control
  const style = { '--from': span.from, '--span': span.to - span.from, '--now': end } as CSSProperties
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === '+' || event.key === '=') control.zoom(0.5)
    else if (event.key === '-') control.zoom(2)
    else if (event.key === '0') control.showAll()
    else handlers.onKeyDown(event)
  }
  const row = gantt.rows.find(({ node }) => node === pointed?.node)
  return (
    <div ref={frame} style={style} {...handlers} onKeyDown={onKeyDown} className="relative select-none">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 pt-2">
        <GanttLegend rows={gantt.rows} />
        <ZoomButtons control={control} />
      </div>
      <Axis span={span} onChoose={control.show} />
      <Lines
        rows={gantt.rows}
        definition={definition}
        nodes={run.nodes}
        selected={selected}
        onSelect={onSelect}
      />
      {pointed && row && <StretchCard pointed={pointed} row={row} zero={gantt.zero} now={end} />}
    </div>
  )
}

interface LinesProps {
  rows: Rows['rows']
  definition: Definition
  nodes: Run['nodes']
  selected: string | undefined
  onSelect: (node: string) => void
}

const Lines = memo(function Lines({ rows, definition, nodes, selected, onSelect }: LinesProps) {
  const titles = useMemo(
    () => new Map(definition.nodes?.map(({ id, title }) => [id, title ?? id])),
    [definition],
  )
  return (
    <div role="list" aria-label="Timeline" className="max-h-[420px] overflow-y-auto px-2 pb-2">
      {groupsOf(rows).map((group, index) => (
        // Rows out of sight cost no layout. The browser watches where each group is, so there are few of them.
        <div
          key={index}
          role="presentation"
          style={{ containIntrinsicSize: `auto ${group.length * ROW}px` }}
          className="[content-visibility:auto]"
        >
          {group.map((row) => (
            <GanttRowLine
              key={row.node}
              row={row}
              title={titles.get(row.node) ?? row.node}
              state={nodes?.[row.node]?.state ?? ''}
              selected={row.node === selected}
              onSelect={onSelect}
            />
          ))}
        </div>
      ))}
    </div>
  )
})

/** A row's height, in pixels. */
const ROW = 28
const GROUP = 10

function groupsOf(rows: Rows['rows']): Rows['rows'][] {
  const count = Math.ceil(rows.length / GROUP)
  return Array.from({ length: count }, (_, index) => rows.slice(index * GROUP, (index + 1) * GROUP))
}
