/** The last net: a page that fails to draw says so, and the rest of the console goes on. */
import type { ErrorComponentProps } from '@tanstack/react-router'

import { Page, Panel } from './Page'
import { ErrorState } from './states'

export function PageError({ error, reset }: ErrorComponentProps) {
  return (
    <Page title="This page failed">
      <Panel>
        <ErrorState error={error} retry={reset} />
      </Panel>
    </Page>
  )
}
