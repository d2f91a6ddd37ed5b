/**
 * The session and what it may do, for every component below the gate.
 *
 * Outside of one (a part drawn alone in a test) everything is offered: the server is who refuses.
 */
import { createContext, use } from 'react'

import type { Session } from '../api/session'
import type { Area, Can, Least, Way } from './rights'

export interface Access {
  session: Session | null
  can: Can
}

export const AccessContext = createContext<Access>({ session: null, can: () => true })

export function useSession(): Session | null {
  return use(AccessContext).session
}

export function useAbilities(): Can {
  return use(AccessContext).can
}

/** Whether the caller has at least this role (or is an admin of the instance), and a scope for it. */
export function useCan(area: Area, least: Least, way: Way = 'write'): boolean {
  return useAbilities()(area, least, way)
}
