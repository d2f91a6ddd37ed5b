/** The people of the tenant and the invitations that are open. */
import { infiniteQueryOptions } from '@tanstack/react-query'

import { call, query } from './http'
import type { RoleName } from './session'
import type { Page } from './types'

export interface Member {
  id: string
  kind: 'person' | 'service'
  name: string
  email: string | null
  role: RoleName
  since: string
  disabled: boolean
  totp: boolean
  signed_in_at: string | null
}

export interface OpenInvite {
  id: string
  email: string
  role: RoleName | null
  created_by: string
  created_at: string
  expires_at: string
}

/** A link that is shown this once. */
export interface OnceLink {
  url: string
  expires_at: string
}

export type NewInvite = OnceLink & { id: string; email: string; role: RoleName }

const USERS = '/api/v1/users'
const INVITES = '/api/v1/invites'
const first = null as string | null
const at = (id: string) => `${USERS}/${encodeURIComponent(id)}`

export const membersQuery = () =>
  infiniteQueryOptions({
    queryKey: ['members'],
    initialPageParam: first,
    queryFn: ({ pageParam, signal }) =>
      call<Page<Member>>(`${USERS}${query({ limit: 100, cursor: pageParam })}`, { signal }),
    getNextPageParam: (page) => page.next,
  })

export const invitesQuery = () =>
  infiniteQueryOptions({
    queryKey: ['invites'],
    initialPageParam: first,
    queryFn: ({ pageParam, signal }) =>
      call<Page<OpenInvite>>(`${INVITES}${query({ limit: 100, cursor: pageParam })}`, { signal }),
    getNextPageParam: (page) => page.next,
  })

export const changeMember = (id: string, change: { role?: RoleName; disabled?: boolean }) =>
  call<Member>(at(id), { method: 'PATCH', body: change })
export const removeMember = (id: string) => call<undefined>(at(id), { method: 'DELETE' })
export const passwordLink = (id: string) =>
  call<OnceLink>(`${at(id)}/password-link`, { method: 'POST', body: {} })
export const signOutMember = (id: string) =>
  call<undefined>(`${at(id)}/sign-out`, { method: 'POST', body: {} })

/** `tenant`: another one than the caller's, for admins of the instance. */
export const invite = (given: { email: string; role: RoleName; tenant?: string }) =>
  call<NewInvite>(INVITES, { method: 'POST', body: given })
export const revokeInvite = (id: string) =>
  call<undefined>(`${INVITES}/${encodeURIComponent(id)}`, { method: 'DELETE' })
