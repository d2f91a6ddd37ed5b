/** What a link is good for: joining a tenant, as somebody new or who is known, or choosing a new password. */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { asProblem } from '../api/http'
import { lookAtInvitation, sessionQuery, type Invitation } from '../api/session'
import { ErrorState, Skeleton } from '../ui/states'
import { AcceptForm } from './AcceptForm'
import { Door } from './Door'
import { takeToken } from './fragment'
import { ByProvider } from './ByProvider'

export function InvitePage() {
  const [token] = useState(takeToken)
  const session = useQuery(sessionQuery())
  const look = useQuery({
    // The token is no part of the key: keys are seen by tools.
    queryKey: ['invitation'],
    enabled: token !== null,
    staleTime: Infinity,
    gcTime: 0,
    queryFn: () => lookAtInvitation(token ?? ''),
  })
  if (token === null || gone(look.error)) return <Spent />
  if (look.isError) {
    return (
      <Door title="Invitation">
        <ErrorState error={look.error} retry={() => void look.refetch()} />
      </Door>
    )
  }
  if (look.isPending || session.isPending) {
    return (
      <Door title="Invitation">
        <Skeleton rows={3} />
      </Door>
    )
  }
  return <Accept token={token} invitation={look.data} mine={session.data?.user?.email === look.data.email} />
}

function gone(error: unknown): boolean {
  return error !== null && [404, 409, 422].includes(asProblem(error).status)
}

function Spent() {
  return (
    <Door title="This link is no good" about="It was used already, withdrawn, or is too old.">
      <p className="text-ink-soft">Ask whoever sent it for a new one.</p>
    </Door>
  )
}

interface AcceptProps {
  token: string
  invitation: Invitation
  /** It is for whoever is signed in here. */
  mine: boolean
}

function Accept({ token, invitation, mine }: AcceptProps) {
  const { purpose, email, tenant, role, known } = invitation
  if (purpose === 'password') {
    return (
      <Door title="Choose a new password" about={<Address email={email} />}>
        <AcceptForm
          token={token}
          email={email}
          asks={{ name: false, password: 'new' }}
          action="Set the password"
        />
      </Door>
    )
  }
  return (
    <Door
      title={`Join ${tenant ?? 'Holdfast'}`}
      about={
        <>
          <p>
            As <strong className="font-medium text-ink">{role ?? 'member'}</strong>
            {known && ', with the account that you have'}.
          </p>
          <Address email={email} />
        </>
      }
    >
      <div className="space-y-4">
        {!mine && <ByProvider token={token} />}
        <AcceptForm
          token={token}
          email={email}
          asks={{ name: !known, password: mine ? null : known ? 'own' : 'new' }}
          action="Join"
        />
      </div>
    </Door>
  )
}

function Address({ email }: { email: string }) {
  return <p className="break-words">{email}</p>
}
