/** The frame around every page: the navigation (a side bar; icons beside the editor; a drawer on narrow screens) and the health banner. */
import { Outlet, useRouterState } from '@tanstack/react-router'
import { useState } from 'react'

import { Barred } from '../access/Barred'
import { HealthBanner } from './HealthBanner'
import { SideBar, TopBar } from './Navigation'
import { PaletteHost, type Shown } from './palette/PaletteHost'
import { Rail } from './Rail'
import { ToastHost } from './Toasts'

const EDITOR = /\/(new|workflows\/[^/]+\/edit)$/

export function Shell() {
  const [open, setOpen] = useState(false)
  const [shown, show] = useState<Shown>(null)
  const editing = useRouterState({ select: ({ location }) => EDITOR.test(location.pathname) })
  const find = () => show('palette')
  return (
    <ToastHost>
      <div className="flex h-full flex-col md:flex-row">
        <a
          href="#content"
          className="sr-only z-50 rounded-md bg-panel px-3 py-2 focus:not-sr-only focus:absolute focus:top-2 focus:left-2"
        >
          Skip to content
        </a>
        <TopBar open={open} onOpenChange={setOpen} onFind={find} />
        {editing ? <Rail onFind={find} /> : <SideBar onFind={find} />}
        <main
          id="content"
          tabIndex={-1}
          className="relative min-h-0 min-w-0 flex-1 overflow-y-auto outline-none"
        >
          <HealthBanner />
          <Barred>
            <Outlet />
          </Barred>
        </main>
      </div>
      <PaletteHost shown={shown} show={show} />
    </ToastHost>
  )
}
