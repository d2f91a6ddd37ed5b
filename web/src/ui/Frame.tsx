/** What stands around everything: the console behind its gate, or one of the doors in front of it. */
import { Outlet, useRouterState } from '@tanstack/react-router'

import { isDoor } from '../access/comeBack'
import { Gate } from '../access/Gate'
import { Shell } from './Shell'

export function Frame() {
  const door = useRouterState({ select: ({ location }) => isDoor(location.pathname) })
  if (door) return <Outlet />
  return (
    <Gate>
      <Shell />
    </Gate>
  )
}
