/** Says that a run was a test from the editor. */
import { FlaskConical } from 'lucide-react'

export function TestTag() {
  return (
    <span
      title="A test run, started from the editor"
      className="inline-flex shrink-0 items-center gap-1 rounded bg-accent-soft px-1.5 text-[11px] leading-4 font-medium text-accent"
    >
      <FlaskConical size={11} aria-hidden /> test
    </span>
  )
}
