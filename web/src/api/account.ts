/** One's own account: name, password, one-time codes, and the browsers that are signed in. */
import { queryOptions } from '@tanstack/react-query'

import { call } from './http'
import type { Page } from './types'

export interface SignedInBrowser {
  id: string
  /** It is this one. */
  current: boolean
  created_at: string
  seen_at: string
  expires_at: string
  address: string
  agent: string
}

/** Not kept by the server until it is confirmed with a code. */
export interface NewTotp {
  secret: string
  uri: string
}

const ACCOUNT = '/api/v1/account'
const SESSIONS = '/api/v1/sessions'

export const browsersQuery = () =>
  queryOptions({
    queryKey: ['sessions'],
    queryFn: ({ signal }) => call<Page<SignedInBrowser>>(SESSIONS, { signal }),
  })

export const rename = (name: string) => call<unknown>(ACCOUNT, { method: 'PATCH', body: { name } })
export const changePassword = (given: { current: string; new: string }) =>
  call<undefined>(`${ACCOUNT}/password`, { method: 'POST', body: given })

export const newTotp = () => call<NewTotp>(`${ACCOUNT}/totp`, { method: 'POST', body: {} })
export const confirmTotp = (given: { secret: string; code: string; password: string }) =>
  call<{ recovery_codes: string[] }>(`${ACCOUNT}/totp/confirm`, { method: 'POST', body: given })
export const removeTotp = (password: string) =>
  call<undefined>(`${ACCOUNT}/totp`, { method: 'DELETE', body: { password } })

export const endBrowser = (id: string) =>
  call<undefined>(`${SESSIONS}/${encodeURIComponent(id)}`, { method: 'DELETE' })
export const endEveryBrowser = () => call<undefined>(SESSIONS, { method: 'DELETE' })
