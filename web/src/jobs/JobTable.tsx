/** A list of jobs that the keyboard walks and from which one chooses: on the page of jobs, and on that of dead letters. */
import { useNavigate } from '@tanstack/react-router'
import { useRef, type Dispatch, type MouseEvent, type ReactNode } from 'react'

import type { JobRecord } from '../api/jobs'
import { shortId } from '../ui/format'
import { Cell, Row, Table, type Column } from '../ui/Table'
import { isWhole, placeOf, type Selection, type Step } from './selection'
import { useListKeys } from './useListKeys'

export interface JobColumn extends Column {
  /** Left out where there is little room. */
  wide?: boolean
  cell: (job: JobRecord) => ReactNode
}

interface Props {
  label: string
  /** What one of them is called. */
  noun: string
  jobs: readonly JobRecord[]
  columns: readonly JobColumn[]
  selection: Selection
  act: Dispatch<Step>
  /** Nothing can be done to what would be chosen: there are no boxes. */
  choosing?: boolean
}

export function JobTable({ label, noun, jobs, columns, selection, act, choosing = true }: Props) {
  const ids = jobs.map((job) => job.id)
  const place = placeOf(selection, ids)
  const table = useRef<HTMLDivElement>(null)
  const navigate = useNavigate()
  const open = (id: string) => void navigate({ to: '/jobs/$id', params: { id } })
  useListKeys({ table, act, onOpen: open, choosing })
  const some = ids.some((id) => selection.chosen.has(id))
  const boxes: Column = {
    key: 'choose',
    title: (
      <Tick
        label={`Choose every ${noun} listed`}
        checked={isWhole(selection, ids)}
        some={some}
        onChange={() => act({ type: 'toggle-listed' })}
      />
    ),
    width: '2.5rem',
  }
  return (
    <div ref={table} className={hidden(columns, choosing)}>
      <Table label={label} columns={choosing ? [boxes, ...columns] : columns}>
        {jobs.map((job) => (
          <Row
            key={job.id}
            tabIndex={job.id === place ? 0 : -1}
            data-id={job.id}
            data-place={job.id === place || undefined}
            aria-selected={choosing ? selection.chosen.has(job.id) : undefined}
            onFocus={() => act({ type: 'focus', id: job.id })}
            onClick={(event) => {
              if (isPlainClick(event)) open(job.id)
            }}
            className="cursor-pointer focus-visible:-outline-offset-2"
          >
            {choosing && (
              <Cell className="w-10">
                <Tick
                  label={`Choose ${noun} ${shortId(job.id)}`}
                  checked={selection.chosen.has(job.id)}
                  onChange={(range) => act({ type: 'toggle', id: job.id, range })}
                />
              </Cell>
            )}
            {columns.map((column) => (
              <Cell key={column.key} right={column.align === 'right'}>
                {column.cell(job)}
              </Cell>
            ))}
          </Row>
        ))}
      </Table>
    </div>
  )
}

/** Columns that need room are left out on narrow screens, head and cells alike. Written out: only whole names are built. */
const HIDDEN = [
  'max-lg:[&_tr>*:nth-child(1)]:hidden',
  'max-lg:[&_tr>*:nth-child(2)]:hidden',
  'max-lg:[&_tr>*:nth-child(3)]:hidden',
  'max-lg:[&_tr>*:nth-child(4)]:hidden',
  'max-lg:[&_tr>*:nth-child(5)]:hidden',
  'max-lg:[&_tr>*:nth-child(6)]:hidden',
  'max-lg:[&_tr>*:nth-child(7)]:hidden',
  'max-lg:[&_tr>*:nth-child(8)]:hidden',
]

function hidden(columns: readonly JobColumn[], choosing: boolean): string {
  const before = choosing ? 1 : 0
  return columns.map((column, index) => (column.wide ? HIDDEN[index + before] : '')).join(' ')
}

/** Not of a link or a control in the row, not to open it elsewhere, and not the end of marking a text. */
function isPlainClick(event: MouseEvent<HTMLElement>): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return false
  if (event.target instanceof Element && event.target.closest('a, button, input, label')) return false
  return document.getSelection()?.isCollapsed ?? true
}

/** Said below a list that has grown so long that it only polls. */
export function NotLive() {
  return (
    <p className="border-t border-line py-2 text-center text-xs text-ink-faint">
      So long a list is read again every 20 seconds, not with each change.
    </p>
  )
}

interface TickProps {
  label: string
  checked: boolean
  /** Some, not all. */
  some?: boolean
  onChange: (range: boolean) => void
}

function Tick({ label, checked, some = false, onChange }: TickProps) {
  return (
    // The label gives the small box a place to hit that is large enough.
    <label className="-m-2 flex w-fit cursor-pointer p-2">
      <input
        type="checkbox"
        aria-label={label}
        checked={checked}
        ref={(box) => {
          if (box) box.indeterminate = some && !checked
        }}
        onChange={(event) =>
          onChange((event.nativeEvent as unknown as { shiftKey?: boolean }).shiftKey === true)
        }
        className="size-3.5 cursor-pointer accent-[var(--accent-solid)]"
      />
    </label>
  )
}
