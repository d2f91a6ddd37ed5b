/** On or off, at once. The label is read out; `hidden` leaves it to be seen by screen readers only. */
import * as Radix from '@radix-ui/react-switch'
import { useId } from 'react'

interface Props {
  checked: boolean
  onChange: (checked: boolean) => void
  label: string
  hidden?: boolean
  disabled?: boolean
}

export function Switch({ checked, onChange, label, hidden = false, disabled = false }: Props) {
  const id = useId()
  return (
    <span className="inline-flex items-center gap-2">
      <Radix.Root
        id={id}
        checked={checked}
        disabled={disabled}
        onCheckedChange={onChange}
        className="h-[18px] w-8 shrink-0 rounded-full bg-[var(--neutral-mark)] p-0.5 transition-colors disabled:opacity-55 data-[state=checked]:bg-accent-solid"
      >
        <Radix.Thumb className="block size-3.5 rounded-full bg-white transition-transform data-[state=checked]:translate-x-3.5" />
      </Radix.Root>
      <label htmlFor={id} className={hidden ? 'sr-only' : ''}>
        {label}
      </label>
    </span>
  )
}
