/** The one button, in the few looks that the console has. `buttonLook` dresses a link the same way. */
import clsx from 'clsx'
import { LoaderCircle } from 'lucide-react'
import type { ButtonHTMLAttributes } from 'react'

type Look = 'primary' | 'plain' | 'quiet' | 'danger'

const LOOKS: Record<Look, string> = {
  primary: 'bg-accent-solid text-white hover:brightness-110 shadow-card',
  plain: 'border border-line-strong bg-panel text-ink hover:bg-raised shadow-card',
  quiet: 'text-ink-soft hover:bg-raised hover:text-ink',
  danger:
    'border border-line-strong bg-panel shadow-card text-[var(--failure-text)] hover:bg-[var(--failure-soft)]',
}

export function buttonLook(look: Look): string {
  return clsx(
    'inline-flex h-8 shrink-0 items-center justify-center gap-1.5 rounded-md px-3 text-[13px] font-medium',
    'whitespace-nowrap transition-colors disabled:opacity-55',
    LOOKS[look],
  )
}

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: Look
  busy?: boolean
}

export function Button({ look = 'plain', busy = false, className, children, disabled, ...rest }: Props) {
  return (
    <button
      type="button"
      {...rest}
      disabled={busy || disabled}
      aria-busy={busy}
      className={clsx(buttonLook(look), className)}
    >
      {busy && <LoaderCircle size={14} className="spinning" aria-hidden />}
      {children}
    </button>
  )
}
