/**
 * What the caller may do, as the console offers it: a role at least, a scope that covers it, or an admin of the instance.
 * Pure. The server decides; this only keeps from view what it would refuse.
 */
import type { RoleName, Session } from '../api/session'

/** From the least to the most: each may do what the ones before it may. */
export const ROLES: readonly RoleName[] = ['viewer', 'operator', 'editor', 'admin', 'owner']

export const ROLE_MEANS: Record<RoleName, string> = {
  viewer: 'Sees everything but what secrets hold, and changes nothing.',
  operator: 'A viewer who also starts, cancels and retries work, and answers approvals.',
  editor: 'An operator who also builds workflows, rules, schedules and secrets.',
  admin: 'An editor who also manages people and keys, and reads the audit log.',
  owner: 'An admin who also makes other owners.',
}

/** Nouns of the API, which the scopes of keys name too. */
export type Area =
  | 'audit'
  | 'automation-rules'
  | 'dead-letters'
  | 'event-subscriptions'
  | 'events'
  | 'firings'
  | 'invites'
  | 'jobs'
  | 'keys'
  | 'queues'
  | 'runs'
  | 'schedules'
  | 'secrets'
  | 'service-accounts'
  | 'tenants'
  | 'triggers'
  | 'users'
  | 'workers'
  | 'workflows'

/** `instance`: an admin of the instance, whatever the role. */
export type Least = RoleName | 'instance'
export type Way = 'read' | 'write'

export type Can = (area: Area, least: Least, way?: Way) => boolean

export function atLeast(role: RoleName | null, least: RoleName): boolean {
  return role !== null && ROLES.indexOf(role) >= ROLES.indexOf(least)
}

/** Roles that one may give to others: nobody gives more than they have. */
export function mayGive(role: RoleName | null): readonly RoleName[] {
  return ROLES.filter((each) => atLeast(role, each))
}

export function rightsOf(session: Session): Can {
  return (area, least, way = 'write') => {
    const { role, scopes, instance_admin: instanceAdmin, tenant } = session
    if (role === null || (tenant.suspended && way === 'write' && least !== 'instance')) return false
    const scoped = scopes === null || scopes.includes(`${area}:${way}`)
    return scoped && (least === 'instance' ? instanceAdmin : atLeast(role, least))
  }
}
