/** A small square button with a picture; its name, and its key, show on hover and focus. */
import clsx from 'clsx'
import { LoaderCircle, type LucideIcon } from 'lucide-react'
import type { ComponentProps } from 'react'

interface Props extends Omit<ComponentProps<'button'>, 'title'> {
  label: string
  keys?: string
  Icon: LucideIcon
  pressed?: boolean
  busy?: boolean
}

export function IconButton({ label, keys, Icon, pressed, busy = false, className, ...rest }: Props) {
  const Shown = busy ? LoaderCircle : Icon
  return (
    <button
      type="button"
      {...rest}
      aria-label={label}
      aria-pressed={pressed}
      title={keys ? `${label} (${keys})` : label}
      className={clsx(
        'inline-flex size-7 shrink-0 items-center justify-center rounded-md hover:bg-raised hover:text-ink disabled:opacity-40 disabled:hover:bg-transparent',
        pressed ? 'bg-accent-soft text-accent' : 'text-ink-soft',
        className,
      )}
    >
      <Shown size={15} aria-hidden className={busy ? 'spinning' : ''} />
    </button>
  )
}
