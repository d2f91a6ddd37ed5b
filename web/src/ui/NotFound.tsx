/** An address that no page has. */
import { Link } from '@tanstack/react-router'
import { SearchX } from 'lucide-react'

import { Page, Panel } from './Page'
import { Empty } from './states'

export function NotFound() {
  return (
    <Page title="Not found">
      <Panel>
        <Empty title="There is no page here" Icon={SearchX}>
          <p>
            <Link to="/" className="rounded text-accent hover:underline">
              To the workflows
            </Link>
          </p>
        </Empty>
      </Panel>
    </Page>
  )
}
