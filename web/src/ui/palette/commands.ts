/** What the palette offers, without what must be asked of the server: pages, actions, and how an id is recognised. */
import {
  Braces,
  FilePlus2,
  Keyboard,
  Monitor,
  Moon,
  Sun,
  UserRound,
  Zap,
  type LucideIcon,
} from 'lucide-react'

import type { Can } from '../../access/rights'
import { placesFor } from '../Navigation'
import { setTheme } from '../theme'
import { PLACE_KEYS } from './shortcuts'

export interface Command {
  key: string
  group: string
  title: string
  Icon: LucideIcon
  run: () => void
  words?: string
  aside?: string
  keys?: readonly string[]
}

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** The id in what was typed or pasted, also out of an address; null when there is none. */
export function idIn(typed: string): string | null {
  const last = typed
    .trim()
    .toLowerCase()
    .split(/[/?#]/)
    .find((part) => ID.test(part))
  return last ?? null
}

/** Words that lead to a page beside its name. */
const WORDS: Record<string, string> = {
  '/': 'home list flows',
  '/schedules': 'cron clocks backfill next times',
  '/rules': 'automation conditions',
  '/secrets': 'credentials passwords',
  '/overview': 'dashboard statistics throughput',
  '/runs': 'executions history',
  '/deliveries': 'webhooks firings replay',
  '/events': 'stream live log',
  '/mailbox': 'email mails',
  '/dead': 'failed jobs replay discard',
  '/queues': 'limits rate pause',
  '/people': 'users members invite roles team',
  '/keys': 'tokens service accounts scopes',
  '/audit': 'history who security',
  '/tenants': 'customers limits egress suspend',
}

export function placeCommands(go: (to: string) => void, can: Can): Command[] {
  const keys = new Map(Object.entries(PLACE_KEYS).map(([key, { to }]) => [to, key]))
  return placesFor(can)
    .flatMap(({ places }) => places)
    .map(({ to, label, Icon }) => {
      const key = keys.get(to)
      return {
        key: to,
        group: 'Pages',
        title: label,
        Icon,
        run: () => go(to),
        ...(WORDS[to] !== undefined && { words: WORDS[to] }),
        ...(key !== undefined && { keys: ['G', key.toUpperCase()] }),
      }
    })
}

export function actionCommands(go: (to: string) => void, help: () => void, can: Can): Command[] {
  const action = (
    key: string,
    title: string,
    Icon: LucideIcon,
    run: () => void,
    words?: string,
  ): Command => ({
    key,
    group: 'Actions',
    title,
    Icon,
    run,
    ...(words !== undefined && { words }),
  })
  const workflow = action('new', 'New workflow', FilePlus2, () => go('/new'), 'create add blank')
  const rule = action('new-rule', 'New rule', Zap, () => go('/rules/~new'), 'create add automation')
  return [
    ...(can('workflows', 'editor') ? [workflow] : []),
    ...(can('automation-rules', 'editor') ? [rule] : []),
    action('account', 'Your account', UserRound, () => go('/account'), 'profile password sessions codes'),
    { ...action('keys', 'Show the keys', Keyboard, help, 'keyboard shortcuts help'), keys: ['?'] },
    action('light', 'Light theme', Sun, () => setTheme('light'), 'appearance colours'),
    action('dark', 'Dark theme', Moon, () => setTheme('dark'), 'appearance colours night'),
    action('system', 'Theme as the system', Monitor, () => setTheme('system'), 'appearance colours'),
    action('api', 'API documentation', Braces, () => window.location.assign('/docs'), 'reference openapi'),
  ]
}
