/** Paths as the API writes them (`nodes[2].params.url`), and which problems belong to a field. */
import type { ProblemEntry } from '../api/types'

export function below(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`
  return path === '' ? key : `${path}.${key}`
}

/** Problems of exactly this place. */
export function problemsAt(problems: readonly ProblemEntry[], path: string): ProblemEntry[] {
  return problems.filter((problem) => problem.path === path)
}

export function isUnder(path: string, above: string): boolean {
  if (above === '' || path === above) return true
  const next = path.charAt(above.length)
  return path.startsWith(above) && (next === '.' || next === '[')
}

/** Problems of this place and of everything in it. */
export function problemsUnder(problems: readonly ProblemEntry[], path: string): ProblemEntry[] {
  return problems.filter((problem) => isUnder(problem.path, path))
}

/** What a field that draws all of its value itself has to tell: deeper problems say where they are. */
export function messagesUnder(problems: readonly ProblemEntry[], path: string): string[] {
  return problemsUnder(problems, path).map((problem) => {
    const rest = problem.path.slice(path.length).replace(/^\./, '')
    return rest ? `${rest}: ${problem.message}` : problem.message
  })
}

const PLACE = /, at character (\d+)$/

/** Where in the field's text the problem is, if it says so: counted from 0, in characters. */
export function placeIn(message: string): number | null {
  const found = PLACE.exec(message)
  return found ? Number(found[1]) - 1 : null
}
