/**
 * In front of every page but the doors: asks who is signed in, and hands on what they may do.
 *
 * Nobody is led to the sign-in, which comes back. While the server is away the pages are there and say so themselves, and
 * nothing that changes anything is offered. Somebody else, or another tenant, is a page loaded anew.
 */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Navigate, useRouterState } from '@tanstack/react-router'
import { useEffect, useMemo, useRef, type ReactNode } from 'react'

import { SESSION, sessionQuery, SESSION_KEY, type Session } from '../api/session'
import { watchRefused } from '../api/http'
import { isDoor } from './comeBack'
import { rightsOf } from './rights'
import { change, sitting } from './sittings'
import { AccessContext, type Access } from './useCan'

const ASK_AGAIN = 3_000
const NONE: Access = { session: null, can: () => false }

export function Gate({ children }: { children: ReactNode }) {
  const { data, isPending } = useQuery({
    ...sessionQuery(),
    refetchInterval: ({ state }) => (state.error ? ASK_AGAIN : false),
  })
  const here = useRouterState({ select: ({ location }) => location.href })
  useRefusals()
  useSitting(data ?? null)
  const access = useMemo(() => (data ? { session: data, can: rightsOf(data) } : NONE), [data])
  if (isPending) return <div role="status" aria-label="Loading" className="h-full" />
  if (data === null && isDoor(here)) return null
  if (data === null) return <Navigate to="/signin" search={{ to: here === '/' ? undefined : here }} replace />
  return <AccessContext value={access}>{children}</AccessContext>
}

/** A refused call may mean that the session ended, or that its rights changed. */
function useRefusals(): void {
  const client = useQueryClient()
  useEffect(
    () =>
      watchRefused((_, path) => {
        if (!path.startsWith(SESSION)) void client.invalidateQueries({ queryKey: SESSION_KEY })
      }),
    [client],
  )
}

function useSitting(session: Session | null): void {
  const client = useQueryClient()
  const first = useRef<string | null>(null)
  const now = session ? sitting(session) : null
  useEffect(() => {
    if (now === null) return
    if (first.current === null) first.current = now
    else if (first.current !== now) change(client)
  }, [client, now])
}
