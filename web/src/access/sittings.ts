/**
 * Beginning and ending to be somebody, in a tenant: the page is loaded anew each time, so that nothing that was read, drawn
 * or typed for one is there for the next; and what this browser keeps of work is forgotten.
 *
 * Another tab may do so too: the session that is read again tells (`sitting`), and this page follows.
 */
import type { QueryClient } from '@tanstack/react-query'

import { SESSION_KEY, type Session } from '../api/session'
import { comeBackTo } from './comeBack'

/** What may stay for whoever comes next. */
const KEPT = new Set(['holdfast.theme', 'holdfast.editor'])

export function begin(to?: string): void {
  window.location.replace(`/app${comeBackTo(to)}`)
}

export function end(client: QueryClient): void {
  forget(client)
  client.setQueryData(SESSION_KEY, null)
  window.location.replace('/app/signin')
}

/** The same person in another tenant, or somebody else by another tab. */
export function change(client: QueryClient): void {
  forget(client)
  window.location.replace('/app/')
}

function forget(client: QueryClient): void {
  client.clear()
  forgetWork(localStorage)
  forgetWork(sessionStorage)
}

export function forgetWork(storage: Storage): void {
  for (const key of Object.keys(storage)) {
    if (key.startsWith('holdfast.') && !KEPT.has(key)) storage.removeItem(key)
  }
}

/** Who it is and where: what was read is good for these alone. */
export function sitting(session: Session): string {
  return `${session.kind} ${session.user?.id ?? session.name} ${session.tenant.id}`
}
