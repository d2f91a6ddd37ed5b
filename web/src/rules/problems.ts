/** Which problems of a refusal belong to which part of a rule's form. Pure. */
import type { ProblemEntry } from '../api/types'

/** Problems of the rule itself: a try of an unsaved one tells them under `rule`. */
export function ofRule(problems: readonly ProblemEntry[]): ProblemEntry[] {
  return problems.map(({ path, message }) => ({ path: path.replace(/^rule\.?/, ''), message }))
}

/** What is said of a place or of anything inside it; inside, with the rest of the path before it. */
export function messagesAt(problems: readonly ProblemEntry[], place: string): string[] {
  return problems.flatMap(({ path, message }) => {
    if (path === place) return [message]
    const inside = path.startsWith(`${place}.`) || path.startsWith(`${place}[`)
    return inside ? [`${path.slice(place.length).replace(/^\./, '')}: ${message}`] : []
  })
}

export function errorAt(problems: readonly ProblemEntry[], place: string): string | null {
  return messagesAt(problems, place).join('; ') || null
}
