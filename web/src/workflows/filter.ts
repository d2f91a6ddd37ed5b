/** Which workflows a search shows. Every word must stand in the name, the title, the description or a tag. */
import type { Workflow } from '../api/types'
import { titleOf } from './title'

export interface Wanted {
  q: string
  tag?: string | undefined
}

export function tagsOf(workflow: Workflow): string[] {
  // What users saved is theirs: only texts are tags.
  const tags: unknown = workflow.definition.tags
  return Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : []
}

export function found(workflows: readonly Workflow[], { q, tag }: Wanted): Workflow[] {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean)
  return workflows.filter((workflow) => {
    const tags = tagsOf(workflow)
    if (tag !== undefined && !tags.includes(tag)) return false
    const { name, definition } = workflow
    const text = [name, titleOf(workflow), definition.description ?? '', ...tags].join('\n').toLowerCase()
    return words.every((word) => text.includes(word))
  })
}

/** Every tag with how many workflows have it: the most used first, then by name. */
export function allTags(workflows: readonly Workflow[]): { tag: string; count: number }[] {
  const counts = new Map<string, number>()
  for (const workflow of workflows) {
    for (const tag of new Set(tagsOf(workflow))) counts.set(tag, (counts.get(tag) ?? 0) + 1)
  }
  return [...counts]
    .map(([tag, count]) => ({ tag, count }))
    .sort((a, b) => b.count - a.count || a.tag.localeCompare(b.tag))
}
