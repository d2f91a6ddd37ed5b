/** What became of a part, as icon and tone: never by colour alone. */
import { Equal, Minus, PencilLine, Plus } from 'lucide-react'

import type { Fate } from './graphDiff'

export const TONES: Record<Fate, string> = {
  same: 'neutral',
  added: 'success',
  removed: 'failure',
  changed: 'waiting',
}

const ICONS = { same: Equal, added: Plus, removed: Minus, changed: PencilLine }

export function FateIcon({ fate, size = 13 }: { fate: Fate; size?: number }) {
  const Icon = ICONS[fate]
  return <Icon size={size} aria-hidden className="shrink-0" />
}

export function FateTag({ fate }: { fate: Fate }) {
  return (
    <span
      data-tone={TONES[fate]}
      className="inline-flex shrink-0 items-center gap-1 rounded-full bg-tone-soft px-2 text-[11px] leading-[18px] font-medium text-tone"
    >
      <FateIcon fate={fate} size={11} />
      {fate}
    </span>
  )
}

export function fateOf(op: string): Fate {
  return op === 'added' || op === 'removed' ? op : 'changed'
}
