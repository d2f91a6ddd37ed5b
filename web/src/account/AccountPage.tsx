/** One's own account. The local user has none, and is told what that means. */
import { Link } from '@tanstack/react-router'
import { ShieldCheck } from 'lucide-react'

import { ROLE_MEANS } from '../access/rights'
import { useSession } from '../access/useCan'
import type { Session } from '../api/session'
import { buttonLook } from '../ui/Button'
import { Page, Panel } from '../ui/Page'
import { Browsers } from './Browsers'
import { NameForm } from './NameForm'
import { PasswordForm } from './PasswordForm'
import { nameOf } from './AccountMenu'
import { Totp } from './Totp'

export function AccountPage() {
  const session = useSession()
  return (
    <Page title="Your account">
      {session && (
        <div className="grid items-start gap-4 lg:grid-cols-2">
          <Who session={session} />
          {session.kind === 'local' && <LocalUser />}
          {session.kind === 'person' && session.user && (
            <>
              <PasswordForm email={session.user.email} />
              <Totp on={session.user.totp} />
              <Browsers />
            </>
          )}
        </div>
      )}
    </Page>
  )
}

function Who({ session }: { session: Session }) {
  const { user, role, tenant, instance_admin: instanceAdmin } = session
  return (
    <Panel title="Who you are">
      <div className="space-y-4 p-4">
        <dl className="grid grid-cols-[6rem_1fr] gap-x-3 gap-y-1.5">
          {user ? (
            <>
              <dt className="text-ink-faint">Address</dt>
              <dd className="break-words">{user.email}</dd>
            </>
          ) : (
            <>
              <dt className="text-ink-faint">Name</dt>
              <dd>{nameOf(session)}</dd>
            </>
          )}
          <dt className="text-ink-faint">Tenant</dt>
          <dd>{tenant.name}</dd>
          <dt className="text-ink-faint">Role</dt>
          <dd>
            {role ?? 'no member'}
            {role && <span className="block text-xs text-ink-soft">{ROLE_MEANS[role]}</span>}
            {instanceAdmin && (
              <span className="block text-xs text-ink-soft">
                Also an admin of the instance: of its tenants and queues.
              </span>
            )}
          </dd>
        </dl>
        {user && <NameForm name={user.name} />}
      </div>
    </Panel>
  )
}

function LocalUser() {
  return (
    <Panel title="Sign-in">
      <div className="space-y-3 p-4">
        <p>
          You are the local user: whoever reaches this server from its own machine is the owner, without a
          password. That is fine for trying things out by yourself.
        </p>
        <p className="text-ink-soft">
          For others to come in, make the first owner. From then on everybody signs in, at this machine too.
        </p>
        <Link to="/setup" className={buttonLook('plain')}>
          <ShieldCheck size={14} aria-hidden /> Set up sign-in
        </Link>
      </div>
    </Panel>
  )
}
