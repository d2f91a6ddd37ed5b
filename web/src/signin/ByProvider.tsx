/** Accepting an invitation by the provider of OpenID Connect, where there is one. */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { optionsQuery, wayToProvider } from '../api/session'
import { Button } from '../ui/Button'
import { Refusal } from '../ui/FormFoot'
import { Or } from './Or'

export function ByProvider({ token }: { token: string }) {
  const { data } = useQuery(optionsQuery())
  const [busy, setBusy] = useState(false)
  const [refused, refuse] = useState<unknown>(null)
  if (!data?.openid) return null
  const go = () => {
    setBusy(true)
    refuse(null)
    wayToProvider(token).then(
      ({ url }) => window.location.assign(url),
      (error: unknown) => {
        setBusy(false)
        refuse(error)
      },
    )
  }
  return (
    <>
      <Button busy={busy} onClick={go} className="w-full">
        Continue with {data.openid.name}
      </Button>
      {refused !== null && <Refusal error={refused} />}
      <Or />
    </>
  )
}
