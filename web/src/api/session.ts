/**
 * Who is signed in: the session, signing in and out, and the way in by a link.
 *
 * `sessionQuery` gives null when nobody is; any other failure is one. Nothing of it is kept in the browser's storage: the
 * cookie that proves it can't be read here.
 */
import { queryOptions } from '@tanstack/react-query'

import { call, Problem } from './http'

export type RoleName = 'viewer' | 'operator' | 'editor' | 'admin' | 'owner'

export interface SessionTenant {
  id: string
  name: string
  suspended: boolean
}

export interface SessionUser {
  id: string
  email: string | null
  name: string
  totp: boolean
  instance_admin: boolean
}

export interface Session {
  user: SessionUser | null
  kind: 'person' | 'key' | 'local'
  name: string
  tenant: SessionTenant
  /** Null: a member of this tenant no more. */
  role: RoleName | null
  instance_admin: boolean
  /** What a key is narrowed to; null: nothing. */
  scopes: string[] | null
  tenants: { id: string; name: string; role: RoleName }[]
  expires_at: string | null
}

export interface SignInOptions {
  /** There is no owner yet who signs in. */
  setup: boolean
  /** Whoever is at this machine is the owner, without signing in. */
  local: boolean
  openid: { name: string } | null
}

export interface SignIn {
  email: string
  password: string
  code?: string
}

export interface NewOwner {
  email: string
  name: string
  password: string
}

/** What a link is good for. */
export interface Invitation {
  purpose: 'member' | 'password'
  email: string
  tenant: string | null
  role: RoleName | null
  /** There is a person with this address, who joins by it. */
  known: boolean
}

export const SESSION = '/api/v1/session'
export const OPENID = `${SESSION}/openid`
export const SESSION_KEY = ['session'] as const

export const sessionQuery = () =>
  queryOptions({
    queryKey: SESSION_KEY,
    staleTime: 15_000,
    refetchOnWindowFocus: 'always',
    queryFn: ({ signal }) => call<Session>(SESSION, { signal }).catch(nobody),
  })

function nobody(error: unknown): null {
  if (error instanceof Problem && error.status === 401) return null
  throw error
}

export const optionsQuery = () =>
  queryOptions({
    queryKey: ['session-options'],
    queryFn: ({ signal }) => call<SignInOptions>(`${SESSION}/options`, { signal }),
  })

const post = <T>(path: string, body: unknown) => call<T>(path, { method: 'POST', body })

export const signIn = (given: SignIn) => post<Session>(SESSION, given)
export const signOut = () => call<undefined>(SESSION, { method: 'DELETE' })
export const switchTenant = (tenant: string) => call<Session>(SESSION, { method: 'PATCH', body: { tenant } })
export const setUp = (owner: NewOwner) => post<Session>('/api/v1/setup', owner)

/** Where to sign in with the provider; who comes back has accepted the invitation. */
export const wayToProvider = (invite: string) => post<{ url: string }>(OPENID, { invite })

export const lookAtInvitation = (token: string) => post<Invitation>('/api/v1/invites/look', { token })
export const acceptInvitation = (token: string, given: { name?: string; password?: string; code?: string }) =>
  post<Session>('/api/v1/invites/accept', { token, ...given })
