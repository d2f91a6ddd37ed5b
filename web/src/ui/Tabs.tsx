/** Tabs over one panel; arrow keys go between them. The panel is drawn by the child, for the chosen tab only. */
import * as Radix from '@radix-ui/react-tabs'
import type { ReactNode } from 'react'

export interface TabItem<Value extends string> {
  value: Value
  label: string
  badge?: ReactNode
}

interface Props<Value extends string> {
  label: string
  value: Value
  onChange: (value: Value) => void
  items: readonly TabItem<Value>[]
  /** Right of the tabs. */
  aside?: ReactNode
  className?: string
  children: (value: Value) => ReactNode
}

export function Tabs<Value extends string>({
  label,
  value,
  onChange,
  items,
  aside,
  className,
  children,
}: Props<Value>) {
  return (
    <Radix.Root
      value={value}
      onValueChange={(next) => onChange(next as Value)}
      className={className ?? 'flex min-h-0 flex-col'}
    >
      <div className="flex shrink-0 items-center gap-2 border-b border-line px-2">
        <Radix.List aria-label={label} className="flex min-w-0 flex-1 overflow-x-auto">
          {items.map((item) => (
            <Radix.Trigger
              key={item.value}
              value={item.value}
              className="flex h-9 shrink-0 items-center gap-1.5 border-b-2 border-transparent px-2.5 font-medium text-ink-soft hover:text-ink data-[state=active]:border-accent data-[state=active]:text-ink"
            >
              {item.label}
              {item.badge}
            </Radix.Trigger>
          ))}
        </Radix.List>
        {aside}
      </div>
      <Radix.Content value={value} tabIndex={-1} className="min-h-0 flex-1 outline-none">
        {children(value)}
      </Radix.Content>
    </Radix.Root>
  )
}
