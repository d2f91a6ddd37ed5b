/** The keys that work everywhere, as they are told and as they are understood. Pure. */

/** `g`, then one of these, goes to a page. */
export const PLACE_KEYS: Record<string, { to: string; label: string }> = {
  w: { to: '/', label: 'Workflows' },
  u: { to: '/rules', label: 'Rules' },
  c: { to: '/schedules', label: 'Schedules' },
  x: { to: '/secrets', label: 'Secrets' },
  o: { to: '/overview', label: 'Overview' },
  r: { to: '/runs', label: 'Runs' },
  e: { to: '/events', label: 'Events' },
  h: { to: '/deliveries', label: 'Deliveries' },
  s: { to: '/subscriptions', label: 'Subscriptions' },
  m: { to: '/mailbox', label: 'Mailbox' },
  j: { to: '/jobs', label: 'Jobs' },
  d: { to: '/dead', label: 'Dead letters' },
  q: { to: '/queues', label: 'Queues' },
  k: { to: '/workers', label: 'Workers' },
  p: { to: '/people', label: 'People' },
  i: { to: '/keys', label: 'API keys' },
  a: { to: '/audit', label: 'Audit log' },
  t: { to: '/tenants', label: 'Tenants' },
}

export interface Shortcut {
  keys: readonly string[]
  does: string
}

const everywhere: readonly Shortcut[] = [
  { keys: ['Mod', 'K'], does: 'Find a page, a workflow, a rule, a run or a job by its id' },
  { keys: ['?'], does: 'Show the keys' },
  { keys: ['/'], does: 'Go to the search of a list' },
  { keys: ['Esc'], does: 'Close what is open' },
]

export const SHORTCUTS: readonly { group: string; shortcuts: readonly Shortcut[] }[] = [
  { group: 'Everywhere', shortcuts: everywhere },
  {
    group: 'Go to',
    shortcuts: Object.entries(PLACE_KEYS).map(([key, { label }]) => ({
      keys: ['G', key.toUpperCase()],
      does: label,
    })),
  },
]

export interface Stroke {
  key: string
  mod: boolean
  alt: boolean
  typing: boolean
}

export type Meaning = { does: 'palette' | 'help' | 'lead' | 'none' } | { does: 'go'; to: string }

const NONE: Meaning = { does: 'none' }

/** What a key means; `led` says whether `g` was pressed just before. Typing keeps its keys, but for the palette's. */
export function meaningOf(stroke: Stroke, led: boolean): Meaning {
  const key = stroke.key.toLowerCase()
  if (stroke.mod) return key === 'k' && !stroke.alt ? { does: 'palette' } : NONE
  if (stroke.alt || stroke.typing) return NONE
  if (stroke.key === '?') return { does: 'help' }
  if (led) {
    const place = Object.hasOwn(PLACE_KEYS, key) ? PLACE_KEYS[key] : undefined
    return place ? { does: 'go', to: place.to } : NONE
  }
  return key === 'g' ? { does: 'lead' } : NONE
}

export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  )
}

export function modKey(platform: string): string {
  return /mac|iphone|ipad/i.test(platform) ? '⌘' : 'Ctrl'
}
