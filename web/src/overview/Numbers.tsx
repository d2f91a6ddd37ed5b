/** The numbers of a chart as a table, the newest first: for those who can't see it, and to copy from. Built when opened. */
import { ChevronRight } from 'lucide-react'
import { useState } from 'react'

import type { Series } from './figures'
import { momentText, type Scale } from './plot'

interface Props {
  title: string
  times: readonly number[]
  series: readonly Series[]
  scale: Scale
  span: number
}

export function Numbers(props: Props) {
  const [open, setOpen] = useState(false)
  return (
    <details className="group px-2 text-xs" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="flex w-fit cursor-pointer items-center gap-1 rounded py-0.5 text-ink-faint hover:text-ink">
        <ChevronRight size={12} aria-hidden className="group-open:rotate-90" />
        Numbers<span className="sr-only"> of {props.title}</span>
      </summary>
      {open && <Table {...props} />}
    </details>
  )
}

function Table({ title, times, series, scale, span }: Props) {
  const rows = times.map((time, index) => ({ time, index })).reverse()
  return (
    <div
      tabIndex={0}
      role="region"
      aria-label={`Numbers of ${title}`}
      className="mt-1 max-h-60 overflow-auto rounded-md border border-line"
    >
      <table className="w-full border-collapse text-right tabular-nums">
        <caption className="sr-only">{title}</caption>
        <thead className="sticky top-0 bg-raised">
          <tr>
            <th scope="col" className="px-2.5 py-1 text-left font-medium text-ink-faint">
              Time
            </th>
            {series.map((one) => (
              <th key={one.label} scope="col" className="px-2.5 py-1 font-medium text-ink-faint">
                {one.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {rows.map(({ time, index }) => (
            <tr key={time}>
              <th scope="row" className="px-2.5 py-1 text-left font-normal whitespace-nowrap">
                {momentText(time, span)}
              </th>
              {series.map((one) => (
                <td key={one.label} className="px-2.5 py-1">
                  {one.values[index] == null ? '–' : scale.format(one.values[index])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
