/**
 * The last runs of many workflows in few calls.
 *
 * One page of the newest runs of all tells it for most: a workflow with `SHOWN` runs in it is complete, and so is every
 * one when the page was the whole list. Only the others are asked for by name.
 */
import type { Page, Run } from '../api/types'

export const SHOWN = 10

export interface Recent {
  runs: Record<string, Run[]>
  /** Names whose older runs the page may have missed. */
  incomplete: string[]
}

export function groupRecent(names: readonly string[], page: Page<Run>): Recent {
  const runs: Record<string, Run[]> = Object.fromEntries(names.map((name) => [name, []]))
  for (const run of page.items) {
    const list = runs[run.workflow]
    if (list && list.length < SHOWN) list.push(run)
  }
  const incomplete = page.next === null ? [] : names.filter((name) => (runs[name]?.length ?? 0) < SHOWN)
  return { runs, incomplete }
}

type Fetch = (workflow: string | undefined, limit: number) => Promise<Page<Run>>

const NEWEST = 200

export async function recentRuns(names: readonly string[], fetchRuns: Fetch): Promise<Record<string, Run[]>> {
  const { runs, incomplete } = groupRecent(names, await fetchRuns(undefined, NEWEST))
  const pages = await Promise.all(
    incomplete.map(async (name) => [name, (await fetchRuns(name, SHOWN)).items] as const),
  )
  return { ...runs, ...Object.fromEntries(pages) }
}
