/** In the place of a page where nothing can be seen: the tenant is suspended, or one is a member of it no more. */
import { useRouterState } from '@tanstack/react-router'
import { PauseCircle, UserX } from 'lucide-react'
import type { ReactNode } from 'react'

import { Page, Panel } from '../ui/Page'
import { Empty } from '../ui/states'
import { useSession } from './useCan'

export function Barred({ children }: { children: ReactNode }) {
  const session = useSession()
  const account = useRouterState({ select: ({ location }) => /\/account$/.test(location.pathname) })
  if (!session || account) return children
  const { role, tenant, tenants } = session
  const elsewhere = tenants.some(({ id }) => id !== tenant.id)
  const way = elsewhere ? 'Choose another tenant at the top of the side bar.' : 'Ask an admin about it.'
  if (role === null) {
    return (
      <Page title="No member">
        <Panel>
          <Empty title={`You are no member of ${tenant.name} any more`} Icon={UserX}>
            <p>{way}</p>
          </Empty>
        </Panel>
      </Page>
    )
  }
  if (!tenant.suspended) return children
  return (
    <Page title="Suspended">
      <Panel>
        <Empty title={`${tenant.name} is suspended`} Icon={PauseCircle}>
          <p>Its work rests and starts nothing new until an admin of the instance resumes it. {way}</p>
        </Empty>
      </Panel>
    </Page>
  )
}
