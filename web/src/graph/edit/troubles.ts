/**
 * Where a problem of the validation lies: `nodes[2].params.body.nodes[0].params.url` is the field `params.url` of the
 * node at that place. Steps (`steps[1].parallel[0]`) are found too. What lies in no node has an empty path.
 */
import type { Definition, Json, ProblemEntry } from '../../api/types'
import { isFields } from './steps'

export interface Trouble {
  nodePath: readonly string[]
  /** Below the node; of the whole document where it lies in none. */
  field: string
  message: string
}

const PART = /([^.[\]]+)|\[(\d+)\]/g
const LISTS = new Set(['nodes', 'steps', 'parallel'])

export function troubleOf(definition: Definition, problem: ProblemEntry): Trouble {
  const parts = [...problem.path.matchAll(PART)].map((part) => part[2] ?? part[1] ?? '')
  const nodePath: string[] = []
  let value: Json | undefined = definition as unknown as Json
  let rest = 0
  for (const [index, part] of parts.entries()) {
    const list = parts[index - 1]
    value = Array.isArray(value) ? value[Number(part)] : isFields(value) ? value[part] : undefined
    const id = list !== undefined && LISTS.has(list) && isFields(value) ? value['id'] : undefined
    if (typeof id === 'string' && inGraph(parts, index - 1)) {
      nodePath.push(id)
      rest = index + 1
    }
  }
  return { nodePath, field: joined(parts.slice(rest)), message: problem.message }
}

/** Whether the list at `index` is one of a graph: at the top, in a body, or inside of steps. */
function inGraph(parts: readonly string[], index: number): boolean {
  const before = parts[index - 1]
  return index === 0 || before === 'body' || /^\d+$/.test(before ?? '')
}

function joined(parts: readonly string[]): string {
  return parts.reduce(
    (path, part) => (/^\d+$/.test(part) ? `${path}[${part}]` : path ? `${path}.${part}` : part),
    '',
  )
}

/** How many problems each node of the graph at `path` has, those inside its body included. */
export function countsAt(troubles: readonly Trouble[], path: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { nodePath } of troubles) {
    const id = nodePath[path.length]
    if (id === undefined || path.some((part, index) => nodePath[index] !== part)) continue
    counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  return counts
}
