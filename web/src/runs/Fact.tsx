/** One fact of a list of them: its name, faint, and its value beside it. */
import type { ReactNode } from 'react'

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex items-center gap-1.5">
      <dt className="text-ink-faint">{name}</dt>
      <dd className="flex items-center gap-1.5 text-ink">{children}</dd>
    </div>
  )
}
