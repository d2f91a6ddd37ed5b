/** A word in its tone. */
import type { ReactNode } from 'react'

export function Tag({ tone = 'neutral', children }: { tone?: string; children: ReactNode }) {
  return (
    <span
      data-tone={tone}
      className="inline-flex items-center rounded-full bg-tone-soft px-2 py-0.5 text-xs font-medium whitespace-nowrap text-tone"
    >
      {children}
    </span>
  )
}
