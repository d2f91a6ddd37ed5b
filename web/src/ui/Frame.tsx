/** What stands around everything: the console behind its gate, or one of the doors in front of it. */
import { Outlet, useRouterState } from '@tanstack/react-router'

import { isDoor } from '../access/comeBack'
import { Gate } from '../access/Gate'
import { Shell } from './Shell'

export function Frame() {
  // By what is shown, not by where one is on the way to: the page before needs its frame until it goes.
  const door = useRouterState({ select: ({ matches }) => matches.some(({ pathname }) => isDoor(pathname)) })
  if (door) return <Outlet />
  return (
    <Gate>
      <Shell />
    </Gate>
  )
}
