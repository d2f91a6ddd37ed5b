/** A menu below a button: arrow keys, first letters and Escape work in it. */
import * as Radix from '@radix-ui/react-dropdown-menu'
import clsx from 'clsx'
import { Check, type LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'

interface Props {
  /** The button that opens it; it needs an accessible name of its own. */
  trigger: ReactNode
  align?: 'start' | 'end'
  children: ReactNode
}

export function Menu({ trigger, align = 'end', children }: Props) {
  return (
    // Not modal: what stands behind stays readable, and nothing that holds the focus is hidden from readers.
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align={align}
          sideOffset={4}
          collisionPadding={8}
          className="appearing z-50 max-h-[70vh] max-w-sm min-w-44 overflow-y-auto rounded-lg border border-line bg-panel p-1 shadow-float"
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

interface ItemProps {
  Icon?: LucideIcon
  danger?: boolean
  disabled?: boolean
  onSelect: () => void
  children: ReactNode
}

export function MenuItem({ Icon, danger = false, disabled = false, onSelect, children }: ItemProps) {
  return (
    <Radix.Item
      disabled={disabled}
      onSelect={onSelect}
      data-tone={danger ? 'failure' : undefined}
      className={clsx(
        'flex cursor-pointer items-center gap-2 rounded-md px-2 py-1.5 outline-none',
        'data-[disabled]:cursor-default data-[disabled]:opacity-50 data-[highlighted]:bg-raised',
        danger && 'text-tone',
      )}
    >
      {Icon && <Icon size={14} aria-hidden className="shrink-0" />}
      {children}
    </Radix.Item>
  )
}

interface ChoiceProps {
  value: string
  onChange: (value: string) => void
  options: readonly { value: string; label: string; aside?: string }[]
}

/** One of several, of which one is so now. */
export function MenuChoice({ value, onChange, options }: ChoiceProps) {
  return (
    <Radix.RadioGroup value={value} onValueChange={onChange}>
      {options.map((option) => (
        <Radix.RadioItem
          key={option.value}
          value={option.value}
          className="flex cursor-pointer items-center gap-2 rounded-md px-2 py-1.5 outline-none data-[highlighted]:bg-raised"
        >
          <span className="size-3.5 shrink-0">
            <Radix.ItemIndicator>
              <Check size={14} aria-hidden />
            </Radix.ItemIndicator>
          </span>
          <span className="min-w-0 flex-1 truncate">{option.label}</span>
          {option.aside && <span className="shrink-0 text-xs text-ink-faint">{option.aside}</span>}
        </Radix.RadioItem>
      ))}
    </Radix.RadioGroup>
  )
}

export function MenuLine() {
  return <Radix.Separator className="my-1 h-px bg-line" />
}

export function MenuTitle({ children }: { children: ReactNode }) {
  return <Radix.Label className="px-2 pt-1.5 pb-1 text-[11px] text-ink-faint">{children}</Radix.Label>
}
