/** The server's list of changes, made short for readers: where nodes stand is told in one line. Pure. */
import type { VersionChange as Change } from '../api/versions'

export type { Change }

export interface Changes {
  shown: Change[]
  /** Nodes that only stand elsewhere. */
  moved: string[]
}

export function shortened(changes: readonly Change[]): Changes {
  const inLayout = changes.filter(({ path }) => path === 'layout' || path.startsWith('layout.'))
  const moved = new Set(inLayout.flatMap(({ path }) => path.split('.').slice(1, 2)))
  return { shown: changes.filter((change) => !inLayout.includes(change)), moved: [...moved] }
}

/** Those of one node, its edges too; all when none is chosen. */
export function changesOf(changes: readonly Change[], node: string | undefined): Change[] {
  if (node === undefined) return [...changes]
  return changes.filter(({ path }) => {
    if (path === `nodes.${node}` || path.startsWith(`nodes.${node}.`)) return true
    const ends = /^edges\.(.+) -> (.+)$/.exec(path)
    return ends !== null && (ends[1]?.split('.')[0] === node || ends[2]?.split('.')[0] === node)
  })
}
