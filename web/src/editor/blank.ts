/** What a new workflow begins with, and names for it. */
import type { Definition } from '../api/types'

export const BLANK: Definition = {
  holdfast: 1,
  name: 'new-workflow',
  title: 'New workflow',
  triggers: [{ id: 'by_hand', type: 'manual' }],
  nodes: [],
  edges: [],
}

/** Its own name is most likely taken: by the sample itself. */
export function copyOfSample(definition: Definition): Definition {
  return { ...definition, name: `${definition.name}-copy` }
}

/** `Lead follow-up (EU)` → `lead-follow-up-eu`; a title without a letter or digit gives none. */
export function nameFrom(title: string): string {
  const plain = title
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
  return plain
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 100)
    .replace(/-+$/, '')
}

/** Another title; the name of a workflow that was never saved follows it. */
export function titled(definition: Definition, title: string, saved: string | null): Definition {
  const name = saved === null ? nameFrom(title) || definition.name : definition.name
  return { ...definition, title, name }
}
