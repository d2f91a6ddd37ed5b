/** A part of a form that is folded until it is needed. */
import { ChevronRight } from 'lucide-react'
import { useState, type ReactNode } from 'react'

interface Props {
  title: string
  /** What is set inside, in a few words. */
  note?: string
  /** Something inside is asked for: it can't stay folded. */
  wanted?: boolean
  open?: boolean
  children: ReactNode
}

export function Fold({ title, note, wanted = false, open = false, children }: Props) {
  const [opened, setOpened] = useState(open)
  const unfolded = opened || wanted
  return (
    <section className="min-w-0">
      <h3>
        <button
          type="button"
          aria-expanded={unfolded}
          onClick={() => setOpened(!unfolded)}
          className="flex h-9 w-full items-center gap-1.5 px-3 text-left text-[13px] font-semibold hover:bg-raised"
        >
          <ChevronRight
            size={13}
            aria-hidden
            className={`shrink-0 text-ink-faint ${unfolded ? 'rotate-90' : ''}`}
          />
          <span className="shrink-0">{title}</span>
          {note && <span className="min-w-0 truncate text-xs font-normal text-ink-faint">{note}</span>}
        </button>
      </h3>
      {unfolded && <div className="space-y-3 px-3 pt-1 pb-4">{children}</div>}
    </section>
  )
}
