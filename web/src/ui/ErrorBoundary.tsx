/** The last net: a page that fails to draw says so, and the rest of the console goes on. */
import type { ErrorComponentProps } from '@tanstack/react-router'
import { CloudOff } from 'lucide-react'
import { useEffect } from 'react'

import { isNotLoaded, loadAnew } from './notLoaded'
import { Page, Panel } from './Page'
import { Empty, ErrorState } from './states'

const ASK_EVERY = 3_000

export function PageError({ error, reset }: ErrorComponentProps) {
  const missing = isNotLoaded(error)
  return (
    <Page title={missing ? 'This page is not here yet' : 'This page failed'}>
      <Panel>{missing ? <Missing /> : <ErrorState error={error} retry={reset} />}</Panel>
    </Page>
  )
}

/** Waits for the server, and then loads the page anew. */
function Missing() {
  useEffect(() => {
    void loadAnew()
    const timer = setInterval(() => void loadAnew(), ASK_EVERY)
    return () => clearInterval(timer)
  }, [])
  return (
    <div role="alert">
      <Empty title="The server can't be reached" Icon={CloudOff}>
        <p>This page could not be loaded. It opens by itself as soon as the server answers.</p>
      </Empty>
    </div>
  )
}
