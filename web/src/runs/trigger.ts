/** What started a run, whether the answer names it by a word or by an object. Without one it was started by hand. */
import type { Run } from '../api/types'

export function triggerOf(trigger: Run['trigger']): { type: string; label: string } {
  if (trigger === null) return { type: 'manual', label: 'manual' }
  if (typeof trigger === 'string') return { type: trigger, label: trigger }
  const { type, id } = trigger
  const kind = typeof type === 'string' ? type : 'manual'
  return { type: kind, label: typeof id === 'string' && id ? `${kind} · ${id}` : kind }
}
