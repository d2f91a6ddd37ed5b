/**
 * Signing in: address and password, then a one-time code where one is asked for; or by the provider of OpenID Connect.
 *
 * Whoever is signed in already goes on. Nothing that is typed is kept anywhere but in this page's memory.
 */
import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { useEffect } from 'react'

import { OPENID, optionsQuery, sessionQuery } from '../api/session'
import { begin } from '../access/sittings'
import { buttonLook } from '../ui/Button'
import { ErrorState, Skeleton } from '../ui/states'
import { Door } from './Door'
import { openidProblem } from './openid'
import { Or } from './Or'
import { SignInForm } from './SignInForm'

export function SignInPage() {
  const { to, openid: failed } = useSearch({ from: '/signin' })
  const options = useQuery(optionsQuery())
  const session = useQuery(sessionQuery())
  const known = Boolean(session.data)
  useEffect(() => {
    if (known) begin(to)
  }, [known, to])
  if (known || session.isPending || options.isPending) {
    return (
      <Door title="Sign in">
        <Skeleton rows={3} />
      </Door>
    )
  }
  if (options.isError) {
    return (
      <Door title="Sign in">
        <ErrorState error={options.error} retry={() => void options.refetch()} />
      </Door>
    )
  }
  const { openid } = options.data
  return (
    <Door title="Sign in">
      <div className="space-y-4">
        {failed !== undefined && (
          <p role="alert" data-tone="failure" className="rounded-md bg-tone-soft px-2.5 py-1.5 text-tone">
            {openidProblem(failed)}
          </p>
        )}
        {openid && (
          <>
            <a href={OPENID} className={`${buttonLook('plain')} w-full`}>
              Continue with {openid.name}
            </a>
            <Or />
          </>
        )}
        <SignInForm onSignedIn={() => begin(to)} />
        <Forgotten />
      </div>
    </Door>
  )
}

/** No mail goes out to whoever asks for one: the way back in leads over somebody who is in. */
function Forgotten() {
  return (
    <details className="text-xs text-ink-soft">
      <summary className="w-fit cursor-pointer rounded hover:text-ink">Forgot your password?</summary>
      <p className="pt-1.5">
        An admin makes you a link for a new one, under People. Where nobody can, whoever runs the server does,
        with <code className="font-mono break-words">holdfast users reset ADDRESS</code>.
      </p>
    </details>
  )
}
