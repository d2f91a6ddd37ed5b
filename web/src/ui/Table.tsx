/** A real table in the console's look: a head that stays, rows that light up, and its own scrolling on narrow screens. */
import clsx from 'clsx'
import type { ComponentProps, ReactNode } from 'react'

export interface Column {
  key: string
  /** Empty for a column of controls; then give `label`. */
  title: ReactNode
  label?: string
  width?: string
  align?: 'left' | 'right'
}

interface Props {
  label: string
  columns: readonly Column[]
  children: ReactNode
}

export function Table({ label, columns, children }: Props) {
  // The first one of no set width names the row: it keeps room for a name where the table has to scroll.
  const naming = columns.find(({ width }) => !width)?.key
  return (
    // Positioned, or what is there for readers only would stand outside of what scrolls and widen the page.
    <div className="scrolls relative overflow-x-auto" tabIndex={-1}>
      <table aria-label={label} className="w-full border-collapse text-left">
        <thead>
          <tr className="border-b border-line">
            {columns.map((column) => (
              <th
                key={column.key}
                scope="col"
                style={column.width ? { width: column.width } : undefined}
                className={clsx(
                  'h-9 px-3 text-xs font-medium whitespace-nowrap text-ink-faint first:pl-4 last:pr-4',
                  column.align === 'right' && 'text-right',
                  column.key === naming && 'min-w-40',
                )}
              >
                {column.title || <span className="sr-only">{column.label}</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-line">{children}</tbody>
      </table>
    </div>
  )
}

export function Row({ className, ...rest }: ComponentProps<'tr'>) {
  return <tr {...rest} className={clsx('hover:bg-raised/60 aria-selected:bg-accent-soft', className)} />
}

interface CellProps extends ComponentProps<'td'> {
  right?: boolean
}

export function Cell({ right = false, className, ...rest }: CellProps) {
  return (
    <td
      {...rest}
      className={clsx('h-10 px-3 py-1.5 first:pl-4 last:pr-4', right && 'text-right tabular-nums', className)}
    />
  )
}
